#include "app/cli/accuracy_text.h"

#include <cmath>

#include <fmt/format.h>

namespace trimtab::cli {
namespace {

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

Json accuracyDocument(const trial::Accuracy& accuracy) {
    return {{"metric", accuracy.metric},
            {"value", finite(accuracy.value)},
            {"n", accuracy.n},
            {"ci", Json::array({finite(accuracy.interval.low), finite(accuracy.interval.high)})},
            {"better", accuracy.higherIsBetter ? "higher" : "lower"},
            {"fidelity", accuracy.fidelity}};
}

std::string valueText(const trial::Accuracy& accuracy) {
    return fmt::format("{:.4g} ({:.4g} … {:.4g})", accuracy.value, accuracy.interval.low, accuracy.interval.high);
}

std::string accuracyText(const trial::Accuracy& accuracy) {
    const std::string counted = accuracy.metric == "ndcg" ? "groups" : "samples";
    const std::string what = accuracy.fidelity ? "seeded inputs, against the untouched model" : counted;
    return fmt::format("{} {:.4g} (95 %: {:.4g} … {:.4g}), {} {}", accuracy.metric, accuracy.value, accuracy.interval.low,
                       accuracy.interval.high, accuracy.n, what);
}

}  // namespace trimtab::cli
