#pragma once
// The step between the codes of one group of weights: value = (code − zero) · scale.
//   symmetric:  scale = max|w| / (2^(b−1) − 1), codes −2^(b−1)+1 … 2^(b−1)−1
//   asymmetric: the range [min(w, 0), max(w, 0)] on 2^b codes, the zero point a code, so that zero stays exactly zero
// Source: Jacob et al. 2018, section 2.1 (affine scheme).
#include <cstdint>
#include <span>

namespace trimtab::compress {

struct Step {
    float scale = 1;
    int zero = 0;  // in shifted units: code − 2^(b−1) when asymmetric
};

struct Range {
    float low = 0;   // ≤ 0
    float high = 0;  // ≥ 0
};

/// Lowest and highest value, zero included.
Range rangeOf(std::span<const float> values);

/// The step that covers the range; 1 for a range of nothing but zero.
Step stepFor(const Range& range, int bits, bool symmetric);

/// Lowest and highest code.
struct CodeLimits {
    int lowest = 0;
    int highest = 0;
};
CodeLimits codeLimits(int bits, bool symmetric);

/// Codes of the values, rounded to nearest, ties to even, beyond the limits clamped.
void encode(std::span<const float> values, const Step& step, const CodeLimits& limits, std::int8_t* codes);

inline float decode(std::int8_t code, const Step& step) { return static_cast<float>(code - step.zero) * step.scale; }

}  // namespace trimtab::compress
