#include "core/compress/second_order/triangle.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace trimtab::compress {
namespace {

constexpr std::int64_t kBlock = 128;
constexpr std::int64_t kPanel = 256;  // rows of the triangle that one product brings up to date

/// A block of the diagonal, upper triangle.
class DiagonalBlock {
public:
    DiagonalBlock(const float* corner, std::int64_t size, std::int64_t stride)
        : m_size(size), m_values(static_cast<std::size_t>(size * size)) {
        for (std::int64_t i = 0; i < size; ++i)
            for (std::int64_t j = i; j < size; ++j) at(i, j) = corner[i * stride + j];
    }

    bool factor() {
        for (std::int64_t j = m_size - 1; j >= 0; --j) {
            const double pivot = at(j, j) - productOfTails(j, j, j + 1);
            if (!(pivot > 0) || !std::isfinite(pivot)) return false;
            at(j, j) = std::sqrt(pivot);
            for (std::int64_t i = 0; i < j; ++i) at(i, j) = (at(i, j) - productOfTails(i, j, j + 1)) / at(j, j);
        }
        return true;
    }

    // Column by column; those to the left are inverted already. Within a column from the top, so that what is read is still R's.
    void invert() {
        for (std::int64_t j = 0; j < m_size; ++j) {
            at(j, j) = 1 / at(j, j);
            for (std::int64_t i = 0; i < j; ++i) {
                double sum = 0;
                for (std::int64_t k = i; k < j; ++k) sum += at(i, k) * at(k, j);
                at(i, j) = -sum * at(j, j);
            }
        }
    }

    void writeTo(float* corner, std::int64_t stride) const {
        for (std::int64_t i = 0; i < m_size; ++i)
            for (std::int64_t j = i; j < m_size; ++j)
                corner[i * stride + j] = static_cast<float>(m_values[static_cast<std::size_t>(i * m_size + j)]);
    }

    /// All of it, zeros below the diagonal.
    std::vector<float> floats() const { return {m_values.begin(), m_values.end()}; }

private:
    double& at(std::int64_t i, std::int64_t j) { return m_values[static_cast<std::size_t>(i * m_size + j)]; }

    double productOfTails(std::int64_t i, std::int64_t j, std::int64_t from) {
        const double* const first = &m_values[static_cast<std::size_t>(i * m_size)];
        const double* const second = &m_values[static_cast<std::size_t>(j * m_size)];
        double sum = 0;
        for (std::int64_t k = from; k < m_size; ++k) sum += first[k] * second[k];
        return sum;
    }

    std::int64_t m_size;
    std::vector<double> m_values;
};

Status stopIf(const std::function<bool()>& cancelled) {
    if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    return {};
}

// H[0:n, 0:n] −= R · Rᵀ above and on the diagonal, R being the n × width columns to the right of it. The squares on the diagonal are
// formed elsewhere, because half of each is not ours.
Status takeFromTriangle(TensorMath& math, float* matrix, std::int64_t stride, std::int64_t n, std::int64_t width,
                        std::vector<float>& square) {
    const float* const r = matrix + n;
    square.resize(static_cast<std::size_t>(kPanel * kPanel));
    for (std::int64_t top = 0; top < n; top += kPanel) {
        const std::int64_t height = std::min(kPanel, n - top);
        const TensorMath::Operand rows{r + top * stride, stride, false};
        TRIMTAB_REQUIRE(math.multiply(height, height, width, 1, rows, {rows.data, stride, true}, 0, square.data(), height));
        for (std::int64_t i = 0; i < height; ++i) {
            float* const row = matrix + (top + i) * stride + top;
            for (std::int64_t j = i; j < height; ++j) row[j] -= square[static_cast<std::size_t>(i * height + j)];
        }
        const std::int64_t next = top + height;
        if (next == n) break;
        TRIMTAB_REQUIRE(
            math.multiply(height, n - next, width, -1, rows, {r + next * stride, stride, true}, 1, matrix + top * stride + next, stride));
    }
    return {};
}

// `copied` ← the rows × width part at `from`, without gaps: a product must not read what it writes.
void copyPart(const float* from, std::int64_t stride, std::int64_t rows, std::int64_t width, std::vector<float>& copied) {
    copied.resize(static_cast<std::size_t>(rows * width));
    for (std::int64_t i = 0; i < rows; ++i) std::copy_n(from + i * stride, width, copied.data() + i * width);
}

template <bool kUpperIsSource>
void mirror(float* matrix, std::int64_t size) {
    constexpr std::int64_t kTile = 32;  // two tiles stay in the first cache
    for (std::int64_t top = 0; top < size; top += kTile) {
        for (std::int64_t left = top; left < size; left += kTile) {
            for (std::int64_t i = top; i < std::min(top + kTile, size); ++i) {
                for (std::int64_t j = std::max(left, i + 1); j < std::min(left + kTile, size); ++j) {
                    if constexpr (kUpperIsSource) matrix[j * size + i] = matrix[i * size + j];
                    else matrix[i * size + j] = matrix[j * size + i];
                }
            }
        }
    }
}

}  // namespace

