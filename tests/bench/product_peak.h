#pragma once
// The most that this processor multiplies: 2048³ products of oneDNN and of our own kernels, the better of both.
#include <optional>
#include <vector>

#include "kernels/cpu/onednn/adapter.h"
#include "kernels/cpu/simd/dot_weight.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::bench {

class ProductPeak {
public:
    static Result<ProductPeak> ofFloats();
    /// Weights of `bits` (4 or 8) and activations of 8 bits in groups of columns; oneDNN's u8 × s8 → s32 where the processor has it.
    static Result<ProductPeak> ofCodes(int bits, std::int64_t group);

    /// Operations a second, two for each multiply-add: of the best of three runs, with the caller's OpenMP threads.
    Result<double> measure();

private:
    static constexpr std::int64_t kSize = 2048;

    void runOwn();

    std::optional<cpu::onednn::Primitive> m_library;
    std::optional<cpu::simd::PackedWeight> m_floats;
    std::optional<cpu::simd::DotWeight> m_codes;
    std::vector<float> m_x, m_y;
    std::vector<std::int8_t> m_q;
    std::vector<float> m_scales;
    std::vector<std::int32_t> m_sums;
};

}  // namespace trimtab::bench
