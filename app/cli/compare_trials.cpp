#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/compare.h"
#include "app/cli/layers_table.h"
#include "app/cli/session_options.h"
#include "app/cli/table.h"
#include "core/base/units.h"
#include "core/explain/compare.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 44;

struct Verdicts {
    std::string speed = "not measured for both";
    std::string accuracy = "not measured for both";
    std::optional<base::Estimate> accuracyDifference;
    bool aDominates = false;
    bool bDominates = false;
    std::optional<double> promise;  // of b's speed over a's
    std::optional<base::Estimate> result;
};

Verdicts verdictsOf(const trial::TrialResult& a, const trial::TrialResult& b, const std::vector<explain::LayerDifference>& differences) {
    Verdicts verdicts;
    if (a.speed && b.speed) verdicts.speed = explain::name(explain::compareSpeed(*a.speed, *b.speed));
    if (a.accuracy && b.accuracy) {
        verdicts.accuracy = explain::name(explain::compareAccuracy(*a.accuracy, *b.accuracy));
        verdicts.accuracyDifference = explain::accuracyDifference(*a.accuracy, *b.accuracy);
    }
    verdicts.aDominates = explain::dominates(a, b);
    verdicts.bDominates = explain::dominates(b, a);
    verdicts.promise = explain::promiseOfRun(a, b, differences);
    verdicts.result = explain::resultOfRun(a, b);
    return verdicts;
}

Json brief(const trial::TrialResult& result) {
    Json json = trial::toJson(result, true);
    json["trial_number"] = result.id;
    return json;
}

Json documentOf(const trial::TrialResult& a, const trial::TrialResult& b, const Verdicts& verdicts,
                const std::vector<explain::LayerDifference>& differences) {
    Json layers = Json::array();
    for (const auto& difference : differences)
        layers.push_back({{"node", difference.node},
                          {"a", trace::toJson(difference.a)},
                          {"b", trace::toJson(difference.b)},
                          {"promise", difference.promise},
                          {"result", difference.result},
                          {"note", difference.note}});
    Json json = {{"a", brief(a)},
                 {"b", brief(b)},
                 {"speed", verdicts.speed},
                 {"accuracy", verdicts.accuracy},
                 {"accuracy_difference", nullptr},
                 {"a_dominates", verdicts.aDominates},
                 {"b_dominates", verdicts.bDominates},
                 {"promise", nullptr},
                 {"result", nullptr},
                 {"layers", std::move(layers)}};
    if (verdicts.promise) json["promise"] = *verdicts.promise;
    if (const auto& result = verdicts.result)
        json["result"] = {{"ratio", result->value}, {"low", result->interval.low}, {"high", result->interval.high}};
    if (const auto& difference = verdicts.accuracyDifference)
        json["accuracy_difference"] = {
            {"value", difference->value}, {"low", difference->interval.low}, {"high", difference->interval.high}};
    return json;
}

void printSide(const char* title, const trial::TrialResult& result) {
    fmt::print("{}  trial {}: {}, {}", title, result.id, printable(result.trial.label), trace::name(result.execution));
    if (result.speed) fmt::print(", {}", base::formatMilliseconds(result.speed->medianMs));
    if (result.accuracy) fmt::print(", {} {}", printable(result.accuracy->title()), valueText(*result.accuracy));
    if (result.sizeBytes > 0) fmt::print(", {}", base::formatBytes(static_cast<double>(result.sizeBytes)));
    fmt::print("\n");
}

std::string treatmentOf(const trace::LayerRecord& layer) { return layer.node.empty() ? "–" : treatmentText(layer); }

std::string timeText(const trace::LayerRecord& layer) { return layer.medianNs >= 0 ? base::formatMilliseconds(layer.medianNs / 1e6) : "–"; }

void print(const trial::TrialResult& a, const trial::TrialResult& b, const Verdicts& verdicts,
           const std::vector<explain::LayerDifference>& differences) {
    printSide("A", a);
    printSide("B", b);
    fmt::print("\nA against B: speed {}, accuracy {}\n", verdicts.speed, verdicts.accuracy);
    if (const auto& difference = verdicts.accuracyDifference)
        fmt::print("A − B, each sample's score: {:+.4g} (95 %: {:+.4g} … {:+.4g}){}\n", difference->value, difference->interval.low,
                   difference->interval.high, a.accuracy->metric == "perplexity" ? " nats" : "");
    if (verdicts.aDominates) fmt::print("A dominates B.\n");
    if (verdicts.bDominates) fmt::print("B dominates A.\n");
    if (verdicts.promise && verdicts.result)
        fmt::print("B promises {:.2f}× the speed of A and runs at {:.2f}× (95 %: {:.2f} … {:.2f}).\n", *verdicts.promise,
                   verdicts.result->value, verdicts.result->interval.low, verdicts.result->interval.high);
    Table table({{"layer"},
                 {"A"},
                 {"B"},
                 {"time A", Align::Right},
                 {"time B", Align::Right},
                 {"promise", Align::Right},
                 {"result", Align::Right},
                 {"why"}});
    for (const auto& difference : differences)
        table.add({clipped(printable(difference.node), kNameWidth), treatmentOf(difference.a), treatmentOf(difference.b),
                   timeText(difference.a), timeText(difference.b), fmt::format("{:.2f}×", difference.promise),
                   difference.result > 0 ? fmt::format("{:.2f}×", difference.result) : "–", printable(difference.note)});
    if (!table.empty()) fmt::print("\n{}", table.text());
}

}  // namespace

Status compareTrials(Program& program, const std::string& path, std::int64_t first, std::int64_t second) {
    TRIMTAB_TRY(const auto session, openForReading(path));
    TRIMTAB_TRY(const auto a, trialOf(*session, first));
    TRIMTAB_TRY(const auto b, trialOf(*session, second));
    const auto differences = explain::compareLayers(a, b);
    const Verdicts verdicts = verdictsOf(a, b, differences);
    TRIMTAB_TRY(const trial::Study study, studyWith(*session, first));
    const std::string weights = trial::randomWeightsNote(study);
    if (program.options.json) {
        Json document = documentOf(a, b, verdicts, differences);
        if (!weights.empty()) document["weights"] = weights;
        program.printJson(document);
    } else {
        if (!weights.empty()) fmt::print("{}\n", weights);
        print(a, b, verdicts, differences);
    }
    return {};
}

}  // namespace trimtab::cli
