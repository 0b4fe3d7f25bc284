#pragma once
// What every TensorMath is held to: products as three loops form them, over operands that are transposed, strided, added to.
#include <cmath>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {

/// `cases` draws of extents from `sizes`.
inline void expectProductsOfThreeLoops(TensorMath& math, std::span<const std::int64_t> sizes, int cases) {
    base::Random random(3);
    PlainMath plain;
    for (int i = 0; i < cases; ++i) {
        const auto draw = [&] { return sizes[random.below(sizes.size())]; };
        const std::int64_t m = draw(), n = draw(), k = draw();
        const bool ta = random.below(2) == 0, tb = random.below(2) == 0;
        const std::int64_t strideA = (ta ? m : k) + 5, strideB = (tb ? k : n) + 3, strideC = n + 7;
        const auto a = normalWeights(random, ta ? k : m, strideA), b = normalWeights(random, tb ? n : k, strideB);
        const float alphas[] = {1, -1, 0.5F}, betas[] = {0, 1, -2};
        const float alpha = alphas[random.below(3)], beta = betas[random.below(3)];
        std::vector<float> c(static_cast<std::size_t>(m * strideC), beta == 0 ? NAN : 1.0F);
        std::vector<float> wanted = c;
        ASSERT_TRUE(math.multiply(m, n, k, alpha, {a.data(), strideA, ta}, {b.data(), strideB, tb}, beta, c.data(), strideC));
        ASSERT_TRUE(plain.multiply(m, n, k, alpha, {a.data(), strideA, ta}, {b.data(), strideB, tb}, beta, wanted.data(), strideC));
        for (std::size_t j = 0; j < c.size(); ++j) {
            if (std::isnan(wanted[j])) ASSERT_TRUE(std::isnan(c[j])) << "written between rows";
            else
                ASSERT_NEAR(c[j], wanted[j], 1e-3) << m << " x " << n << " x " << k << ta << tb << alpha << beta;
        }
    }
}

}  // namespace trimtab::compress
