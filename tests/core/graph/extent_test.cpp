#include "core/graph/shapes/extent.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace trimtab::graph::shapes {
namespace {

Extent n(std::int64_t value) { return Extent::known(value); }
Extent s(const char* name) { return Extent::symbol(name); }

TEST(Extent, KeepsSumsAndProductsInOneCanonicalForm) {
    EXPECT_EQ((s("batch") * n(2) + n(1)).text(), "2*batch + 1");
    EXPECT_TRUE((s("b") + s("a")).same(s("a") + s("b")));
    EXPECT_TRUE((s("a") * s("b") * n(3)).same(n(3) * s("b") * s("a")));
    EXPECT_TRUE(((s("a") + n(2)) * (s("a") - n(2))).same(s("a") * s("a") - n(4)));
    EXPECT_EQ((s("a") - s("a")).text(), "0");
    EXPECT_EQ((s("past") + s("seq")).text(), "past + seq");
    EXPECT_EQ((n(3) - s("a")).text(), "-a + 3");
}

TEST(Extent, DividesExactlyWhereItCanAndNamesTheQuotientWhereItCannot) {
    EXPECT_EQ(floorDivide(n(768) * s("b") * s("s"), s("b") * s("s")).text(), "768");
    EXPECT_EQ(floorDivide(n(4) * s("a") + n(7), n(4)).text(), "a + 1");
    EXPECT_EQ(floorDivide(s("h") - n(1), n(2)).text(), "floor((h - 1)/(2))");
    EXPECT_TRUE(floorDivide(s("h"), n(0)).isUnknown());
    EXPECT_TRUE(floorDivide(n(-7), n(2)).isKnown(-4));
    EXPECT_TRUE(ceilDivide(n(7), n(2)).isKnown(4));
    EXPECT_TRUE(ceilDivide(n(-7), n(2)).isKnown(-3));
}

TEST(Extent, SaysOverflowInsteadOfWrapping) {
    EXPECT_TRUE((n(std::int64_t{1} << 40) * n(std::int64_t{1} << 40)).isOverflow());
    EXPECT_TRUE((n(INT64_MAX) + n(1)).isOverflow());
    EXPECT_TRUE((n(INT64_MAX) * s("a") + n(INT64_MAX) * s("a")).isOverflow());
    EXPECT_TRUE((n(INT64_MAX) * n(INT64_MAX) * n(0)).isKnown(0));
    EXPECT_TRUE(floorDivide(n(INT64_MIN), n(-1)).isOverflow());
    EXPECT_TRUE(floorDivide(n(INT64_MIN) * s("a"), n(-1) * s("a")).isSymbolic());
}

TEST(Extent, UnknownStaysUnknown) {
    EXPECT_TRUE((Extent() + n(1)).isUnknown());
    EXPECT_FALSE(Extent().same(Extent()));
    EXPECT_TRUE((Extent() * n(0)).isKnown(0));
}

TEST(Extent, MinimumAndMaximumUseThatSymbolsAreNotNegative) {
    EXPECT_TRUE(maximum(s("a"), n(0)).same(s("a")));
    EXPECT_TRUE(minimum(s("a") + n(2), s("a")).same(s("a")));
    EXPECT_EQ(minimum(s("a"), n(2048)).text(), "min(a, 2048)");
}

TEST(Extent, ExpressionsThatGrowTooLongBecomeUnknown) {
    Extent sum = n(0);
    for (int i = 0; i < 100; ++i) sum = sum + s(("symbol" + std::to_string(i)).c_str());
    EXPECT_TRUE(sum.isUnknown());
    EXPECT_TRUE(Extent::symbol(std::string(10000, 'x')).isUnknown());
}

/// Replacing the symbol by a number before or after the arithmetic gives the same result.
TEST(Extent, ArithmeticAgreesWithNumbers) {
    base::Random random(7);
    for (int round = 0; round < 2000; ++round) {
        const auto a = static_cast<std::int64_t>(random.below(9));
        const auto c = static_cast<std::int64_t>(random.below(21)) - 10;
        const auto k = static_cast<std::int64_t>(random.below(5)) + 1;
        const auto m = static_cast<std::int64_t>(random.below(5));
        const Extent symbolic = floorDivide(n(k * m) * s("a") + n(c), n(k));
        const Extent expected = n(m) * s("a");
        ASSERT_TRUE((symbolic - expected).isKnown()) << symbolic.text();
        EXPECT_EQ((symbolic - expected).value() + m * a, floorDivide(n(k * m * a + c), n(k)).value());
    }
}

}  // namespace
}  // namespace trimtab::graph::shapes
