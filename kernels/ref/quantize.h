#pragma once
// Scales and zero points of QuantizeLinear and its kin: per tensor, or one for each index of an axis, or (opset 21) one for each block
// along it.
#include "kernels/ref/elements.h"
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

class QuantizationGrid {
public:
    /// From inputs `scale` and `zero` (may be left out: 0) for a tensor of shape `x`. `type`: of the codes, which the zero point must
    /// share. Refused when extents don't agree, for non-floating scales.
    static Result<QuantizationGrid> make(const Call& call, const Shape& x, std::size_t scale, std::size_t zero, DataType type);

    double scale(std::int64_t element) const { return m_scales[index(element)]; }
    std::int64_t zero(std::int64_t element) const { return m_zeros.empty() ? 0 : m_zeros[index(element)]; }

private:
    std::size_t index(std::int64_t element) const {
        if (m_scales.size() == 1) return 0;
        const std::int64_t along = element / m_inner % m_extent / m_block;
        const std::int64_t outer = m_blocked ? element / (m_inner * m_extent) * m_blocks * m_inner : 0;
        return static_cast<std::size_t>(m_blocked ? outer + along * m_inner + element % m_inner : along);
    }

    std::vector<double> m_scales;
    std::vector<std::int64_t> m_zeros;
    std::int64_t m_inner = 1, m_extent = 1, m_block = 1, m_blocks = 1;
    bool m_blocked = false;
};

/// Smallest and largest code of an integer type of at most 16 bits.
struct CodeRange {
    double low, high;
};
std::optional<CodeRange> codeRange(DataType type);

/// saturate(round half even(quotient) + zero); the zero point for NaN.
std::int64_t codeOf(double quotient, std::int64_t zero, CodeRange range);
/// The same of x / scale, formed in float32.
std::int64_t quantized(double x, double scale, std::int64_t zero, CodeRange range);

}  // namespace trimtab::ref
