#pragma once
// One activation vector times rows of a weight matrix: the sum of products at the heart of Conv, Gemm and MatMul, and the only place where
// the reference engine's number formats differ.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor/quantized_weight.h"

namespace trimtab::ref {

template <class T>
class RowProduct {
public:
    virtual ~RowProduct() = default;
    /// out[r] = Σ_k vector[k] · row(firstRow + r)[k] for r < rows.
    virtual void multiply(const T* vector, std::int64_t firstRow, std::int64_t rows, T* out) const = 0;
};

/// Sums formed in double (float and double) and rounded once; int64 wraps.
template <class T>
class ExactProduct final : public RowProduct<T> {
public:
    /// `rows`: row-major, `columns` values each, alive as long as this.
    ExactProduct(const T* rows, std::int64_t columns) : m_rows(rows), m_columns(columns) {}

    void multiply(const T* vector, std::int64_t firstRow, std::int64_t rows, T* out) const override {
        for (std::int64_t r = 0; r < rows; ++r) out[r] = dot(vector, m_rows + (firstRow + r) * m_columns);
    }

private:
    using Sum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

    T dot(const T* a, const T* b) const {
        constexpr std::int64_t kLanes = 8;  // independent sums, so that the additions overlap
        std::array<Sum, kLanes> sums{};
        std::int64_t k = 0;
        for (; k + kLanes <= m_columns; k += kLanes)
            for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += static_cast<Sum>(a[k + lane]) * static_cast<Sum>(b[k + lane]);
        Sum total = 0;
        for (; k < m_columns; ++k) total += static_cast<Sum>(a[k]) * static_cast<Sum>(b[k]);
        for (const Sum sum : sums) total += sum;
        return static_cast<T>(total);
    }

    const T* m_rows;
    std::int64_t m_columns;
};

/// Sums formed in float32, one product after the other in the order of the columns, and then multiplied by two scales: what compute tf32,
/// bf16, fp16 and fp8 state. The products of two such numbers are exact in float32. The scales are 1 but for fp8.
class SinglePrecisionProduct final : public RowProduct<float> {
public:
    SinglePrecisionProduct(const float* rows, std::int64_t columns, float scaleX = 1, float scaleW = 1)
        : m_rows(rows), m_columns(columns), m_scaleX(scaleX), m_scaleW(scaleW) {}
    void multiply(const float* vector, std::int64_t firstRow, std::int64_t rows, float* out) const override;

private:
    const float* m_rows;
    std::int64_t m_columns;
    float m_scaleX, m_scaleW;
};

/// Integer activations times integer weight codes. The vector holds q − zero of DynamicQuantizeLinear (integers of −255 … 255 as floats);
///   out[n] = Σ_g s_x[g] · s_w[n][g] · Σ_{k in g} vector[k] · (code[n][k] − zero[n][g]),
/// the inner sum in int64, the outer one in double, rounded to float32 once. s_x is one number, or one for each group of the weight.
class IntegerProduct final : public RowProduct<float> {
public:
    IntegerProduct(const tensor::QuantizedWeight& weight, std::span<const float> activationScales)
        : m_weight(weight), m_scales(activationScales.begin(), activationScales.end()) {}
    void multiply(const float* vector, std::int64_t firstRow, std::int64_t rows, float* out) const override;

private:
    const tensor::QuantizedWeight& m_weight;
    std::vector<float> m_scales;
};

}  // namespace trimtab::ref
