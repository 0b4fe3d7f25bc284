#pragma once
// Masked weights, and their product stated plainly in double precision, for the tests of sparse forms.
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

/// Which weights stay.
using Mask = std::function<bool(std::int64_t row, std::int64_t column)>;

inline std::vector<float> masked(std::int64_t rows, std::int64_t columns, const Mask& stays, base::Random& random) {
    std::vector<float> dense(static_cast<std::size_t>(rows * columns));
    for (std::int64_t n = 0; n < rows; ++n)
        for (std::int64_t k = 0; k < columns; ++k) {
            const auto value = static_cast<float>(random.normal());
            dense[static_cast<std::size_t>(n * columns + k)] = stays(n, k) ? value : 0.0F;
        }
    return dense;
}

inline std::vector<float> normals(std::int64_t count, base::Random& random) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

/// The product of `weight` with bias and with relu against Σ x · dense + bias, for few rows of x and many, on every instruction set of this
/// processor.
template <class Weight>
void expectProducts(const Weight& weight, const std::vector<float>& dense, std::int64_t rows, std::int64_t columns, base::Random& random) {
    const std::vector<float> bias = normals(rows, random);
    for (const std::int64_t m : {0, 1, 3, 17, 65}) {  // 65: a tile of 64 rows and one of 16; 17: one of 32
        const std::vector<float> x = normals(m * columns, random);
        for (const Isa isa : availableIsas()) {
            const bool relu = m % 2 == 1;
            std::vector<float> scratch(static_cast<std::size_t>(scratchFloats(columns, m)), NAN);
            std::vector<float> y(static_cast<std::size_t>(m * rows), NAN);
            matMul(weight, x.data(), m, y.data(), {bias.data(), relu}, scratch.data(), isa);
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t n = 0; n < rows; ++n) {
                    double sum = bias[static_cast<std::size_t>(n)], size = std::abs(sum);
                    for (std::int64_t k = 0; k < columns; ++k) {
                        const double term = static_cast<double>(dense[static_cast<std::size_t>(n * columns + k)]) *
                                            x[static_cast<std::size_t>(i * columns + k)];
                        sum += term;
                        size += std::abs(term);
                    }
                    if (relu) sum = std::max(sum, 0.0);
                    ASSERT_NEAR(y[static_cast<std::size_t>(i * rows + n)], sum, static_cast<double>(columns + 1) * size * 0x1p-23)
                        << name(isa) << " " << rows << "x" << columns << " m " << m << " at " << i << ", " << n;
                }
            }
        }
    }
}

}  // namespace trimtab::cpu::simd
