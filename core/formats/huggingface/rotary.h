#pragma once
// Rotary position embeddings (Su et al. 2021, "RoFormer", equation 15), with the stretching that a config asks for.
#include <cstdint>
#include <vector>

#include "core/base/json.h"

namespace trimtab::formats::huggingface {

/// How frequencies are stretched beyond the context that a model was first trained with.
struct RotaryScaling {
    enum class Kind : std::uint8_t {
        None,
        Linear,   // every frequency divided by `factor`
        Llama3,   // long wavelengths divided by `factor`, short ones kept, those between blended (Llama 3.1's apply_scaling)
        Factors,  // each frequency divided by its own (Ding et al. 2024, "LongRoPE")
    };
    Kind kind = Kind::None;
    double factor = 1, lowFrequencyFactor = 1, highFrequencyFactor = 4;
    std::int64_t originalPositions = 8192;
    std::vector<double> factors = {};
};

struct Rotary {
    double theta = 10000;
    std::int64_t size = 0;  // channels of a head that are turned, the first ones; even
    RotaryScaling scaling = {};
    double amplitude = 1;  // of the tables' sines and cosines
};

/// Where a config states its rotary embedding: newer ones in rope_parameters, θ among them, older ones in rope_scaling and rope_theta.
/// nullptr where it has neither. Refused where they are no objects.
Result<const Json*> rotaryObjectIn(const Json& config);
/// θ and scaling of `given`, which may be nullptr; `theta` where it has none. Unsupported for kinds that are not known.
Result<Rotary> rotaryFrom(const Json* given, double theta, std::int64_t size);
/// Both for configs with one embedding. Unsupported for one by kinds of layers.
Result<Rotary> rotaryIn(const Json& config, double theta, std::int64_t size);

/// size / 2 frequencies in radians a position: θ^(−2i / size), stretched.
std::vector<double> rotaryFrequencies(const Rotary& rotary);

}  // namespace trimtab::formats::huggingface
