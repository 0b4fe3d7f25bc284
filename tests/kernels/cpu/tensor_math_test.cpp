#include <cmath>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "kernels/cpu/tensor_math.h"
#include "tests/core/compress/plain_math.h"

namespace trimtab::cpu {
namespace {

TEST(OneDnnMath, FormsTheProductsThatThreeLoopsForm) {
    base::Random random(3);
    const auto math = makeTensorMath();
    compress::PlainMath plain;
    const std::int64_t sizes[] = {1, 2, 47, 48, 49, 130, 200, 300};
    for (int i = 0; i < 60; ++i) {
        const std::int64_t m = sizes[random.below(8)], n = sizes[random.below(8)], k = sizes[random.below(6)];
        const bool ta = random.below(2) == 0, tb = random.below(2) == 0;
        const std::int64_t strideA = (ta ? m : k) + 5, strideB = (tb ? k : n) + 3, strideC = n + 7;
        std::vector<float> a(static_cast<std::size_t>((ta ? k : m) * strideA)), b(static_cast<std::size_t>((tb ? n : k) * strideB));
        for (float& value : a) value = static_cast<float>(random.normal());
        for (float& value : b) value = static_cast<float>(random.normal());
        const float alphas[] = {1, -1, 0.5F}, betas[] = {0, 1, -2};
        const float alpha = alphas[random.below(3)], beta = betas[random.below(3)];
        std::vector<float> c(static_cast<std::size_t>(m * strideC), beta == 0 ? NAN : 1.0F);
        std::vector<float> wanted = c;
        ASSERT_TRUE(math->multiply(m, n, k, alpha, {a.data(), strideA, ta}, {b.data(), strideB, tb}, beta, c.data(), strideC));
        ASSERT_TRUE(plain.multiply(m, n, k, alpha, {a.data(), strideA, ta}, {b.data(), strideB, tb}, beta, wanted.data(), strideC));
        for (std::size_t j = 0; j < c.size(); ++j) {
            if (std::isnan(wanted[j])) ASSERT_TRUE(std::isnan(c[j])) << "written between rows";
            else
                ASSERT_NEAR(c[j], wanted[j], 1e-3) << m << " x " << n << " x " << k << ta << tb << alpha << beta;
        }
    }
}

}  // namespace
}  // namespace trimtab::cpu
