// trimtab tune MODEL --data D --max-drop 1% --minimize latency --session S.trimtab
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/mix_text.h"
#include "app/cli/sensitivity_options.h"
#include "app/cli/session_options.h"
#include "app/cli/sweep_options.h"
#include "app/cli/sweep_progress.h"
#include "app/tasks/session_sink.h"
#include "app/tasks/study_identity.h"
#include "app/tasks/worker_trial_runner.h"
#include "core/tune/mixed_search.h"

namespace trimtab::cli {
namespace {

struct TuneOptions {
    ModelOptions model;
    SensitivityOptions sensitivity;
    std::string data, metric, session, name;
    std::string minimize;
    std::string maxDrop;
    double maxLatencyMs = 0, maxMegabytes = 0, maxBits = 0;
    bool lastLayerToo = false;
    double seconds = 0;
    int processes = 0;
    int rounds = 6;
};

/// Exactly one limit, and something else to make small.
Result<tune::MixGoal> goalOf(const TuneOptions& options) {
    using Quantity = tune::MixGoal::Quantity;
    tune::MixGoal goal;
    goal.lastLayerToo = options.lastLayerToo;
    goal.rounds = options.rounds;
    const int limits = !options.maxDrop.empty() + (options.maxLatencyMs > 0) + (options.maxMegabytes > 0) + (options.maxBits > 0);
    if (limits != 1) return fail(ErrorCode::Usage, "give one limit: --max-drop, --max-latency, --max-size or --max-bits");
    if (!options.maxDrop.empty()) {
        auto limit = trial::parseLimit(options.maxDrop);
        if (!limit) return fail(ErrorCode::Usage, "--max-drop: " + limit.error().text());
        goal.maxDrop = *limit;
    } else {
        goal.limited = options.maxLatencyMs > 0 ? Quantity::Latency : options.maxMegabytes > 0 ? Quantity::Bytes : Quantity::MeanBits;
        goal.limit = options.maxLatencyMs > 0   ? options.maxLatencyMs
                     : options.maxMegabytes > 0 ? 1e6 * options.maxMegabytes
                                                : options.maxBits;
    }
    const std::string wanted = !options.minimize.empty() ? options.minimize : goal.limited == Quantity::Loss ? "latency" : "loss";
    const auto minimize = tune::quantityFromName(wanted);
    if (!minimize || *minimize == Quantity::MeanBits) return fail(ErrorCode::Usage, "--minimize takes latency, bytes or loss");
    if (*minimize == goal.limited)
        return fail(ErrorCode::Usage, "what is limited cannot be what is minimised: the limit would mean nothing");
    goal.minimize = *minimize;
    return goal;
}

Result<trial::Study> studyOf(const TuneOptions& options, const CommonOptions& common) {
    trial::Study study;
    study.modelPath = options.model.model;
    study.dataPath = options.data;
    study.metric = options.metric;
    study.name = options.name.empty() ? "mixed assignment" : options.name;
    TRIMTAB_TRY(study.setting, settingOf(options.model, common));
    study.seed = common.seed;
    study.calibration.path = options.model.calibration;
    if (options.model.calibrationSamples > 0) study.calibration.samples = options.model.calibrationSamples;
    if (options.seconds > 0) study.budget.speedSeconds = options.seconds;
    if (options.processes > 0) study.budget.processes = options.processes;
    study.budget.evaluationBatch = options.sensitivity.batch;
    return study;
}

/// Whether a part of a dataset is scored or calibrated on, or may be.
bool drawsSamples(const ipc::SensitivityRequest& request) {
    const auto calibrates = [](const trial::SensitivityOption& option) { return recipe::Recipe{option.settings, {}}.needsCalibration(); };
    const bool scoresSome = !request.data.empty() && request.samples > 0;
    return scoresSome || (!request.model.calibration.path.empty() && std::ranges::any_of(request.options, calibrates));
}

/// The table of an equal study that the session holds already, where it was measured under the same request.
Result<std::optional<trial::SensitivityTable>> keptTable(store::Session& session, trial::Study& study, const Json& asked) {
    TRIMTAB_TRY(const bool known, session.findStudy(study));
    if (!known) return std::nullopt;
    TRIMTAB_TRY(const Json kept, session.document(trial::sensitivityKey(study.id)));
    if (!kept.is_object() || !kept.contains("request") || kept["request"] != asked || !kept.contains("table")) return std::nullopt;
    return trial::sensitivityTableFromJson(kept["table"]);
}

struct Begun {
    std::unique_ptr<store::Session> session;
    trial::SensitivityTable table;
};

/// The table, kept or measured now, and the session with it and the study. What fails before the table stands leaves no session behind.
Result<Begun> begin(Program& program, const TuneOptions& options, trial::Study& study, const ipc::SensitivityRequest& request,
                    std::unique_ptr<store::Session> opened) {
    Json asked = ipc::toJson(request);
    if (drawsSamples(request)) asked["subset"] = "drawn";  // tables of older versions were measured on the first samples
    Begun begun{std::move(opened), {}};
    if (begun.session) {
        TRIMTAB_TRY(auto kept, keptTable(*begun.session, study, asked));
        if (kept) {
            begun.table = std::move(*kept);
            return begun;
        }
    }
    TRIMTAB_TRY(const Json measured, program.callWorker("sensitivity", asked));
    TRIMTAB_TRY(begun.table, trial::sensitivityTableFromJson(measured));
    TRIMTAB_TRY(begun.session, openToAdd(options.session, std::move(begun.session)));
    TRIMTAB_REQUIRE(begun.session->addStudy(study));
    TRIMTAB_REQUIRE(begun.session->setDocument(trial::sensitivityKey(study.id), {{"request", asked}, {"table", measured}}));
    return begun;
}

Status work(Program& program, const TuneOptions& options) {
    TRIMTAB_TRY(const auto goal, goalOf(options));
    if (isProgramMetric(options.metric))
        return fail(ErrorCode::Usage, "a metric program scores whole models; tune wants a metric of trimtab's own");
    TRIMTAB_REQUIRE(checkMetric(options.metric, !options.data.empty()));
    TRIMTAB_TRY(trial::Study study, studyOf(options, program.options));
    TRIMTAB_TRY(auto request, sensitivityRequestOf(options.model, options.sensitivity, options.data, options.metric, program.options));
    TRIMTAB_TRY(auto opened, openIfThere(options.session));
    {
        TRIMTAB_TRY(const auto worker, program.startWorker());
        TRIMTAB_REQUIRE(tasks::identify(study, *worker, options.model.trustLinks, program.stop.get_token()));
    }
    request.metric = study.metric;
    TRIMTAB_TRY(const Begun begun, begin(program, options, study, request, std::move(opened)));
    const auto& [session, table] = begun;
    Progress progress(program.quiet());
    SweepProgress watched(progress);
    tasks::RunnerOptions runnerOptions;
    runnerOptions.worker = program.workerOptions();
    runnerOptions.trustLinks = options.model.trustLinks;
    tasks::WorkerTrialRunner runner(runnerOptions);
    tasks::SessionSink sink(*session, study.id);
    TRIMTAB_TRY(const auto outcome, tune::searchMix(study, table, goal, runner, sink, watched.observer(), program.stop.get_token()));
    if (program.options.json) program.printJson(mixDocument(study, table, outcome, absolutePath(options.session)));
    else fmt::print("{}", mixText(table, outcome));
    if (!outcome.best) return fail(ErrorCode::Failed, "nothing that was measured lies inside the limit for certain");
    return {};
}

void addGoal(CLI::App& command, TuneOptions& options) {
    command.add_option("--max-drop", options.maxDrop, "How much of the metric may be lost: 1% of the baseline's value, or 1pt");
    command.add_option("--max-latency", options.maxLatencyMs, "Milliseconds that one run may take, as it is measured")
        ->check(realBetween(1e-6, 1e9));
    command.add_option("--max-size", options.maxMegabytes, "Megabytes that the layers' weights may take")
        ->check(realBetween(1e-6, 1e9));
    command.add_option("--max-bits", options.maxBits, "Mean bits of a weight")->check(realBetween(0.01, 64));
    command.add_option("--minimize", options.minimize, "latency, bytes or loss (default: latency under --max-drop, else loss)");
    command.add_flag("--last-layer", options.lastLayerToo,
                     "Let the last layer of a mix have fewer than 8 bits too; uniform recipes treat every layer anyway");
    command.add_option("--rounds", options.rounds, "Mixes to measure and repair, at most; a limit on size or bits is kept by the first")
        ->check(CLI::Range(1, 100));
}

}  // namespace

void addTune(CLI::App& app, Program& program) {
    auto options = std::make_shared<TuneOptions>();
    CLI::App* command = addCommand(app, program, "tune",
                                   "The best mix of options, layer by layer, inside a limit; measured, and held against uniform recipes",
                                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addCalibration(*command, options->model);
    addRunning(*command, options->model);
    command->add_option("--data", options->data, "Dataset; without one, fidelity to the untouched model on seeded inputs");
    command->add_option("--metric", options->metric, "Metric (default: the dataset's own)");
    command->add_option("--session", options->session, "The session file (.trimtab) that every finished trial is committed to")->required();
    command->add_option("--name", options->name, "Name of the study");
    command->add_option("--seconds", options->seconds, "Time of timing in one process")->check(realBetween(0.001, 600));
    command->add_option("--processes", options->processes, "Processes (blocks) a trial is timed in")->check(CLI::Range(1, 100));
    addGoal(*command, *options);
    addSensitivityOptions(*command, options->sensitivity);
    command->get_option("--samples")
        ->description("Score N samples only, drawn by --seed, while measuring each layer; trials are scored on all");
}

}  // namespace trimtab::cli
