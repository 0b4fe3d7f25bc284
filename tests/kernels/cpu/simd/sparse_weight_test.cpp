// Which forms fit a weight's zeros.
#include "kernels/cpu/simd/sparse_weight.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/kernels/cpu/simd/sparse_case.h"

namespace trimtab::cpu::simd {
namespace {

std::vector<std::string> namesOf(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    std::vector<std::string> names;
    for (const FittingForm& fitting : fittingForms(dense, rows, columns)) names.push_back(name(fitting.form));
    return names;
}

Mask inBlocks(std::int64_t height, std::int64_t width, double density, base::Random& random) {
    const auto seed = random.below(1000);
    return [=](std::int64_t row, std::int64_t column) {
        base::Random ofBlock(seed + static_cast<std::uint64_t>(row / height * 7919 + column / width));
        return ofBlock.uniform() < density;
    };
}

TEST(FittingForms, AreFoundFromTheZerosAlone) {
    base::Random random(3);
    const auto scattered = masked(64, 192, inBlocks(1, 1, 0.1, random), random);
    EXPECT_THAT(namesOf(scattered, 64, 192), testing::ElementsAre("csr", "bitmap", "coo"));
    const auto squares = masked(64, 192, inBlocks(16, 16, 0.3, random), random);
    EXPECT_THAT(namesOf(squares, 64, 192), testing::IsSupersetOf({"bsr 16x16", "bsr 16x1"}));
    const auto fours = masked(64, 192, inBlocks(4, 1, 0.2, random), random);
    EXPECT_THAT(namesOf(fours, 64, 192), testing::ElementsAre("csr", "bitmap", "coo", "bsr 4x1"));
    const auto runs = masked(64, 192, inBlocks(1, 16, 0.2, random), random);
    EXPECT_THAT(namesOf(runs, 64, 192), testing::ElementsAre("csr", "bitmap", "coo", "bsr 1x16"));
    const auto twoOfFour = masked(64, 190, [](std::int64_t row, std::int64_t column) { return (row + column) % 4 < 2; }, random);
    EXPECT_THAT(namesOf(twoOfFour, 64, 190), testing::Contains("packed 2:4"));
    const std::vector<float> empty(64 * 192, 0.0F);
    EXPECT_THAT(namesOf(empty, 64, 192), testing::ElementsAre("csr", "bitmap", "coo"));
}

TEST(FittingForms, HoldTheShareThatTheySay) {
    base::Random random(4);
    for (const auto& dense : {masked(50, 100, inBlocks(16, 16, 0.4, random), random), masked(50, 100, inBlocks(8, 8, 0.2, random), random),
                              masked(50, 100, inBlocks(4, 1, 0.1, random), random)}) {
        for (const FittingForm& fitting : fittingForms(dense, 50, 100)) {
            const auto weight = makeSparse(fitting.form, dense, 50, 100);
            ASSERT_TRUE(weight) << name(fitting.form);
            expectProducts(*weight, dense, 50, 100, random);
            if (fitting.form.kind != SparseForm::Kind::Bsr) continue;
            // Blocks at the lower edge are counted whole, but stored as far as there are rows.
            const double stored = static_cast<double>(std::get<BsrWeight>(*weight).storedValues()) / 5000;
            EXPECT_LE(stored, fitting.stored);
            EXPECT_GT(stored, 0.7 * fitting.stored);
        }
    }
}

TEST(FittingForms, OfEveryKindAreMadeAndNamed) {
    const std::vector<float> dense{0, 1, 0, 2, 0, 0, 3, 0};
    for (const auto& [form, text] : {std::pair{SparseForm{SparseForm::Kind::Csr}, "csr"}, {SparseForm{SparseForm::Kind::Coo}, "coo"},
                                     {SparseForm{SparseForm::Kind::Bsr, 2, 1}, "bsr 2x1"}, {SparseForm{SparseForm::Kind::Bitmap}, "bitmap"},
                                     {SparseForm{SparseForm::Kind::Nm, 2, 4}, "packed 2:4"}}) {
        const auto weight = makeSparse(form, dense, 2, 4);
        ASSERT_TRUE(weight);
        EXPECT_EQ(name(form), text);
        EXPECT_GT(bytes(*weight), 0);
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
