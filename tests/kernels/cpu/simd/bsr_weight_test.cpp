// BSR products against a dense double-precision statement.
#include "kernels/cpu/simd/bsr_weight.h"
#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

constexpr std::pair<int, int> kBlocks[] = {{1, 1}, {4, 1},   {16, 1}, {1, 4},  {1, 8},   {1, 16}, {4, 4},
                                           {8, 8}, {16, 16}, {3, 5},  {7, 32}, {64, 64}, {20, 16}};

TEST(BsrWeight, AgreesWithTheDenseProductForBlocksOfEverySizeAndEdge) {
    base::Random random(5);
    for (const auto& [rows, columns] : {std::pair{37, 91}, {1, 1}, {64, 96}}) {
        for (const auto& [height, width] : kBlocks) {
            for (const double density : {0.0, 0.3}) {
                std::vector<bool> stays(static_cast<std::size_t>(rows * columns));
                for (auto&& stay : stays) stay = random.uniform() < density;
                const auto mask = [&](std::int64_t row, std::int64_t column) {
                    return stays[static_cast<std::size_t>(row / height * columns + column / width)];
                };
                const auto dense = masked(rows, columns, mask, random);
                const auto bsr = BsrWeight::fromDense(dense, rows, columns, height, width);
                ASSERT_TRUE(bsr);
                SCOPED_TRACE(testing::Message() << height << "x" << width << " density " << density);
                ASSERT_NO_FATAL_FAILURE(expectProducts(*bsr, dense, rows, columns, random));
            }
        }
    }
}

TEST(BsrWeight, KeepsZerosWithinABlockButNoEmptyBlock) {
    base::Random random(6);
    const auto dense = masked(48, 64, [](std::int64_t row, std::int64_t column) { return (row * 31 + column * 17) % 40 == 0; }, random);
    for (const auto& [height, width] : kBlocks) {
        const auto bsr = BsrWeight::fromDense(dense, 48, 64, height, width);
        ASSERT_TRUE(bsr);
        expectProducts(*bsr, dense, 48, 64, random);
    }
    const auto bsr = BsrWeight::fromDense({1, 0, 0, 0, 0, 0,  //
                                           0, 0, 0, 0, 0, 0,  //
                                           0, 0, 0, 2, 3, 0},
                                          3, 6, 2, 2);
    ASSERT_TRUE(bsr);
    EXPECT_EQ(bsr->blockStart, (std::vector<std::int64_t>{0, 1, 3}));
    EXPECT_EQ(bsr->shortIndex, (std::vector<std::uint16_t>{0, 1, 2}));
    EXPECT_EQ(bsr->values, (std::vector<float>{1, 0, 0, 0, 0, 2, 3, 0}));
}

TEST(BsrWeight, NeverReadsXPastTheEdgeOfItsLastBlock) {
    // x ends with the row: what lies behind is NaN, and would spoil the sum even under a zero weight.
    base::Random random(7);
    for (const auto& [height, width] : kBlocks) {
        const auto dense = masked(height, 19, [](auto, auto) { return true; }, random);
        const auto bsr = BsrWeight::fromDense(dense, height, 19, height, width);
        ASSERT_TRUE(bsr);
        for (const Isa isa : availableIsas()) {
            std::vector<float> x(100, NAN);
            std::fill_n(x.begin(), 19, 1.0F);
            std::vector<float> y(static_cast<std::size_t>(height), NAN);
            matMul(*bsr, x.data(), 1, y.data(), {}, nullptr, isa);
            for (const float value : y) EXPECT_FALSE(std::isnan(value)) << height << "x" << width << " " << name(isa);
        }
    }
}

TEST(BsrWeight, RefusesBlocksBeyondItsKernels) {
    EXPECT_FALSE(BsrWeight::fromDense({1}, 1, 1, 0, 1));
    EXPECT_FALSE(BsrWeight::fromDense({1}, 1, 1, 1, 65));
}

}  // namespace
}  // namespace trimtab::cpu::simd
