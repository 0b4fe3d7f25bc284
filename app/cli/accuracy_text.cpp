#include "app/cli/accuracy_text.h"

#include <cmath>

#include <fmt/format.h>

namespace trimtab::cli {
namespace {

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string countedThings(const trial::Accuracy& accuracy) {
    if (accuracy.fidelity && !accuracy.overData) return "seeded inputs, against the untouched model";
    const bool areQuestions = accuracy.metric == "acc" || accuracy.metric == "acc_norm";
    const std::string things = areQuestions ? "questions" : accuracy.metric == "ndcg" ? "groups" : "samples";
    return things + (accuracy.fidelity ? ", against the untouched model" : "");
}

}  // namespace

Json accuracyDocument(const trial::Accuracy& accuracy) {
    Json json = {{"metric", accuracy.metric},
            {"value", finite(accuracy.value)},
            {"n", accuracy.n},
            {"ci", Json::array({finite(accuracy.interval.low), finite(accuracy.interval.high)})},
            {"better", accuracy.higherIsBetter ? "higher" : "lower"},
            {"fidelity", accuracy.fidelity}};
    if (accuracy.windows) json.update(trial::windowsToJson(*accuracy.windows));
    for (const trial::Figure& figure : accuracy.also)
        json["also"][figure.metric] = {{"value", finite(figure.estimate.value)},
                                       {"ci", Json::array({finite(figure.estimate.interval.low), finite(figure.estimate.interval.high)})},
                                       {"n", figure.n}};
    return json;
}

std::string valueText(const trial::Accuracy& accuracy) {
    return fmt::format("{:.4g} ({:.4g} … {:.4g})", accuracy.value, accuracy.interval.low, accuracy.interval.high);
}

std::string accuracyText(const trial::Accuracy& accuracy) {
    std::string text = fmt::format("{} {:.4g} (95 %: {:.4g} … {:.4g}), {} {}", accuracy.title(), accuracy.value, accuracy.interval.low,
                                   accuracy.interval.high, accuracy.n, countedThings(accuracy));
    for (const auto& [metric, estimate, n] : accuracy.also)
        text += fmt::format("\n{} {:.4g} (95 %: {:.4g} … {:.4g}){}", metric, estimate.value, estimate.interval.low, estimate.interval.high,
                            n == accuracy.n ? "" : fmt::format(", {} places", n));
    return text;
}

}  // namespace trimtab::cli
