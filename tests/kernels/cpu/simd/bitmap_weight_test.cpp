// Bitmap products against a dense double-precision statement.
#include "kernels/cpu/simd/bitmap_weight.h"
#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

TEST(BitmapWeight, AgreesWithTheDenseProductAtEveryDensityAndHeight) {
    base::Random random(5);
    for (const auto& [rows, columns] : {std::pair{37, 91}, {1, 1}, {64, 64}, {5, 300}, {3, 640}}) {
        for (const double density : {0.0, 0.05, 0.5, 1.0}) {
            const auto dense = masked(rows, columns, [&](auto, auto) { return random.uniform() < density; }, random);
            const auto bitmap = BitmapWeight::fromDense(dense, rows, columns);
            ASSERT_TRUE(bitmap);
            expectProducts(*bitmap, dense, rows, columns, random);
        }
    }
}

TEST(BitmapWeight, SpreadsValuesOverEveryPatternOfEightBits) {
    base::Random random(6);
    const auto dense = masked(
        256, 64, [](std::int64_t row, std::int64_t column) { return ((row ^ column / 8 * 37) >> (column % 8)) % 2 == 1; }, random);
    const auto bitmap = BitmapWeight::fromDense(dense, 256, 64);
    ASSERT_TRUE(bitmap);
    expectProducts(*bitmap, dense, 256, 64, random);
}

TEST(BitmapWeight, HoldsOneBitAWeightAndTheNonZeros) {
    std::vector<float> dense(2 * 65, 0.0F);
    dense[1] = 5;
    dense[64] = 6;
    dense[65 + 63] = 7;
    const auto bitmap = BitmapWeight::fromDense(dense, 2, 65);
    ASSERT_TRUE(bitmap);
    EXPECT_EQ(bitmap->masks, (std::vector<std::uint64_t>{2, 1, std::uint64_t{1} << 63, 0}));
    EXPECT_EQ(bitmap->valueStart, (std::vector<std::int64_t>{0, 2, 3}));
    EXPECT_EQ(bitmap->bytes(), 4 * 8 + 3 * 8 + 3 * 4);
}

}  // namespace
}  // namespace trimtab::cpu::simd
