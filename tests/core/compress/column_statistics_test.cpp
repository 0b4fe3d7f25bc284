#include <cmath>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/calibrate/column_statistics.h"

namespace trimtab::compress {
namespace {

TEST(ColumnStatistics, TellNormsMeansAndMaxima) {
    ColumnStatistics statistics(3);
    ASSERT_TRUE(statistics.see(std::vector<float>{3, 0, -1, /**/ -4, 0, 0}));
    ASSERT_TRUE(statistics.see(std::vector<float>{0, 0, 2, /**/ 0, 0, 2}));
    EXPECT_EQ(statistics.rows(), 4);
    EXPECT_EQ(statistics.columns(), 3);
    EXPECT_EQ(statistics.sumsOfSquares(), (std::vector<double>{25, 0, 9}));
    EXPECT_EQ(statistics.norms(), (std::vector<double>{5, 0, 3}));
    EXPECT_EQ(statistics.meanMagnitudes(), (std::vector<double>{1.75, 0, 1.25}));
    EXPECT_EQ(statistics.largest(), (std::vector<float>{4, 0, 2}));
}

TEST(ColumnStatistics, DoNotDependOnTheBatches) {
    base::Random random(101);
    std::vector<float> rows(60 * 7);
    for (float& value : rows) value = static_cast<float>(random.normal());
    ColumnStatistics whole(7);
    ColumnStatistics parts(7);
    ASSERT_TRUE(whole.see(rows));
    for (std::size_t row = 0; row < 60; row += 4) ASSERT_TRUE(parts.see(std::span(rows).subspan(row * 7, 4 * 7)));
    EXPECT_EQ(whole.sumsOfSquares(), parts.sumsOfSquares());
    EXPECT_EQ(whole.meanMagnitudes(), parts.meanMagnitudes());
}

TEST(ColumnStatistics, AreZeroBeforeARowWasSeen) {
    const ColumnStatistics statistics(2);
    EXPECT_EQ(statistics.meanMagnitudes(), (std::vector<double>{0, 0}));
}

TEST(ColumnStatistics, RefuseNaNAndInfinitiesWithoutCountingTheRest) {
    for (const float wrong : {NAN, INFINITY}) {
        ColumnStatistics statistics(2);
        const Status seen = statistics.see(std::vector<float>{1, 2, 3, wrong});
        ASSERT_FALSE(seen);
        EXPECT_EQ(seen.error().code, ErrorCode::Refused);
        EXPECT_EQ(statistics.rows(), 0);
        EXPECT_EQ(statistics.norms(), (std::vector<double>{0, 0}));
    }
}

TEST(OutlierColumns, AreThoseFarBeyondTheMedian) {
    const std::vector<float> maxima{1, 2, 60, 2, 2, 100, 2, 20};
    const auto found = outlierColumns(maxima, 20);
    ASSERT_EQ(found.size(), 2U) << "exactly 20 times is not beyond";
    EXPECT_EQ(found[0].column, 5);
    EXPECT_EQ(found[0].timesMedian, 50);
    EXPECT_EQ(found[1].column, 2);
    EXPECT_EQ(found[1].largest, 60);
    EXPECT_TRUE(outlierColumns({}, 20).empty());
    const std::vector<float> mostlyDead{0, 0, 0, 1};
    ASSERT_EQ(outlierColumns(mostlyDead, 20).size(), 1U);
    EXPECT_TRUE(std::isinf(outlierColumns(mostlyDead, 20)[0].timesMedian));
}

}  // namespace
}  // namespace trimtab::compress