void mirrorUpper(float* matrix, std::int64_t size) { mirror<true>(matrix, size); }
void mirrorLower(float* matrix, std::int64_t size) { mirror<false>(matrix, size); }

// With the last block of columns split off,
//   H = [H11 H12; · H22] = [R1 R12; 0 R2] · [R1 R12; 0 R2]ᵀ
// so R2·R2ᵀ = H22, R12 = H12·R2⁻ᵀ, and what is left for R1 is H11 − R12·R12ᵀ.
Result<bool> factorFromTheLastRow(TensorMath& math, float* matrix, std::int64_t size, const std::function<bool()>& cancelled) {
    std::vector<float> copied;
    std::vector<float> square;
    for (std::int64_t at = size > 0 ? (size - 1) / kBlock * kBlock : -1; at >= 0; at -= kBlock) {
        TRIMTAB_REQUIRE(stopIf(cancelled));
        const std::int64_t width = std::min(kBlock, size - at);
        float* const corner = matrix + at * size + at;
        DiagonalBlock block(corner, width, size);
        if (!block.factor()) return false;
        block.writeTo(corner, size);
        if (at == 0) break;
        block.invert();
        const std::vector<float> inverse = block.floats();
        copyPart(matrix + at, size, at, width, copied);
        TRIMTAB_REQUIRE(
            math.multiply(at, width, width, 1, {copied.data(), width, false}, {inverse.data(), width, true}, 0, matrix + at, size));
        TRIMTAB_REQUIRE(takeFromTriangle(math, matrix, size, at, width, square));
    }
    return true;
}

// With the last block of columns split off, [R1 R12; 0 R2]⁻¹ = [R1⁻¹ −R1⁻¹·R12·R2⁻¹; 0 R2⁻¹]; taken from the first block on, R1⁻¹ is
// there.
Status invertUpper(TensorMath& math, float* matrix, std::int64_t size, const std::function<bool()>& cancelled) {
    std::vector<float> product;
    for (std::int64_t at = 0; at < size; at += kBlock) {
        TRIMTAB_REQUIRE(stopIf(cancelled));
        const std::int64_t width = std::min(kBlock, size - at);
        float* const corner = matrix + at * size + at;
        DiagonalBlock block(corner, width, size);
        block.invert();
        block.writeTo(corner, size);
        if (at == 0) continue;
        product.resize(static_cast<std::size_t>(at * width));
        for (std::int64_t top = 0; top < at; top += kPanel) {
            const std::int64_t height = std::min(kPanel, at - top);
            TRIMTAB_REQUIRE(math.multiply(height, width, at - top, 1, {matrix + top * size + top, size, false},
                                          {matrix + top * size + at, size, false}, 0, product.data() + top * width, width));
        }
        const std::vector<float> inverse = block.floats();
        TRIMTAB_REQUIRE(
            math.multiply(at, width, width, -1, {product.data(), width, false}, {inverse.data(), width, false}, 0, matrix + at, size));
    }
    return {};
}

}  // namespace trimtab::compress
