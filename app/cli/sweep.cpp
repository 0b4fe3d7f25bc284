// trimtab sweep (STUDY.json | MODEL --data D --axis PATH=VALUES …) --session S.trimtab
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/pareto_table.h"
#include "app/cli/session_options.h"
#include "app/cli/sweep_options.h"
#include "app/cli/sweep_progress.h"
#include "app/cli/table.h"
#include "app/tasks/report_input.h"
#include "app/tasks/session_sink.h"
#include "app/tasks/study_identity.h"
#include "app/tasks/worker_trial_runner.h"

namespace trimtab::cli {
namespace {

/// The newest study of the session. What would be measured now could not stand beside what was measured with other files.
Result<trial::Study> resumedStudy(Program& program, const SweepOptions& options, store::Session& session, Progress& progress) {
    TRIMTAB_TRY(const std::int64_t id, tasks::newestStudy(session));
    TRIMTAB_TRY(const trial::Study study, session.study(id));
    TRIMTAB_TRY(const auto worker, program.startWorker());
    progress.show(-1, "reading the model");
    trial::Study now = study;
    TRIMTAB_REQUIRE(tasks::identify(now, *worker, options.model.trustLinks, program.stop.get_token()));
    constexpr const char* kChanged = "{} changed since this study was measured (its hash differs); name the model to begin another study";
    if (now.modelHash != study.modelHash) return fail(ErrorCode::Refused, fmt::format(kChanged, "the model"), study.modelPath);
    for (std::size_t i = 0; i < study.variants.size(); ++i)
        if (now.variants[i].hash != study.variants[i].hash)
            return fail(ErrorCode::Refused, fmt::format(kChanged, "a variant"), study.variants[i].path);
    if (now.dataHash != study.dataHash) return fail(ErrorCode::Refused, fmt::format(kChanged, "the dataset"), study.dataPath);
    if (now.calibration.hash != study.calibration.hash)
        return fail(ErrorCode::Refused, fmt::format(kChanged, "the calibration set"), study.calibration.path);
    return study;
}

/// The study of the command line, identified. A model that no engine takes is refused here, before anything is written.
Status prepareStudy(trial::Study& study, Program& program, const SweepOptions& options, tune::TrialRunner& runner, Progress& progress) {
    TRIMTAB_TRY(const auto worker, program.startWorker());
    progress.show(-1, "reading the model");
    TRIMTAB_TRY(const auto subject, tasks::identify(study, *worker, options.model.trustLinks, program.stop.get_token()));
    for (const std::string& problem : subject.model.problems) progress.say("trimtab: problem: " + printable(problem));
    auto planned = runner.plan(study, trial::baselineOf(study), program.stop.get_token());
    if (!planned && planned.error().code == ErrorCode::WorkerDied)  // a fresh worker may do what this one did not come to
        planned = runner.plan(study, trial::baselineOf(study), program.stop.get_token());
    TRIMTAB_REQUIRE(planned);
    return {};
}

struct Begun {
    std::unique_ptr<store::Session> session;
    trial::Study study;
};

/// The study that is to be measured and the session that holds it; with --resume alone the session's newest one.
Result<Begun> begin(Program& program, const SweepOptions& options, tune::TrialRunner& runner, Progress& progress) {
    Begun begun;
    if (!options.resumesOnly()) {
        TRIMTAB_TRY(begun.study, studyOf(options, program.options));
    }
    TRIMTAB_TRY(begun.session, openIfThere(options.session));
    if (options.resumesOnly()) {
        if (!begun.session) return fail(ErrorCode::NotFound, "there is no such session file", options.session);
        TRIMTAB_TRY(begun.study, resumedStudy(program, options, *begun.session, progress));
        return begun;
    }
    TRIMTAB_REQUIRE(prepareStudy(begun.study, program, options, runner, progress));
    TRIMTAB_TRY(begun.session, openToAdd(options.session, std::move(begun.session)));
    TRIMTAB_REQUIRE(begun.session->addStudy(begun.study));
    return begun;
}

Status sayWhatIsThere(store::Session& session, const trial::Study& study, const SweepOptions& options, Progress& progress) {
    TRIMTAB_TRY(const auto results, session.results(study.id, true));
    const auto finished = std::ranges::count(results, trial::State::Finished, &trial::TrialResult::state);
    if (finished == 0 || options.refresh || options.resume) return {};
    progress.say(fmt::format("{} trials of this study stand in the session already and are kept; --refresh measures them again", finished));
    return {};
}

tasks::RunnerOptions runnerOptions(const Program& program, const SweepOptions& options) {
    tasks::RunnerOptions runner;
    runner.worker = program.workerOptions();
    runner.trustLinks = options.model.trustLinks;
    if (isProgramMetric(options.metric)) runner.programMetric = options.metric;
    return runner;
}

Json documentOf(const trial::Study& study, const SweepOptions& options, const tune::StudyOutcome& outcome, const SweepProgress& watched,
                Json pareto) {
    Json skipped = Json::array();
    for (const auto& point : outcome.skipped) skipped.push_back({{"point", point.point}, {"reason", point.reason}});
    return {{"session", absolutePath(options.session)},
            {"study", study.id},
            {"random_weights", study.randomWeights ? Json(*study.randomWeights) : Json()},
            {"finished", outcome.finished},
            {"failed", outcome.failed},
            {"reused", outcome.reused},
            {"skipped", std::move(skipped)},
            {"baseline", watched.baseline() ? accuracyDocument(*watched.baseline()) : Json(nullptr)},
            {"pareto", std::move(pareto)}};
}

void print(const tune::StudyOutcome& outcome, const std::vector<trial::TrialResult>& results, const std::vector<tune::ParetoRow>& rows) {
    for (const auto& point : outcome.skipped) fmt::print(stderr, "left out: {}: {}\n", printable(point.point), printable(point.reason));
    for (const auto& result : results)
        if (result.state == trial::State::Failed)
            fmt::print(stderr, "failed: {}: {}\n", printable(result.trial.label), printable(result.failure));
    fmt::print("{}", paretoTable(results, rows));
}

Status work(Program& program, const SweepOptions& options) {
    TRIMTAB_REQUIRE(checkOptions(options));
    Progress progress(program.quiet());
    tasks::WorkerTrialRunner runner(runnerOptions(program, options));
    TRIMTAB_TRY(const Begun begun, begin(program, options, runner, progress));
    const auto& [session, study] = begun;
    TRIMTAB_REQUIRE(sayWhatIsThere(*session, study, options, progress));
    tasks::SessionSink sink(*session, study.id);
    SweepProgress watched(progress);
    TRIMTAB_TRY(const auto outcome, tune::runStudy(study, runner, sink, watched.observer(), program.stop.get_token(), options.refresh));
    TRIMTAB_TRY(const auto results, resultsOf(*session, study.id));
    TRIMTAB_TRY(auto rows, tune::paretoRows(results));
    tune::noteStudy(rows, study, results);
    if (program.options.json) {
        program.printJson(documentOf(study, options, outcome, watched, tune::paretoJson(results, rows)));
    } else {
        print(outcome, results, rows);
    }
    if (outcome.finished == 0 && outcome.reused == 0 && outcome.failed > 0)
        return fail(ErrorCode::Failed, "no trial of this study could be measured");
    return {};
}

}  // namespace

void addSweep(CLI::App& app, Program& program) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* command =
        addCommand(app, program, "sweep", "Measure every configuration of a study; what is finished is kept, whatever happens",
                   [&program, options] { return work(program, *options); });
    addSweepOptions(*command, *options);
}

}  // namespace trimtab::cli
