#pragma once
// The codes that a weight is rounded to and the scales that they may have, by the recipe's format. Of a group with the largest magnitude M:
//   int                        step.h
//   fixed                      integer codes; the smallest power of two that covers the range: 2^−n is Qm.n
//   fp8_e4m3, fp8_e5m2, nf4, fp4   codes of code_values.h, M / their largest
//   mxfp4                      e2m1, 2^(⌊log2 M⌋ − 2), so that values above 6 steps are clipped to 6
//                              (OCP Microscaling Formats 1.0, section 6.3)
//   nvfp4                      e2m1, a scale of e4m3 times one for the whole weight, max|w| / (6 · 448); the e4m3 part is M / 6 in units of
//                              that, to the nearest, and not below the smallest
//                              (NVIDIA 2025, "Pretraining Large Language Models with NVFP4", appendix B)
#include <cstdint>
#include <span>
#include <vector>

#include "core/compress/quantize/step.h"
#include "core/recipe/recipe.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

class CodeGrid {
public:
    /// `values`: the whole weight, from which nvfp4 takes its one scale. REQUIRES: 2 ≤ spec.bits ≤ 8, a format that suits them.
    CodeGrid(const recipe::WeightSpec& spec, std::span<const float> values);

    /// The step of a group, without a search. 1 for a group of zeros where scales are float32 or powers of two. REQUIRES: finite values.
    Step covering(std::span<const float> values) const;

    /// Of the steps around covering(), and of that itself, the one of least Σ (w − ŵ)²; covering() where none is strictly better.
    ///   int: clip.h;  fixed: the exponents down to 4 lower;  mxfp4: the exponents beside it;  nvfp4: e4m3 codes from half to 1.5 times it;
    ///   others: scales of 0.2 … 1.5 times it.
    Step clipped(std::span<const float> values) const;

    /// Nearest codes, ties to even, beyond the largest the largest.
    void encode(std::span<const float> values, const Step& step, std::int8_t* codes) const;

    float decode(std::int8_t code, const Step& step) const {
        if (m_values.empty()) return compress::decode(code, step);
        return m_values[static_cast<std::uint8_t>(code)] * step.scale;
    }

    /// The code of exactly 0.
    std::int8_t zeroCode(const Step& step) const;

    /// Σ (w − ŵ)², in double.
    double squaredError(std::span<const float> values, const Step& step) const;

    /// Size, widths and formats of a weight of these codes, its codes and scales still to be filled.
    tensor::QuantizedWeight emptyWeight(std::int64_t rows, std::int64_t columns) const;

private:
    bool isFixed() const { return m_format == tensor::CodeFormat::Integer && m_scaleFormat == tensor::ScaleFormat::PowerOfTwo; }
    std::vector<Step> stepsAround(std::span<const float> values, const Step& covering) const;
    Step fixedStep(const Range& range) const;
    Step blockStep(std::uint8_t code) const;

    tensor::CodeFormat m_format = tensor::CodeFormat::Integer;
    tensor::ScaleFormat m_scaleFormat = tensor::ScaleFormat::Float32;
    int m_bits;
    bool m_symmetric;
    std::int64_t m_group;               // as the recipe or the format says it
    CodeLimits m_limits;                // of integers
    std::span<const float> m_values;    // of codes by pattern; empty for integers
    float m_tensorScale = 1;            // of nvfp4
};

}  // namespace trimtab::compress
