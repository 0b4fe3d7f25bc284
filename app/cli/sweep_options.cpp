#include "app/cli/sweep_options.h"

#include <filesystem>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/tasks/study_identity.h"
#include "core/base/metric.h"
#include "core/trial/axis.h"

namespace trimtab::cli {
namespace {

bool namesStudyFile(const SweepOptions& options) {
    return !options.model.randomWeights && std::filesystem::path(options.subject).extension() == ".json";
}

/// A path of the study file, which is meant relative to the file.
std::string besideFile(const std::string& file, const std::string& path) {
    if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
    return (std::filesystem::path(absolutePath(file)).parent_path() / path).lexically_normal().string();
}

/// The study's seed is also the seed of inputs that are drawn, where the file gives no other to its runs.
void applySeed(trial::Study& study, const Json& json) {
    const auto givesSeed = [](const Json& owner) { return owner.contains("run") && owner["run"].contains("seed"); };
    if (!givesSeed(json)) study.setting.seed = study.seed;
    // A baseline without a setting of its own takes the study's.
    const bool ownSetting = !(study.baseline.setting == recipe::RunSetting{});
    if (ownSetting && !givesSeed(json["baseline"])) study.baseline.setting.seed = study.seed;
}

Result<trial::Study> studyFromFile(const std::string& file) {
    TRIMTAB_TRY(const Json json, base::readJsonFile(file));
    auto study = trial::studyFromJson(json);
    if (!study) {
        base::Error error = std::move(study).error();
        error.context = error.context.empty() ? file : file + ": " + error.context;
        return fail(std::move(error));
    }
    if (isProgramMetric(study->metric))
        return fail(ErrorCode::Refused, "a study file must not name a program: give the metric with --metric", file);
    applySeed(*study, json);
    study->modelPath = besideFile(file, study->modelPath);
    study->dataPath = besideFile(file, study->dataPath);
    for (trial::Variant& variant : study->variants) variant.path = besideFile(file, variant.path);
    study->calibration.path = besideFile(file, study->calibration.path);
    if (study->modelPath.empty()) return fail(ErrorCode::Refused, "the study names no model", file);
    return study;
}

/// "NAME=PATH" or a path, which may itself hold "=" where a file of that name is there.
trial::Variant variantOf(const std::string& text) {
    std::error_code ignored;
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos || std::filesystem::exists(text, ignored)) return {{}, text, {}};
    return {text.substr(0, sign), text.substr(sign + 1), {}};
}

Status checkNamed(std::vector<trial::Variant>& variants, bool areOptions) {
    for (const trial::Variant& variant : variants)
        if (variant.path.empty()) return fail(ErrorCode::Usage, "--variant " + variant.name + "= names no file");
    const Status named = tasks::nameVariants(variants);
    if (named || !areOptions) return named;
    return fail(ErrorCode::Usage, named.error().message, "--variant");
}

void applyBudget(trial::Budget& budget, const SweepOptions& options) {
    if (options.seconds > 0) budget.speedSeconds = options.seconds;
    if (options.processes > 0) budget.processes = options.processes;
    if (options.samples > 0) {
        budget.samples = options.samples;
        budget.fidelitySamples = options.samples;
    }
    if (options.evaluationBatch > 0) budget.evaluationBatch = options.evaluationBatch;
}

}  // namespace

bool isProgramMetric(const std::string& metric) { return metric.starts_with("exec:"); }

Status checkMetric(const std::string& metric, bool hasData) {
    if (metric.empty() || (isProgramMetric(metric) && hasData)) return {};
    const auto info = base::metricInfo(metric);
    if (info && (info->onDataset == hasData || (hasData && info->besideReference))) return {};
    return fail(ErrorCode::Usage,
                fmt::format("\"{}\" is no metric here (--metric): {} there are {}", metric, hasData ? "on a dataset" : "without a dataset",
                            base::metricNames(hasData) + (hasData ? ", " + base::besideReferenceNames() : "")));
}

