#include "core/compress/prune/schedule.h"

#include <algorithm>
#include <cassert>

#include "core/compress/prune/prune_layer.h"

namespace trimtab::compress {
namespace {

/// From one ratio of a layer to the next on its hull.
struct Segment {
    std::size_t layer = 0;
    double weights = 0;  // that go on it
    double ratio = 0;    // at its end
    double price = 0;    // error of each weight
};

/// Places of the lower convex hull's corners.
std::vector<std::size_t> hullOf(std::span<const double> grid, std::span<const double> errors) {
    std::vector<std::size_t> hull;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        const auto isAbove = [&] {  // the last corner, of the line from the one before it to this point
            const std::size_t a = hull[hull.size() - 2], b = hull.back();
            return (errors[b] - errors[a]) * (grid[i] - grid[a]) >= (errors[i] - errors[a]) * (grid[b] - grid[a]);
        };
        while (hull.size() >= 2 && isAbove()) hull.pop_back();
        hull.push_back(i);
    }
    return hull;
}

std::vector<Segment> segmentsOf(std::span<const ErrorCurve> curves, std::span<const double> grid) {
    std::vector<Segment> segments;
    for (std::size_t layer = 0; layer < curves.size(); ++layer) {
        const auto& errors = curves[layer].errors;
        assert(errors.size() == grid.size());
        const auto hull = hullOf(grid, errors);
        for (std::size_t k = 1; k < hull.size(); ++k) {
            const double weights = (grid[hull[k]] - grid[hull[k - 1]]) * static_cast<double>(curves[layer].weights);
            segments.push_back({layer, weights, grid[hull[k]], (errors[hull[k]] - errors[hull[k - 1]]) / weights});
        }
    }
    // Along a hull prices rise, so that a layer's segments keep their order.
    std::ranges::stable_sort(segments, {}, &Segment::price);
    return segments;
}

}  // namespace

std::vector<double> scheduleGrid(double meanRatio) {
    std::vector<double> grid;
    for (int tenth = 0; tenth < 10; ++tenth) grid.push_back(tenth / 10.0);
    grid.push_back(0.95);
    if (meanRatio >= grid.back()) grid.push_back((1 + meanRatio) / 2);
    return grid;
}

std::vector<double> outputErrors(std::span<const float> values, std::int64_t rows, std::int64_t columns, const recipe::PruneSpec& spec,
                                 const LayerInputs& inputs, const std::string& layer, std::span<const double> grid) {
    recipe::PruneSpec by = spec;
    if (by.method == "sparsegpt") by.method = "wanda";
    const std::int64_t rowsOfPart = rows / static_cast<std::int64_t>(inputs.size());
    std::vector<double> squares(values.size());
    double whole = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i) / columns, column = static_cast<std::int64_t>(i) % columns;
        const auto& seen = *inputs[static_cast<std::size_t>(row / rowsOfPart)].columns;
        squares[i] = static_cast<double>(values[i]) * values[i] * seen.sumsOfSquares()[static_cast<std::size_t>(column)];
        whole += squares[i];
    }
    std::vector<double> errors;
    for (const double ratio : grid) {
        by.ratio = ratio;
        const auto mask = prunedMask(values, columns, by, inputs, layer);
        double lost = 0;
        for (std::size_t i = 0; i < squares.size(); ++i) lost += mask[i] == 0 ? squares[i] : 0;
        errors.push_back(whole > 0 ? lost / whole : 0);
    }
    return errors;
}

std::vector<double> scheduledRatios(std::span<const ErrorCurve> curves, std::span<const double> grid, double meanRatio) {
    std::vector<double> ratios(curves.size(), 0);
    double budget = 0;
    for (const ErrorCurve& curve : curves) budget += meanRatio * static_cast<double>(curve.weights);
    for (const Segment& segment : segmentsOf(curves, grid)) {
        if (budget <= 0) break;
        const double share = std::min(1.0, budget / segment.weights);
        ratios[segment.layer] += share * (segment.ratio - ratios[segment.layer]);
        budget -= segment.weights;
    }
    return ratios;
}

}  // namespace trimtab::compress
