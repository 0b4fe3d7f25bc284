#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compress/structure/select_units.h"

namespace trimtab::compress {
namespace {

using testing::UnorderedElementsAre;

recipe::PruneSpec specOf(double ratio, const char* scope = "layer", const char* method = "magnitude") {
    recipe::PruneSpec spec;
    spec.pattern = "neurons";
    spec.method = method;
    spec.scope = scope;
    spec.ratio = ratio;
    return spec;
}

TEST(LeavingUnits, AreTheLowestOfEachGroupRoundedDown) {
    EXPECT_THAT(leavingUnits({{{0, 1, 2, 3, 4}, {5, 1, 4, 2, 3}, specOf(0.5)}, {{5, 6, 7}, {1, 1, 1}, specOf(0.5)}}),
                UnorderedElementsAre(1, 3, 5));
}

TEST(LeavingUnits, NeverAreAllOfAGroup) {
    EXPECT_THAT(leavingUnits({{{0, 1}, {1, 2}, specOf(0.99)}}), UnorderedElementsAre(0));
    EXPECT_THAT(
        leavingUnits({{{0, 1}, {1, 2}, specOf(0.99, "global", "taylor")}, {{2, 3, 4}, {8, 9, 7}, specOf(0.99, "global", "taylor")}}),
        UnorderedElementsAre(0, 2, 4));
}

TEST(LeavingUnits, UnderOneThresholdComeFromWhereTheyAreWorthLeast) {
    const auto leaving = leavingUnits({{{0, 1, 2, 3}, {0.5, 0.6, 0.7, 0.8}, specOf(0.5, "global", "taylor")},
                                       {{4, 5, 6, 7}, {0.1, 0.2, 0.3, 0.9}, specOf(0.5, "global", "taylor")}});
    EXPECT_THAT(leaving, UnorderedElementsAre(4, 5, 6, 0));
}

TEST(LeavingUnits, ByMagnitudeCompareWithTheirGroupsMean) {
    const auto small =
        leavingUnits({{{0, 1, 2, 3}, {10, 10, 10, 10}, specOf(0.25, "global")}, {{4, 5, 6, 7}, {0.1, 1.9, 1, 1}, specOf(0.25, "global")}});
    EXPECT_THAT(small, UnorderedElementsAre(4, 0)) << "a tenth of its mean; then the first of those at their mean";
}

TEST(LeavingUnits, OfOtherSettingsHaveAThresholdOfTheirOwn) {
    const auto leaving = leavingUnits({{{0, 1}, {5, 6}, specOf(0.5, "global", "taylor")}, {{2, 3}, {1, 2}, specOf(0, "global", "taylor")}});
    EXPECT_THAT(leaving, UnorderedElementsAre(0));
}

}  // namespace
}  // namespace trimtab::compress