void addSweepOptions(CLI::App& command, SweepOptions& options) {
    command.add_option("SUBJECT", options.subject,
                       "The model file, or a study as JSON; left out with --resume: the newest study of the session");
    command.add_flag("--trust-links", options.model.trustLinks, "Accept weight files with several hard links");
    addRunning(command, options.model);
    addRandomWeights(command, options.model);
    command.add_option("--data", options.data, "Dataset; without one, fidelity to the untouched model on seeded inputs");
    addCalibration(command, options.model);
    command.add_option("--metric", options.metric, "Metric (default: the dataset's own); exec:PROGRAM scores saved outputs");
    command
        .add_option("--axis", options.axes, "PATH=VALUES, such as weights.bits=4,8,16 or prune.ratio=0:0.9:0.1; may be given several times")
        ->allow_extra_args(false);
    command
        .add_option("--variant", options.variants,
                    "PATH or NAME=PATH: another file of the model, such as one quantised elsewhere, measured as it is beside the others; "
                    "may be given several times")
        ->allow_extra_args(false);
    command.add_option("--baseline", options.baseline, "Recipe of the baseline (default: the model as it is stored)");
    command.add_option("--session", options.session, "The session file (.trimtab) that every finished trial is committed to")->required();
    command.add_option("--name", options.name, "Name of the study");
    command.add_option("--question", options.question, "What the study is to answer; printed in reports");
    command.add_option("--seconds", options.seconds, "Time of timing in one process")->check(realBetween(0.001, 600));
    command.add_option("--processes", options.processes, "Processes (blocks) a trial is timed in")->check(CLI::Range(1, 100));
    command.add_option("--samples", options.samples, "Samples to score, drawn by --seed (default: all; without data 64 seeded inputs)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
    command.add_option("--evaluation-batch", options.evaluationBatch, "Samples in one run while scoring")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30));
    const CLI::Range tokens(std::int64_t{1}, std::int64_t{1} << 20);
    CLI::Option* prompt = command.add_option(
        "--prompt", options.prompt, "Of a language model: time reading a prompt of so many tokens (prefill), not a run on its inputs");
    prompt->check(tokens);
    command.add_option("--generate", options.generate, "Time a step of so many behind the prompt instead (decode)")
        ->check(tokens)
        ->needs(prompt);
    command.add_flag("--resume", options.resume, "Go on with a study that was interrupted");
    command.add_flag("--refresh", options.refresh, "Measure again what is there already, beside it");
}

Status checkOptions(const SweepOptions& options) {
    if (!options.subject.empty()) {
        if (std::filesystem::path(options.subject).filename() == "config.json" && !options.model.randomWeights)
            return fail(ErrorCode::Usage, "is a model without weights: have them drawn with --random-weights, or name its folder",
                        options.subject);
        if (options.axes.empty() && options.variants.empty() && !namesStudyFile(options))
            return fail(ErrorCode::Usage, "a sweep wants one axis or more, such as --axis weights.bits=4,8,16, or a --variant");
        return {};
    }
    if (!options.resume)
        return fail(ErrorCode::Usage, "name a model or a study, or give --resume to go on with the session's newest study");
    if (!options.axes.empty() || !options.variants.empty() || !options.data.empty() || options.model.randomWeights)
        return fail(ErrorCode::Usage, "--axis, --variant, --data and --random-weights describe a study: name its model too");
    return {};
}

Result<trial::Study> studyOf(const SweepOptions& options, const CommonOptions& common) {
    trial::Study study;
    if (namesStudyFile(options)) {
        TRIMTAB_TRY(study, studyFromFile(options.subject));
    } else {
        study.modelPath = options.subject;
        study.randomWeights = options.model.randomWeights;
        TRIMTAB_TRY(study.setting, settingOf(options.model, common));
        study.seed = common.seed;
    }
    if (options.prompt > 0) study.setting.prompt = options.prompt;
    if (options.generate > 0) study.setting.generate = options.generate;
    if (!options.data.empty()) study.dataPath = options.data;
    if (!options.model.calibration.empty()) study.calibration.path = options.model.calibration;
    if (options.model.calibrationSamples > 0) study.calibration.samples = options.model.calibrationSamples;
    if (!options.metric.empty()) study.metric = options.metric;
    if (!options.name.empty()) study.name = options.name;
    if (!options.question.empty()) study.question = options.question;
    if (!options.variants.empty()) study.variants.clear();
    for (const std::string& text : options.variants) study.variants.push_back(variantOf(text));
    TRIMTAB_REQUIRE(checkNamed(study.variants, !options.variants.empty()));
    if (!options.axes.empty()) study.axes.clear();
    for (const std::string& text : options.axes) {
        auto axis = trial::parseAxis(text);
        if (!axis) return fail(ErrorCode::Usage, axis.error().text());
        study.axes.push_back(std::move(*axis));
    }
    if (const Status distinct = trial::checkDistinct(study.axes); !distinct)
        return fail(options.axes.empty() ? ErrorCode::Refused : ErrorCode::Usage,
                    distinct.error().text() + "; say all its values in one axis");
    if (!options.baseline.empty()) {
        TRIMTAB_TRY(study.baseline.recipe, readRecipe(options.baseline));
        study.baselineName = recipe::summary(study.baseline.recipe);
    }
    if (const Status speedAlone = trial::checkRandomWeights(study); !speedAlone)
        return fail(ErrorCode::Usage, speedAlone.error().message, "--random-weights");
    TRIMTAB_REQUIRE(checkMetric(study.metric, !study.dataPath.empty()));
    applyBudget(study.budget, options);
    return study;
}

}  // namespace trimtab::cli
