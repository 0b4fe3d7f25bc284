#include "core/explain/scaling.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <optional>

namespace trimtab::explain {
namespace {

constexpr double kNsOfMs = 1e6;

using Parts = std::array<double, 3>;  // constant, linear, quadratic

double power(double size, std::size_t exponent) { return exponent == 0 ? 1 : exponent == 1 ? size : size * size; }

/// Least squares over the parts whose bit is set, by Gaussian elimination with pivoting; nothing where they cannot be told apart.
std::optional<Parts> solve(std::span<const ScalingPoint> points, unsigned chosen) {
    std::array<std::array<double, 4>, 3> rows{};
    const double scale = std::ranges::max(points, {}, &ScalingPoint::size).size;
    for (const ScalingPoint& point : points) {
        Parts terms{};
        for (std::size_t i = 0; i < 3; ++i)
            if (chosen >> i & 1U) terms[i] = power(point.size / scale, i) / point.ns;
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) rows[i][j] += terms[i] * terms[j];
            rows[i][3] += terms[i];  // the relative error is against 1
        }
    }
    for (std::size_t i = 0; i < 3; ++i)
        if (!(chosen >> i & 1U)) rows[i][i] = 1;
    for (std::size_t column = 0; column < 3; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < 3; ++row)
            if (std::abs(rows[row][column]) > std::abs(rows[pivot][column])) pivot = row;
        std::swap(rows[column], rows[pivot]);
        if (std::abs(rows[column][column]) < 1e-30) return std::nullopt;
        for (std::size_t row = 0; row < 3; ++row) {
            if (row == column) continue;
            const double factor = rows[row][column] / rows[column][column];
            for (std::size_t j = column; j < 4; ++j) rows[row][j] -= factor * rows[column][j];
        }
    }
    Parts parts{};
    for (std::size_t i = 0; i < 3; ++i) parts[i] = rows[i][3] / rows[i][i] / power(scale, i);
    return parts;
}

double squaredError(std::span<const ScalingPoint> points, const Parts& parts) {
    double sum = 0;
    for (const ScalingPoint& point : points) {
        double value = 0;
        for (std::size_t i = 0; i < 3; ++i) value += parts[i] * power(point.size, i);
        const double error = value / point.ns - 1;
        sum += error * error;
    }
    return sum;
}

}  // namespace

int ScalingFit::orderAt(double size) const {
    const Parts parts{constant, linear * size, quadratic * size * size};
    return static_cast<int>(std::ranges::max_element(parts) - parts.begin());
}

std::vector<ScalingPoint> besideLargest(const std::vector<double>& sizes, const std::vector<base::PairedBlock>& timings) {
    const double largestNs = kNsOfMs * base::median(timings.back().trial);
    std::vector<ScalingPoint> points;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        points.push_back({sizes[i], largestNs * base::median(timings[i].trial) / base::median(timings[i].baseline)});
    points.back().ns = largestNs;
    return points;
}

void layersBesideLargest(std::vector<std::vector<trace::LayerRecord>>& plans, std::span<const ScalingPoint> runs,
                         const std::vector<base::PairedBlock>& timings) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const double correction = runs[i].ns / (kNsOfMs * base::median(timings[i].trial));
        for (trace::LayerRecord& layer : plans[i])
            if (layer.medianNs > 0) layer.medianNs *= correction;
    }
}

// With three parts each choice of those that are not zero can be tried: the best without a negative part is the constrained optimum.
ScalingFit fitScaling(std::span<const ScalingPoint> points) {
    assert(points.size() >= 3);
    Parts best{};
    double bestError = squaredError(points, best);
    for (unsigned chosen = 1; chosen < 8; ++chosen) {
        const auto parts = solve(points, chosen);
        if (!parts || std::ranges::any_of(*parts, [](double part) { return !(part >= 0); })) continue;
        const double error = squaredError(points, *parts);
        if (error < bestError) best = *parts, bestError = error;
    }
    ScalingFit fit{best[0], best[1], best[2], 0};
    for (const ScalingPoint& point : points) fit.worstError = std::max(fit.worstError, std::abs(fit.at(point.size) / point.ns - 1));
    return fit;
}

std::string_view orderName(int order) { return order == 0 ? "constant" : order == 1 ? "linear" : "quadratic"; }

std::vector<LayerScaling> scalingOf(const std::vector<double>& sizes, const std::vector<std::vector<trace::LayerRecord>>& plans) {
    assert(plans.size() == sizes.size() && sizes.size() >= 3);
    std::vector<LayerScaling> result;
    for (const trace::LayerRecord& layer : plans.front()) {
        LayerScaling scaling{layer.node, layer.op, {}, {}};
        for (std::size_t i = 0; i < plans.size(); ++i) {
            const auto same = std::ranges::find(plans[i], layer.node, &trace::LayerRecord::node);
            if (same != plans[i].end() && same->medianNs > 0) scaling.points.push_back({sizes[i], same->medianNs});
        }
        if (scaling.points.size() != sizes.size()) continue;
        scaling.fit = fitScaling(scaling.points);
        result.push_back(std::move(scaling));
    }
    return result;
}

}  // namespace trimtab::explain
