#include "core/report/content.h"

#include <cmath>
#include <ranges>

#include <fmt/format.h>

#include "core/base/metric.h"
#include "core/base/units.h"
#include "core/trial/work_of_run.h"

namespace trimtab::report {
namespace {

using base::Interval;
using trial::TrialResult;

std::string between(const Interval& interval, const auto& words) {
    if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return {};
    return words(interval.low) + " … " + words(interval.high);
}

TableRow rowOf(const TrialResult& result, const tune::ParetoRow& pareto, std::int64_t chosen) {
    TableRow row;
    row.trial = result.id;
    row.label = result.trial.label;
    row.execution = result.state == trial::State::Failed ? "failed" : std::string(trace::name(result.execution));
    row.onFront = pareto.onFront;
    row.chosen = result.id == chosen && chosen != 0;
    row.mark = result.isBaseline ? "baseline" : pareto.onFront ? "front" : pareto.leftOutBecause;
    if (result.isBaseline && pareto.onFront) row.mark = "baseline, front";
    if (result.stale && row.mark != "stale") row.mark += ", stale";
    if (result.speed && result.speed->throttled) row.mark += ", throttled";
    if (result.sizeBytes > 0) row.size = base::formatBytes(static_cast<double>(result.sizeBytes));
    if (result.accuracy) {
        const auto score = [&](double value) { return formatScore(result.accuracy->metric, value); };
        row.accuracy = score(result.accuracy->value);
        row.accuracyInterval = between(result.accuracy->interval, score);
    }
    if (result.accuracyDifference && !result.isBaseline) {
        const auto signedNumber = [](double value) { return fmt::format("{:+.3g}", value); };
        row.difference =
            fmt::format("{:+.3g} ({})", result.accuracyDifference->value, between(result.accuracyDifference->interval, signedNumber));
    }
    if (result.speed) {
        row.latency = base::formatMilliseconds(result.speed->medianMs);
        row.speedup = base::formatRatio(result.speed->speedup.value);
        if (!result.isBaseline) row.speedupInterval = between(result.speed->speedup.interval, base::formatRatio);
    }
    if (!pareto.calibration.empty()) row.mark += (row.mark.empty() ? "" : ", ") + pareto.calibration;
    if (result.state == trial::State::Failed) row.mark = result.failure;
    return row;
}

std::string lower(bool higherIsBetter) { return higherIsBetter ? "higher is better" : "lower is better"; }

void addFacts(Content& content, const ReportInput& input) {
    const auto add = [&](std::string key, std::string value) {
        if (!value.empty()) content.facts.emplace_back(std::move(key), std::move(value));
    };
    const trial::Study& study = input.study;
    add("Model", study.modelName.empty() ? study.modelPath : fmt::format("{} ({})", study.modelName, study.modelPath));
    add("Weights", trial::randomWeightsNote(study));
    add("Model hash", study.modelHash.substr(0, 16));
    for (const trial::Variant& variant : study.variants)
        add("Variant " + variant.name, fmt::format("{} ({})", variant.path, variant.hash.substr(0, 16)));
    const char* without = study.randomWeights ? "none: nothing is scored" : "none: fidelity to the reference on seeded inputs";
    add("Data", study.dataPath.empty() ? without : study.dataPath);
    add("Metric", content.metric);
    add("Baseline", study.baselineName);
    for (const TrialResult& result : std::views::reverse(input.results)) {
        if (result.state != trial::State::Finished) continue;
        const trial::Environment& environment = result.environment;
        add("Engine", fmt::format("{} {} ({}, {} threads)", environment.engine, environment.engineVersion, environment.instructionSet,
                                  environment.threads));
        add("Processor", environment.device);
        add("System", environment.system);
        break;
    }
    if (!input.results.empty())
        add("Measured",
            input.results.front().finishedAt.empty() ? "" : input.results.front().finishedAt + " to " + input.results.back().finishedAt);
    add("Timing",
        fmt::format("{} processes a trial, baseline and trial in turn; medians, 95 % intervals over processes", study.budget.processes));
    add("Trimtab", input.version);
}

void addPower(Content& content, const TrialResult& result) {
    if (!result.speed || !result.speed->power) return;
    const trace::PowerOfTurns& power = *result.speed->power;
    if (const auto joules = trial::joulesOf(*result.speed, result.trial.setting))
        content.chosen.emplace_back(
            "Energy", fmt::format("{} a {} ({}); {}, idle power included", base::formatJoules(joules->value),
                                  trial::workOfRun(result.speed->batch, result.trial.setting).unit,
                                  between(joules->interval, base::formatJoules), power.energy->covers));
    if (power.clocks) content.chosen.emplace_back("Clocks", trace::clocksInWords(*power.clocks));
    if (power.clocks && power.baselineClocks && !result.isBaseline)
        content.chosen.emplace_back("Clocks of the baseline", trace::clocksInWords(*power.baselineClocks));
}

void addChosen(Content& content, const ReportInput& input) {
    for (std::size_t i = 0; i < input.results.size(); ++i) {
        const TrialResult& result = input.results[i];
        if (result.id != input.chosen || input.chosen == 0) continue;
        const TableRow& row = content.table[i];
        content.chosen = {{"Trial", fmt::format("{} · {}", row.trial, row.label)}, {"Execution", row.execution}};
        if (!row.accuracy.empty())
            content.chosen.emplace_back(result.accuracy->fidelity ? "Fidelity" : "Accuracy",
                                        fmt::format("{} ({})", row.accuracy, row.accuracyInterval));
        if (!row.difference.empty()) content.chosen.emplace_back("Against the baseline", row.difference);
        if (!row.latency.empty()) content.chosen.emplace_back("Latency", row.latency);
        if (!row.speedup.empty())
            content.chosen.emplace_back(
                "Speed-up", row.speedupInterval.empty() ? row.speedup : fmt::format("{} ({})", row.speedup, row.speedupInterval));
        addPower(content, result);
        if (!row.size.empty()) content.chosen.emplace_back("Size of the weights", row.size);
        if (!input.rows[i].calibration.empty()) content.chosen.emplace_back("Calibration", input.rows[i].calibration);
        if (const auto file = trial::fileOf(input.study, result.trial); file && !result.trial.variant.empty())
            content.chosen.emplace_back("File", file->path);
        content.chosen.emplace_back("Recipe", recipe::canonical(result.trial.recipe));
        content.chosenLayers = result.layers;
    }
}

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

// The options of the command line for what the study asks beyond its defaults.
std::string settingWords(const trial::Study& study) {
    const recipe::RunSetting& setting = study.setting;
    const trial::Budget usual;
    std::string words;
    const auto add = [&](bool differs, std::string_view option, const auto& value) {
        if (differs) words += fmt::format(" --{} {}", option, value);
    };
    add(setting.batch > 0, "batch", setting.batch);
    add(setting.prompt > 0, "prompt", setting.prompt);
    add(setting.generate > 0, "generate", setting.generate);
    for (const auto& [symbol, extent] : setting.symbols) words += fmt::format(" --symbol {}", quoted(fmt::format("{}={}", symbol, extent)));
    for (const auto& [input, shape] : setting.shapes)
        words += fmt::format(" --shape {}", quoted(fmt::format("{}={}", input, fmt::join(shape.dims(), ","))));
    add(setting.engine != "cpu", "engine", quoted(setting.engine));
    add(setting.threads > 0, "threads", setting.threads);
    add(setting.seed != recipe::RunSetting{}.seed, "seed", setting.seed);
    add(!study.metric.empty(), "metric", quoted(study.metric));
    add(study.budget.samples != usual.samples, "samples", study.budget.samples);
    add(study.budget.processes != usual.processes, "processes", study.budget.processes);
    add(study.budget.speedSeconds != usual.speedSeconds, "seconds", study.budget.speedSeconds);
    add(study.budget.evaluationBatch != usual.evaluationBatch, "evaluation-batch", study.budget.evaluationBatch);
    return words;
}

void addRepeat(Content& content, const ReportInput& input) {
    std::string sweep = "trimtab sweep " + quoted(input.study.modelPath);
    if (input.study.randomWeights) sweep += fmt::format(" --random-weights {}", *input.study.randomWeights);
    if (!input.study.dataPath.empty()) sweep += " --data " + quoted(input.study.dataPath);
    sweep += settingWords(input.study);
    for (const trial::Variant& variant : input.study.variants) sweep += " --variant " + quoted(variant.name + "=" + variant.path);
    for (const trial::Axis& axis : input.study.axes) {
        std::string values;
        for (const Json& value : axis.values)
            values += (values.empty() ? "" : ",") + (value.is_string() ? value.get<std::string>() : base::dumpJson(value));
        sweep += " --axis " + axis.path + "=" + values;
    }
    content.repeat.push_back(sweep + " --session " + quoted(input.sessionPath.empty() ? "again.trimtab" : input.sessionPath) +
                             " --refresh");
    if (input.chosen != 0 && !input.sessionPath.empty() && !input.study.randomWeights)
        content.repeat.push_back(fmt::format("trimtab export {} --trial {} -o chosen/", quoted(input.sessionPath), input.chosen));
}

}  // namespace

std::string formatScore(const std::string& metric, double value) {
    return base::metricIsShare(metric) ? fmt::format("{:.1f} %", 100 * value) : fmt::format("{:.4g}", value);
}

Content contentOf(const ReportInput& input) {
    Content content;
    content.title = input.study.name.empty() ? input.study.modelName : input.study.name;
    content.question = input.study.question;
    if (content.question.empty())
        content.question = input.study.randomWeights
                               ? "Which configurations are faster than the baseline, and what does each take in memory?"
                               : "Which configurations are faster than the baseline, and what does each cost in accuracy?";
    content.note = input.note;
    for (std::size_t i = 0; i < input.results.size() && i < input.rows.size(); ++i) {
        const TrialResult& result = input.results[i];
        if (content.metric.empty() && result.accuracy)
            content.metric =
                fmt::format("{} ({}{})", result.accuracy->title(), result.accuracy->fidelity ? "fidelity to the reference, " : "",
                            lower(result.accuracy->higherIsBetter));
        content.table.push_back(rowOf(result, input.rows[i], input.chosen));
    }
    addFacts(content, input);
    addChosen(content, input);
    addRepeat(content, input);
    content.marks = {
        {"native",
         "a kernel on this machine executes the widths and types that the recipe asks for; its speed is real. Zeros that no sparse kernel "
         "skips are multiplied all the same, and the layer says so"},
        {"emulated",
         "no kernel executes it here: the arithmetic is imitated in a wider type, so a score is real and no speed is given; never on the "
         "front"},
        {"measured", "it ran on this machine and was timed or scored"},
        {"front", "native and measured, and no other trial is better on one axis without being worse on the other (95 % intervals decide)"},
        {"fidelity",
         "agreement with the reference's own outputs, on seeded inputs or over the data (kl, agreement); not accuracy, because "
         "no labels are looked at"},
        {"calibrated on",
         "the data that a method looked at before anything was scored: on the evaluation data itself a score flatters, on drawn inputs it "
         "knows nothing of real ones"},
        {"speed-up",
         "time of a sample in the baseline, as it is set, over time of a sample here, both timed in turn in the same processes, with a "
         "95 % interval over processes"},
    };
    return content;
}

}  // namespace trimtab::report
