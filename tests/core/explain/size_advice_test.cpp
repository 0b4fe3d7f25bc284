#include "core/explain/size_advice.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace trimtab::explain {
namespace {

const std::vector<double> kSizes{64, 128, 256, 512, 1024};

LayerScaling layer(const char* name, const ScalingFit& fit) { return {name, "MatMul", {}, fit}; }

std::vector<ScalingPoint> measured(const ScalingFit& run) {
    std::vector<ScalingPoint> points;
    for (const double size : kSizes) points.push_back({size, run.at(size)});
    return points;
}

TEST(SizeAdvice, PiecesALengthWhoseSquareCosts) {
    const ScalingFit attention{0, 0, 1, 0}, projection{0, 100, 0, 0};
    const ScalingFit run{1000, 100, 1, 0};
    const auto advice = adviseSize("sequence", measured(run), run, {layer("projection", projection), layer("attention", attention)});
    ASSERT_TRUE(advice);
    EXPECT_EQ(advice->size, 64);
    EXPECT_NEAR(advice->speedup, (run.at(1024) / 1024) / (run.at(64) / 64), 1e-12);
    EXPECT_EQ(advice->layers, std::vector<std::string>{"attention"});
    EXPECT_EQ(advice->text, "sequence of 64, not 1024");
    EXPECT_NE(advice->because.find("91 % of a run grows with the square"), std::string::npos) << advice->because;
}

TEST(SizeAdvice, SpreadsAConstantPartOverMore) {
    const ScalingFit run{1e6, 100, 0, 0};
    const auto advice = adviseSize("batch", measured(run), run, {layer("start", {1e6, 0, 0, 0})});
    ASSERT_TRUE(advice);
    EXPECT_EQ(advice->size, 2048) << "no further than one doubling beyond what was measured";
    EXPECT_EQ(advice->layers, std::vector<std::string>{"start"});
}

TEST(SizeAdvice, IsSilentWhereEverySizeCostsTheSame) {
    for (const ScalingFit& run : {ScalingFit{0, 100, 0, 0}, ScalingFit{10, 100, 0, 0}})
        EXPECT_FALSE(adviseSize("batch", measured(run), run, {}));
}

TEST(SizeAdvice, TakesWhatWasMeasuredBeforeWhatAFitSays) {
    const ScalingFit run{0, 100, 1, 0};
    auto points = measured(run);
    points.front().ns *= 3;  // short ones have a slower kernel
    const auto advice = adviseSize("sequence", points, run, {});
    ASSERT_TRUE(advice);
    EXPECT_EQ(advice->size, 128);
    EXPECT_NEAR(advice->speedup, (points.back().ns / 1024) / (points[1].ns / 128), 1e-12);
}

TEST(SizeAdvice, IsNeverDearerThanTheLargest) {
    base::Random random(7);
    for (int i = 0; i < 500; ++i) {
        const ScalingFit run{random.uniform(0, 1e6), random.uniform(1, 1e4), random.uniform(0, 10), 0};
        const auto advice = adviseSize("n", measured(run), run, {});
        if (!advice) continue;
        EXPECT_LT(run.at(advice->size) / advice->size, run.at(1024) / 1024);
        EXPECT_GE(advice->size, kSizes.front());
    }
}

}  // namespace
}  // namespace trimtab::explain
