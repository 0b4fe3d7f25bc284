// N:M products against a dense double-precision statement.
#include "kernels/cpu/simd/nm_weight.h"
#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

/// Up to `kept` random places of every `of` neighbours.
Mask someOf(int kept, int of, std::int64_t rows, std::int64_t columns, base::Random& random) {
    std::vector<bool> stays(static_cast<std::size_t>(rows * columns));
    for (std::int64_t n = 0; n < rows; ++n)
        for (std::int64_t first = 0; first < columns; first += of)
            for (int i = 0; i < kept; ++i) {
                const std::int64_t k = first + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(of)));
                if (k < columns) stays[static_cast<std::size_t>(n * columns + k)] = true;
            }
    return [stays = std::move(stays), columns](std::int64_t row, std::int64_t column) {
        return stays[static_cast<std::size_t>(row * columns + column)];
    };
}

TEST(NmWeight, AgreesWithTheDenseProductForEveryNAndM) {
    base::Random random(5);
    for (const auto& [rows, columns] : {std::pair{37, 91}, {1, 1}, {18, 128}}) {
        for (const auto& [kept, of] :
             {std::pair{2, 4}, {1, 2}, {4, 8}, {8, 16}, {1, 4}, {3, 4}, {2, 8}, {1, 16}, {3, 5}, {5, 16}, {9, 16}, {16, 16}, {1, 1}}) {
            const auto dense = masked(rows, columns, someOf(kept, of, rows, columns, random), random);
            const auto weight = NmWeight::fromDense(dense, rows, columns, kept, of);
            ASSERT_TRUE(weight);
            SCOPED_TRACE(testing::Message() << kept << ":" << of);
            ASSERT_NO_FATAL_FAILURE(expectProducts(*weight, dense, rows, columns, random));
        }
    }
}

TEST(NmWeight, PacksValuesAndPlaces) {
    const auto weight = NmWeight::fromDense({0, 1, 0, 2, 3, 0, 0, 0, 0, 4}, 1, 10, 2, 4);
    ASSERT_TRUE(weight);
    std::vector<float> values(16, 0.0F);
    values[0] = 1;
    values[1] = 2;
    values[2] = 3;
    values[4] = 4;
    EXPECT_EQ(weight->values, values);
    EXPECT_EQ(weight->places, (std::vector<std::uint32_t>{1U | 3U << 2 | 1U << 8}));
    EXPECT_EQ(weight->bytes(), 16 * 4 + 4);
}

TEST(NmWeight, RefusesGroupsThatHoldMore) {
    EXPECT_TRUE(NmWeight::fromDense({1, 0, 1, 0, 1, 1}, 1, 6, 2, 4));
    const auto crowded = NmWeight::fromDense({0, 0, 0, 0, 1, 0, 1, 1}, 2, 4, 2, 4);
    ASSERT_FALSE(crowded);
    EXPECT_NE(crowded.error().message.find("row 1"), std::string::npos) << crowded.error().message;
    EXPECT_FALSE(NmWeight::fromDense({1}, 1, 1, 3, 2));
    EXPECT_FALSE(NmWeight::fromDense({1}, 1, 1, 2, 17));
}

}  // namespace
}  // namespace trimtab::cpu::simd
