#include "app/cli/mix_text.h"

#include <cmath>
#include <map>

#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

Json ratioDocument(const base::Estimate& ratio) {
    return {{"ratio", ratio.value}, {"low", ratio.interval.low}, {"high", ratio.interval.high}};
}

Json candidateDocument(const tune::MixCandidate& candidate, const trial::SensitivityTable& table) {
    const trial::TrialResult& result = candidate.result;
    Json json = {{"trial", result.id},
                 {"label", result.trial.label},
                 {"recipe", recipe::toJson(result.trial.recipe)},
                 {"execution", std::string(trace::name(result.execution))},
                 {"limit", std::string(tune::name(candidate.verdict))},
                 {"accuracy", result.accuracy ? accuracyDocument(*result.accuracy) : Json(nullptr)},
                 {"speedup", result.speed ? ratioDocument(result.speed->speedup) : Json(nullptr)}};
    if (!candidate.mix) return json;
    json["predicted"] = {{"loss", candidate.mix->loss},
                         {"gain_ms", candidate.mix->gainMs},
                         {"bytes", candidate.mix->bytes},
                         {"mean_bits", candidate.mix->meanBits}};
    Json units = Json::array();
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        const auto& option = candidate.mix->options[unit];
        units.push_back({{"layers", table.units[unit].name}, {"option", option ? Json(table.options[*option].name) : Json(nullptr)}});
    }
    json["units"] = std::move(units);
    return json;
}

std::string optionsText(const trial::SensitivityTable& table, const tune::Mix& mix) {
    std::map<std::string, int> counts;
    for (const auto& option : mix.options) ++counts[option ? table.options[*option].name : std::string("as is")];
    std::string text;
    for (const auto& [name, count] : counts) text += fmt::format("{}{} × {}", text.empty() ? "" : ", ", count, name);
    return text;
}

std::string unitsText(const trial::SensitivityTable& table, const tune::Mix& mix) {
    Table rows({{"layers"}, {"option"}});
    for (std::size_t unit = 0; unit < table.units.size(); ++unit)
        rows.add({clipped(printable(table.units[unit].name), 60), mix.options[unit] ? table.options[*mix.options[unit]].name : "as is"});
    return rows.text();
}

}  // namespace

Json mixDocument(const trial::Study& study, const trial::SensitivityTable& table, const tune::MixOutcome& outcome,
                 const std::string& session) {
    const auto trialAt = [&](const std::optional<std::size_t>& at) { return at ? Json(outcome.candidates[*at].result.id) : Json(nullptr); };
    Json candidates = Json::array();
    for (const auto& candidate : outcome.candidates) candidates.push_back(candidateDocument(candidate, table));
    Json document = {{"session", session},
                     {"study", study.id},
                     {"best", trialAt(outcome.best)},
                     {"best_uniform", trialAt(outcome.bestUniform)},
                     {"over_uniform", ratioDocument(outcome.overUniform)},
                     {"candidates", std::move(candidates)}};
    if (!outcome.noMix.empty()) document["no_mix"] = outcome.noMix;
    return document;
}

std::string mixText(const trial::SensitivityTable& table, const tune::MixOutcome& outcome) {
    Table rows({{"trial", Align::Right},
                {"what was done"},
                {"limit"},
                {"speed-up, 95 %"},
                {table.metric},
                {"predicted loss", Align::Right},
                {"size", Align::Right}});
    for (std::size_t i = 0; i < outcome.candidates.size(); ++i) {
        const auto& [result, mix, verdict] = outcome.candidates[i];
        std::string label = mix ? fmt::format("{}: {}", result.trial.label, optionsText(table, *mix)) : result.trial.label;
        if (outcome.best == i) label += "  ← best";
        const auto& speed = result.speed;
        rows.add({std::to_string(result.id), clipped(printable(label), 72), std::string(tune::name(verdict)),
                  speed ? fmt::format("{:.2f}× ({:.2f} … {:.2f})", speed->speedup.value, speed->speedup.interval.low,
                                      speed->speedup.interval.high)
                        : std::string(result.execution == trace::Execution::Emulated ? "emulated" : "–"),
                  result.accuracy ? valueText(*result.accuracy) : "–", mix ? fmt::format("{:.3g}", mix->loss) : "",
                  base::formatBytes(static_cast<double>(result.sizeBytes))});
    }
    std::string text = rows.text();
    if (!outcome.noMix.empty()) text += "\nno mix of options keeps to the limit: " + printable(outcome.noMix) + "\n";
    if (!outcome.best) return text;
    const auto& best = outcome.candidates[*outcome.best];
    const auto& over = outcome.overUniform;
    if (best.mix && outcome.bestUniform)
        text += fmt::format("\nthe best mix runs {:.3f}× as fast as the best uniform recipe inside the limit (95 %: {:.3f} … {:.3f})\n",
                            over.value, over.interval.low, over.interval.high);
    if (best.mix) text += "\n" + unitsText(table, *best.mix);
    return text;
}

}  // namespace trimtab::cli
