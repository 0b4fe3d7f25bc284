// COO products against a dense double-precision statement.
#include "kernels/cpu/simd/coo_weight.h"
#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

TEST(CooWeight, AgreesWithTheDenseProductAtEveryDensityAndHeight) {
    base::Random random(5);
    for (const auto& [rows, columns] : {std::pair{37, 91}, {1, 1}, {130, 16}, {5, 300}}) {
        for (const double density : {0.0, 0.05, 0.5, 1.0}) {
            const auto dense = masked(rows, columns, [&](auto, auto) { return random.uniform() < density; }, random);
            const auto coo = CooWeight::fromDense(dense, rows, columns);
            ASSERT_TRUE(coo);
            expectProducts(*coo, dense, rows, columns, random);
        }
    }
}

TEST(CooWeight, StartsAStripAmongEmptyRows) {
    base::Random random(6);
    const auto dense = masked(200, 40, [](std::int64_t row, auto) { return row == 3 || row == 128 || row == 199; }, random);
    const auto coo = CooWeight::fromDense(dense, 200, 40);
    ASSERT_TRUE(coo);
    expectProducts(*coo, dense, 200, 40, random);
}

TEST(CooWeight, HoldsPlaceAndValueOfWhatIsNotZero) {
    const auto coo = CooWeight::fromDense({0, 1, 0, 2, 0, 0, 0, 3, 4}, 3, 3);
    ASSERT_TRUE(coo);
    EXPECT_EQ(coo->shortRow, (std::vector<std::uint16_t>{0, 1, 2, 2}));
    EXPECT_EQ(coo->shortColumn, (std::vector<std::uint16_t>{1, 0, 1, 2}));
    EXPECT_EQ(coo->values, (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(coo->bytes(), 4 * (2 + 2 + 4));
}

TEST(CooWeight, TakesLongIndicesBeyond65536Rows) {
    base::Random random(7);
    const auto dense = masked(70000, 2, [](std::int64_t row, std::int64_t column) { return (row + column) % 1000 == 999; }, random);
    const auto coo = CooWeight::fromDense(dense, 70000, 2);
    ASSERT_TRUE(coo);
    EXPECT_TRUE(coo->shortRow.empty());
    const float x[] = {1, 1};
    std::vector<float> y(70000, NAN);
    matMul(*coo, x, 1, y.data(), {}, nullptr);
    for (std::size_t n = 0; n < y.size(); ++n) ASSERT_EQ(y[n], dense[2 * n] + dense[2 * n + 1]);
}

}  // namespace
}  // namespace trimtab::cpu::simd
