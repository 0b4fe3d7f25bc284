#include "core/compress/second_order/hessian.h"

#include <algorithm>
#include <cassert>

#include "core/compress/second_order/triangle.h"

namespace trimtab::compress {
namespace {

// Rows of H that one product forms: what it forms below the diagonal is a share of kPanel / size of the work. oneDNN reads a transposed
// operand of 256 rows at half of its speed on AVX2 (29 of 66 GFLOP/s and core), one of 512 at nearly all of it.
constexpr std::int64_t kPanel = 512;

}  // namespace

Result<HessianSum> HessianSum::begin(std::int64_t size) {
    assert(size > 0);
    HessianSum sum;
    sum.m_sum.size = size;
    TRIMTAB_TRY(sum.m_sum.values, Tensor::zeros(DataType::Float32, Shape{size, size}));
    return sum;
}

Status HessianSum::add(TensorMath& math, const float* rows, std::int64_t count, std::int64_t stride) {
    if (count == 0) return {};
    const std::int64_t size = m_sum.size;
    if (m_sum.rows == 0) {
        TRIMTAB_TRY(m_kept, math.gramSum(size));
    }
    m_sum.rows += count;
    if (m_kept) return m_kept->add(rows, count, stride);
    float* const sum = m_sum.values.mutableData<float>().data();
    for (std::int64_t top = 0; top < size; top += kPanel) {
        const std::int64_t height = std::min(kPanel, size - top);
        TRIMTAB_REQUIRE(math.multiply(height, size - top, count, 1, {rows + top, stride, true}, {rows + top, stride, false}, 1,
                                      sum + top * size + top, size));
    }
    return {};
}

Result<Hessian> HessianSum::finish() && {
    float* const sum = m_sum.values.mutableData<float>().data();
    if (m_kept) TRIMTAB_REQUIRE(m_kept->read(sum));
    m_kept.reset();
    mirrorUpper(sum, m_sum.size);
    return std::move(m_sum);
}

}  // namespace trimtab::compress
