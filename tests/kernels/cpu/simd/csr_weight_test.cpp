// CSR products against a dense double-precision statement.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"
#include "kernels/cpu/simd/csr_weight.h"

namespace trimtab::cpu::simd {
namespace {

TEST(CsrWeight, AgreesWithTheDenseProductAtEveryDensityAndHeight) {
    base::Random random(5);
    for (const Isa isa : availableIsas()) {
        for (const double density : {0.0, 0.05, 0.5, 1.0}) {
            for (const std::int64_t m : {0, 1, 3, 7, 8, 64, 65, 130}) {
                const std::int64_t rows = 37, columns = 91;
                std::vector<float> dense(static_cast<std::size_t>(rows * columns));
                for (float& value : dense) value = random.uniform() < density ? static_cast<float>(random.normal()) : 0.0F;
                std::vector<float> x(static_cast<std::size_t>(m * columns));
                for (float& value : x) value = static_cast<float>(random.normal());
                std::vector<float> bias(static_cast<std::size_t>(rows));
                for (float& value : bias) value = static_cast<float>(random.normal());
                auto csr = CsrWeight::fromDense(dense, rows, columns);
                ASSERT_TRUE(csr);
                std::vector<float> scratch(static_cast<std::size_t>(scratchFloats(*csr, m)));
                std::vector<float> y(static_cast<std::size_t>(m * rows), NAN);
                matMul(*csr, x.data(), m, y.data(), {bias.data(), false}, scratch.data(), isa);
                for (std::int64_t i = 0; i < m; ++i) {
                    for (std::int64_t n = 0; n < rows; ++n) {
                        double sum = bias[static_cast<std::size_t>(n)];
                        for (std::int64_t k = 0; k < columns; ++k)
                            sum += static_cast<double>(dense[static_cast<std::size_t>(n * columns + k)]) * x[static_cast<std::size_t>(i * columns + k)];
                        ASSERT_NEAR(y[static_cast<std::size_t>(i * rows + n)], sum, 1e-4) << name(isa) << " density " << density << " m " << m;
                    }
                }
            }
        }
    }
}

TEST(CsrWeight, HoldsWhatIsNotZeroAndNothingElse) {
    const auto csr = CsrWeight::fromDense({0, 1, 0, 2, 0, 0, 0, 3, 4}, 3, 3);
    ASSERT_TRUE(csr);
    EXPECT_EQ(csr->rowStart, (std::vector<std::int64_t>{0, 1, 2, 4}));
    EXPECT_EQ(csr->shortIndex, (std::vector<std::uint16_t>{1, 0, 1, 2}));
    EXPECT_EQ(csr->values, (std::vector<float>{1, 2, 3, 4}));
}

TEST(CsrWeight, TakesLongIndicesBeyond65536Columns) {
    const std::int64_t columns = 70000;
    std::vector<float> dense(static_cast<std::size_t>(2 * columns), 0.0F);
    dense[69999] = 2;
    dense[static_cast<std::size_t>(columns)] = 3;
    std::vector<float> x(static_cast<std::size_t>(columns), 0.0F);
    x[69999] = 5;
    x[0] = 7;
    const auto csr = CsrWeight::fromDense(dense, 2, columns);
    ASSERT_TRUE(csr);
    float y[2] = {};
    matMul(*csr, x.data(), 1, y, {}, nullptr);
    EXPECT_EQ(y[0], 10);
    EXPECT_EQ(y[1], 21);
}

}  // namespace
}  // namespace trimtab::cpu::simd
