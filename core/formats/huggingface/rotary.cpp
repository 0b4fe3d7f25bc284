#include "core/formats/huggingface/rotary.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/formats/huggingface/config_fields.h"

namespace trimtab::formats::huggingface {
namespace {

/// Llama 3.1: wavelengths above originalPositions / lowFrequencyFactor are stretched, those below originalPositions / highFrequencyFactor
/// kept, and between them both are blended by how many turns the original context holds.
double stretchedAsLlama3(double frequency, const RotaryScaling& scaling) {
    const double turns = static_cast<double>(scaling.originalPositions) * frequency / (2 * std::numbers::pi);
    if (turns < scaling.lowFrequencyFactor) return frequency / scaling.factor;
    if (turns > scaling.highFrequencyFactor) return frequency;
    const double kept = (turns - scaling.lowFrequencyFactor) / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return (1 - kept) * frequency / scaling.factor + kept * frequency;
}

Result<RotaryScaling> scalingFrom(const Json& given) {
    RotaryScaling scaling;
    TRIMTAB_TRY(const std::string older, base::stringAt(given, "type", "default"));
    TRIMTAB_TRY(const std::string kind, base::stringAt(given, "rope_type", older));
    if (kind == "default") return scaling;
    if (kind != "linear" && kind != "llama3")
        return fail(ErrorCode::Unsupported, fmt::format("rope_scaling of type {} is not read yet", kind));
    scaling.kind = kind == "linear" ? RotaryScaling::Kind::Linear : RotaryScaling::Kind::Llama3;
    TRIMTAB_TRY(scaling.factor, base::numberAt(given, "factor"));
    if (kind == "llama3") {
        TRIMTAB_TRY(scaling.lowFrequencyFactor, base::numberAt(given, "low_freq_factor"));
        TRIMTAB_TRY(scaling.highFrequencyFactor, base::numberAt(given, "high_freq_factor"));
        TRIMTAB_TRY(scaling.originalPositions, extentAt(given, "original_max_position_embeddings", kLargestExtent));
    }
    const bool isSound = std::isfinite(scaling.factor) && scaling.factor >= 1 && scaling.lowFrequencyFactor > 0 &&
                         scaling.highFrequencyFactor > scaling.lowFrequencyFactor;
    if (!isSound) return fail(ErrorCode::Refused, "rope scaling: factor must be at least 1, and low_freq_factor below high_freq_factor");
    return scaling;
}

}  // namespace

Result<const Json*> rotaryObjectIn(const Json& config) {
    const Json* const newer = base::memberAt(config, "rope_parameters");
    const Json* const given = newer != nullptr ? newer : base::memberAt(config, "rope_scaling");
    if (given != nullptr && !given->is_object())
        return fail(ErrorCode::Refused, fmt::format("{} is no object", newer != nullptr ? "rope_parameters" : "rope_scaling"));
    return given;
}

Result<Rotary> rotaryFrom(const Json* given, double theta, std::int64_t size) {
    Rotary rotary{.theta = theta, .size = size};
    if (given == nullptr) return rotary;
    TRIMTAB_TRY(rotary.theta, positiveAt(*given, "rope_theta", theta));
    TRIMTAB_TRY(rotary.scaling, scalingFrom(*given));
    return rotary;
}

Result<Rotary> rotaryIn(const Json& config, double theta, std::int64_t size) {
    TRIMTAB_TRY(const Json* given, rotaryObjectIn(config));
    if (given != nullptr)
        for (const auto& [key, value] : given->items())
            if (value.is_object())
                return fail(ErrorCode::Unsupported, fmt::format("rotary parameters by kinds of layers ({}) are not read yet", key));
    TRIMTAB_TRY(const double outer, positiveAt(config, "rope_theta", theta));
    return rotaryFrom(given, outer, size);
}

std::vector<double> rotaryFrequencies(const Rotary& rotary) {
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < rotary.size / 2; ++i) {
        const double frequency = std::pow(rotary.theta, -2.0 * static_cast<double>(i) / static_cast<double>(rotary.size));
        switch (rotary.scaling.kind) {
            case RotaryScaling::Kind::None:
                frequencies.push_back(frequency);
                break;
            case RotaryScaling::Kind::Linear:
                frequencies.push_back(frequency / rotary.scaling.factor);
                break;
            case RotaryScaling::Kind::Llama3:
                frequencies.push_back(stretchedAsLlama3(frequency, rotary.scaling));
                break;
            case RotaryScaling::Kind::Factors:
                frequencies.push_back(frequency / rotary.scaling.factors[static_cast<std::size_t>(i)]);
                break;
        }
    }
    return frequencies;
}

}  // namespace trimtab::formats::huggingface
