#include "core/formats/huggingface/rotary.h"

#include <cmath>
#include <numbers>

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

}  // namespace

std::vector<double> rotaryFrequencies(const DecoderConfig& config) {
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < config.headSize / 2; ++i) {
        const double frequency = std::pow(config.ropeTheta, -2.0 * static_cast<double>(i) / static_cast<double>(config.headSize));
        switch (config.scaling.kind) {
            case RotaryScaling::Kind::None:
                frequencies.push_back(frequency);
                break;
            case RotaryScaling::Kind::Linear:
                frequencies.push_back(frequency / config.scaling.factor);
                break;
            case RotaryScaling::Kind::Llama3:
                frequencies.push_back(stretchedAsLlama3(frequency, config.scaling));
                break;
        }
    }
    return frequencies;
}

}  // namespace trimtab::formats::huggingface
