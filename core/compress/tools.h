#pragma once
// What compression is handed besides graph and recipe.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/compress/activation_source.h"
#include "core/compress/tensor_math.h"

namespace trimtab::compress {

/// What channels, neurons and heads were found worth by what was asked. It depends on the model and the calibration data alone, so whoever
/// hands it over keeps one for each such pair: recipes that differ in their ratios measure importance once.
using KnownScores = std::map<std::string, std::vector<double>>;

/// Methods that look at activations want `activations` and `math`; others neither. What the pointers point to outlives the call.
struct Tools {
    std::function<bool()> cancelled;             // polled before each layer and within long ones, by one thread at a time
    std::function<void(double share)> progress;  // 0…1, of the layers
    ActivationSource* activations = nullptr;
    TensorMath* math = nullptr;
    KnownScores* knownScores = nullptr;  // none: everything is measured

    bool stops() const { return cancelled && cancelled(); }
    /// Refused, saying what to give, where a method cannot look at activations.
    Status requireCalibration() const {
        if (activations && math) return {};
        return fail(ErrorCode::Refused, "this method looks at activations: name calibration data (--calibration)");
    }
};

}  // namespace trimtab::compress
