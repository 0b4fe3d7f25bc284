#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/prune/prune_layer.h"
#include "core/compress/prune/schedule.h"

namespace trimtab::compress {
namespace {

/// Rising from 0 to 1, convex or not.
ErrorCurve randomCurve(base::Random& random, std::span<const double> grid, bool convex) {
    ErrorCurve curve{static_cast<std::int64_t>(100 * (1 + random.below(9))), {}};
    const double power = random.uniform(1.0, 5.0);
    for (const double ratio : grid) curve.errors.push_back(std::pow(ratio, power) + (convex ? 0 : 0.2 * random.uniform()));
    std::ranges::sort(curve.errors);
    return curve;
}

double meanOf(std::span<const ErrorCurve> curves, std::span<const double> ratios) {
    double sum = 0, weights = 0;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        sum += ratios[i] * static_cast<double>(curves[i].weights);
        weights += static_cast<double>(curves[i].weights);
    }
    return sum / weights;
}

/// Straight between the points of the grid.
double errorAt(const ErrorCurve& curve, std::span<const double> grid, double ratio) {
    std::size_t i = 1;
    while (i + 1 < grid.size() && grid[i] < ratio) ++i;
    return curve.errors[i - 1] + (curve.errors[i] - curve.errors[i - 1]) * (ratio - grid[i - 1]) / (grid[i] - grid[i - 1]);
}

double errorOf(std::span<const ErrorCurve> curves, std::span<const double> grid, std::span<const double> ratios) {
    double sum = 0;
    for (std::size_t i = 0; i < curves.size(); ++i) sum += errorAt(curves[i], grid, ratios[i]);
    return sum;
}

TEST(Schedule, HoldsTheMeanOverAllWeights) {
    base::Random random(1);
    for (int round = 0; round < 200; ++round) {
        const double mean = random.uniform(0.01, 0.99);
        const auto grid = scheduleGrid(mean);
        std::vector<ErrorCurve> curves;
        for (std::uint64_t i = 1 + random.below(6); i > 0; --i) curves.push_back(randomCurve(random, grid, round % 2 == 0));
        const auto ratios = scheduledRatios(curves, grid, mean);
        EXPECT_NEAR(meanOf(curves, ratios), mean, 1e-12);
        for (const double ratio : ratios) EXPECT_TRUE(ratio >= 0 && ratio < 1) << ratio;
    }
}

TEST(Schedule, CostsNoMoreThanAnyOtherShareOfConvexCurves) {
    base::Random random(2);
    for (int round = 0; round < 100; ++round) {
        const double mean = random.uniform(0.1, 0.8);
        const auto grid = scheduleGrid(mean);
        std::vector<ErrorCurve> curves;
        for (int i = 0; i < 3; ++i) curves.push_back(randomCurve(random, grid, true));
        const double best = errorOf(curves, grid, scheduledRatios(curves, grid, mean));
        EXPECT_LE(best, errorOf(curves, grid, std::vector<double>(3, mean)) + 1e-12);
        for (int step = 0; step <= 90; ++step) {  // all the others that hold the mean, in steps of a hundredth
            for (int other = 0; other <= 90; ++other) {
                const double a = step / 100.0, b = other / 100.0;
                double whole = 0;
                for (const ErrorCurve& curve : curves) whole += static_cast<double>(curve.weights);
                const double c = (mean * whole - a * static_cast<double>(curves[0].weights) - b * static_cast<double>(curves[1].weights)) /
                                 static_cast<double>(curves[2].weights);
                if (c < 0 || c > grid.back()) continue;
                ASSERT_LE(best, errorOf(curves, grid, std::vector{a, b, c}) + 1e-12);
            }
        }
    }
}

TEST(Schedule, TakesFromTheLayerThatSuffersLess) {
    const auto grid = scheduleGrid(0.5);
    ErrorCurve robust{100, {}}, tender{100, {}};
    for (const double ratio : grid) {
        robust.errors.push_back(0.01 * ratio);
        tender.errors.push_back(ratio);
    }
    const auto ratios = scheduledRatios(std::vector{tender, robust}, grid, 0.4);
    EXPECT_NEAR(ratios[0], 0, 1e-12);
    EXPECT_NEAR(ratios[1], 0.8, 1e-12);
}

TEST(OutputErrors, AreTheShareOfSquaresThatTheMaskTakes) {
    base::Random random(3);
    const std::int64_t rows = 6, columns = 8;
    std::vector<float> values(48), seen(40);
    for (float& value : values) value = static_cast<float>(random.normal());
    for (float& value : seen) value = static_cast<float>(random.normal());
    LayerInputs inputs(1);
    inputs[0].columns.emplace(columns);
    ASSERT_TRUE(inputs[0].columns->see(seen));
    for (const char* method : {"magnitude", "wanda", "random", "sparsegpt"}) {
        recipe::PruneSpec spec;
        spec.method = method;
        const auto grid = scheduleGrid(0.5);
        const auto errors = outputErrors(values, rows, columns, spec, inputs, "layer", grid);
        ASSERT_EQ(errors.size(), grid.size());
        EXPECT_EQ(errors[0], 0);
        EXPECT_TRUE(std::ranges::is_sorted(errors));
        spec.ratio = grid[5];
        if (spec.method == "sparsegpt") continue;
        std::vector<float> pruned = values;
        ASSERT_TRUE(pruneLayer(pruned, rows, columns, spec, inputs, "layer", {}));
        double lost = 0, all = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            double square = 0;
            for (std::size_t row = 0; row < 5; ++row) square += std::pow(static_cast<double>(seen[row * 8 + i % 8]), 2);
            all += square * values[i] * values[i];
            lost += pruned[i] == 0 ? square * values[i] * values[i] : 0;
        }
        EXPECT_NEAR(errors[5], lost / all, 1e-9) << method;
    }
}

}  // namespace
}  // namespace trimtab::compress
