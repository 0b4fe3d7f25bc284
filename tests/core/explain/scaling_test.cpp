#include "core/explain/scaling.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace trimtab::explain {
namespace {

std::vector<ScalingPoint> drawn(double constant, double linear, double quadratic, const std::vector<double>& sizes, double noise = 0,
                                std::uint64_t seed = 1) {
    base::Random random(seed);
    std::vector<ScalingPoint> points;
    for (const double n : sizes) points.push_back({n, (constant + linear * n + quadratic * n * n) * (1 + noise * random.uniform(-1, 1))});
    return points;
}

const std::vector<double> kSizes{16, 64, 128, 256, 512, 1024};

TEST(Scaling, SizesAreToldByTheirRatioToTheLargest) {
    // The machine was half as fast while the first was timed.
    const auto points = besideLargest({10, 20}, {{{8, 8}, {2, 2}}, {{4}, {4}}});
    EXPECT_DOUBLE_EQ(points[0].ns, 1e6);
    EXPECT_DOUBLE_EQ(points[1].ns, 4e6);
}

TEST(Scaling, LayersAreCorrectedAsTheirRunsAre) {
    trace::LayerRecord timed, untimed;
    timed.medianNs = 4e6;
    std::vector<std::vector<trace::LayerRecord>> plans{{timed, untimed}, {timed, untimed}};
    const std::vector<base::PairedBlock> timings{{{8, 8}, {2, 2}}, {{4}, {4}}};  // the machine stood at half its speed for the first
    layersBesideLargest(plans, besideLargest({10, 20}, timings), timings);
    EXPECT_DOUBLE_EQ(plans[0][0].medianNs, 2e6);
    EXPECT_DOUBLE_EQ(plans[1][0].medianNs, 4e6);
    EXPECT_EQ(plans[0][1].medianNs, untimed.medianNs);
}

TEST(Scaling, FindsThePartsOfWhatIsMadeOfThem) {
    base::Random random(3);
    for (int i = 0; i < 200; ++i) {
        const double constant = random.below(2) * random.uniform(1e3, 1e6), linear = random.below(2) * random.uniform(1, 1e4);
        const double quadratic = random.below(2) * random.uniform(0.01, 10);
        if (constant + linear + quadratic == 0) continue;
        const ScalingFit fit = fitScaling(drawn(constant, linear, quadratic, kSizes));
        EXPECT_LT(fit.worstError, 1e-6);
        EXPECT_NEAR(fit.at(2048), constant + linear * 2048 + quadratic * 2048 * 2048, 1e-4 * fit.at(2048));
    }
}

TEST(Scaling, NoPartIsEverNegative) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const ScalingFit fit = fitScaling(drawn(1e5, 50, 0, kSizes, 0.2, seed));
        EXPECT_GE(fit.constant, 0);
        EXPECT_GE(fit.linear, 0);
        EXPECT_GE(fit.quadratic, 0);
        EXPECT_LT(fit.worstError, 0.4);
    }
}

TEST(Scaling, NamesThePartThatIsLargestAtASize) {
    const ScalingFit fit = fitScaling(drawn(1e3, 100, 0.1, kSizes));
    EXPECT_EQ(fit.orderAt(5), 0);
    EXPECT_EQ(fit.orderAt(50), 1);
    EXPECT_EQ(fit.orderAt(2000), 2);
    EXPECT_EQ(orderName(fit.orderAt(2000)), "quadratic");
}

TEST(Scaling, MatchesLayersOfPlansByName) {
    const auto plan = [](double n) {
        std::vector<trace::LayerRecord> layers(3);
        layers[0].node = "attention";
        layers[0].medianNs = 3 * n * n;
        layers[1].node = "product";
        layers[1].medianNs = 50 * n;
        layers[2].node = "never ran";
        return layers;
    };
    const auto layers = scalingOf({64, 128, 256}, {plan(64), plan(128), plan(256)});
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(layers[0].node, "attention");
    EXPECT_EQ(layers[0].fit.orderAt(256), 2);
    EXPECT_EQ(layers[1].fit.orderAt(256), 1);
}

}  // namespace
}  // namespace trimtab::explain
