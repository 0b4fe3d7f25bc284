#include "core/explain/size_advice.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trimtab::explain {
namespace {

constexpr double kWorthTelling = 1.03;
constexpr std::size_t kNamed = 3;  // layers
constexpr double kOfItAll = 0.8;   // the layers named are those that make up so much of the part

double each(const ScalingPoint& run) { return run.ns / run.size; }

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

std::optional<SizeAdvice> adviseSize(const std::string& symbol, const std::vector<ScalingPoint>& runs, const ScalingFit& fit,
                                     const std::vector<LayerScaling>& layers) {
    const ScalingPoint longest = runs.back();
    std::vector<ScalingPoint> candidates = runs;
    candidates.push_back({2 * longest.size, fit.at(2 * longest.size)});
    const ScalingPoint& found = *std::ranges::min_element(candidates, {}, each);
    const double speedup = each(longest) / each(found);
    if (!(speedup >= kWorthTelling)) return std::nullopt;
    const bool isShorter = found.size < longest.size;
    const auto part = [&](const ScalingFit& of) { return isShorter ? quadraticPart(of, longest.size) : of.constant; };
    SizeAdvice advice{found.size, speedup, {}, {}, layersWith(layers, part)};
    advice.text = fmt::format("{} of {}, not {}", symbol, advice.size, longest.size);
    advice.because = fmt::format("at {} {:.0f} % of a run {}{}", longest.size, 100 * part(fit) / fit.at(longest.size),
                                 isShorter ? "grows with the square of it" : "is the same whatever the size",
                                 advice.layers.empty() ? "" : fmt::format(", most of it in {}", fmt::join(advice.layers, ", ")));
    if (isShorter) advice.because += "; pieces do not see one another";
    return advice;
}

}  // namespace trimtab::explain
