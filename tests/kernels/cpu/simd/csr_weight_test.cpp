// CSR products against a dense double-precision statement.
#include "kernels/cpu/simd/csr_weight.h"
#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

TEST(CsrWeight, AgreesWithTheDenseProductAtEveryDensityAndHeight) {
    base::Random random(5);
    for (const auto& [rows, columns] : {std::pair{37, 91}, {1, 1}, {64, 16}}) {
        for (const double density : {0.0, 0.05, 0.5, 1.0}) {
            const auto dense = masked(rows, columns, [&](auto, auto) { return random.uniform() < density; }, random);
            const auto csr = CsrWeight::fromDense(dense, rows, columns);
            ASSERT_TRUE(csr);
            expectProducts(*csr, dense, rows, columns, random);
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
