#include "core/explain/size_advice.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trimtab::explain {
namespace {

constexpr double kWorthTelling = 1.03;
constexpr std::size_t kNamed = 3;  // layers
constexpr double kOfItAll = 0.8;   // the layers named are those that make up so much of the part

double each(const ScalingFit& fit, double size) { return fit.at(size) / size; }

double quadraticPart(const ScalingFit& fit, double size) { return fit.quadratic * size * size; }

/// The layers that a part of the run lies in, the largest first.
template <class Part>
std::vector<std::string> layersWith(const std::vector<LayerScaling>& layers, Part part) {
    std::vector<const LayerScaling*> order;
    double sum = 0, named = 0;
    for (const LayerScaling& layer : layers) {
        order.push_back(&layer);
        sum += part(layer.fit);
    }
    std::ranges::stable_sort(order, std::greater{}, [&](const LayerScaling* layer) { return part(layer->fit); });
    std::vector<std::string> names;
    for (const LayerScaling* layer : order) {
        if (names.size() == kNamed || named >= kOfItAll * sum || part(layer->fit) <= 0) break;
        named += part(layer->fit);
        names.push_back(layer->node);
    }
    return names;
}

}  // namespace

std::optional<SizeAdvice> adviseSize(const std::string& symbol, const std::vector<double>& sizes, const ScalingFit& run,
                                     const std::vector<LayerScaling>& layers) {
    const double largest = sizes.back();
    SizeAdvice best{largest, 1, {}, {}, {}};
    for (double size = 2 * largest; size >= sizes.front() && size >= 1; size = std::floor(size / 2)) {
        const double gain = each(run, largest) / each(run, size);
        if (gain > best.speedup) best = {size, gain, {}, {}, {}};
    }
    if (best.speedup < kWorthTelling) return std::nullopt;
    best.text = fmt::format("{} of {}, not {}", symbol, best.size, largest);
    const bool isShorter = best.size < largest;
    const auto part = [&](const ScalingFit& fit) { return isShorter ? quadraticPart(fit, largest) : fit.constant; };
    best.layers = layersWith(layers, part);
    best.because = fmt::format("at {} {:.0f} % of a run {}{}", largest, 100 * part(run) / run.at(largest),
                               isShorter ? "grows with the square of it" : "is the same whatever the size",
                               best.layers.empty() ? "" : fmt::format(", most of it in {}", fmt::join(best.layers, ", ")));
    if (isShorter) best.because += "; pieces do not see one another";
    return best;
}

}  // namespace trimtab::explain
