// "profile": runs with the recording and runs without it take turns, so that its cost is told with the profile; then what the engine
// reaches at most is measured, for the roofline.
#include <algorithm>

#include "core/explain/roofline.h"
#include "core/ipc/profile_request.h"
#include "profiler/clock/alternate.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/host/processor_counters.h"
#include "profiler/host/timeline.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/layer_trials.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {
namespace {

/// Spans that a trace keeps; recorded runs beyond it count for nothing but the recording's cost.
constexpr std::size_t kMostSpans = 400'000;
constexpr std::size_t kMostRuns = 200;
constexpr int kCountedRuns = 5;
constexpr double kTrialSeconds = 0.15, kBatchSeconds = 0.5;

constexpr double kTimingShare = 0.6;  // of the progress

std::size_t runsToKeep(std::size_t layers) { return std::clamp<std::size_t>(kMostSpans / (layers + 1), 1, kMostRuns); }

/// Plain and recorded runs in turns; only turns of both.
Result<std::vector<base::PairedBlock>> timeBoth(TimedRun& run, profiler::Timeline& timeline, double seconds, const Call& call) {
    const auto ready = [&run] { return run.makeReady(); };
    const profiler::Subject plain{[&run] { return run.once(); }, ready};
    const profiler::Subject recorded{[&]() -> Status {
                                         timeline.beginRun();
                                         Status done = run.once(&timeline);
                                         timeline.endRun();
                                         return done;
                                     },
                                     ready};
    profiler::TimingPlan plan;
    plan.seconds = seconds;
    plan.cancelled = call.cancelled;
    plan.progress = [&](double share) { call.progress(kTimingShare * share, "recording"); };
    TRIMTAB_TRY(auto turns, profiler::timeInTurns(recorded, plain, plan));
    std::erase_if(turns, [](const base::PairedBlock& turn) { return turn.baseline.empty() || turn.trial.empty(); });
    return turns;
}

std::vector<double> plainTimes(const std::vector<base::PairedBlock>& turns) {
    std::vector<double> times;
    for (const base::PairedBlock& turn : turns) times.insert(times.end(), turn.trial.begin(), turn.trial.end());
    return times;
}

/// Counters over runs of their own: reading them takes time.
Result<std::vector<trace::CounterTotal>> countersOf(TimedRun& run) {
    TRIMTAB_REQUIRE(run.makeReady());
    TRIMTAB_REQUIRE(run.once());  // its threads are there
    std::vector<trace::CounterTotal> sums;
    for (int i = 0; i < kCountedRuns; ++i) {
        TRIMTAB_REQUIRE(run.makeReady());
        const profiler::ProcessorCounters counters;
        TRIMTAB_REQUIRE(run.once());
        std::vector<trace::CounterTotal> totals = counters.totals(kCountedRuns);
        for (std::size_t c = 0; c < sums.size(); ++c) {
            totals[c].perRun += sums[c].perRun;
            if (totals[c].unavailable.empty()) totals[c].unavailable = sums[c].unavailable;
        }
        sums = std::move(totals);
    }
    return sums;
}

/// Time of a run of a larger batch over that of the run as it is; 0 where the file says how many samples a run has, or inputs were given.
Result<double> timeLargerBatch(const ipc::ProfileRequest& request, TimedRun& run, Workbench& bench, const Call& call) {
    if (!request.inputFiles.empty()) return 0;
    if (request.model.setting.prompt == 0) {
        TRIMTAB_TRY(const auto model, bench.model(request.model, call));
        if (fixedBatch(model->graph) != 0) return 0;
    }
    ipc::ModelRequest larger = request.model;
    larger.setting.batch = explain::kProbedBatch * run.batch();
    TRIMTAB_TRY(const auto other, timedRun(larger, {}, bench, call));
    profiler::TimingPlan plan;
    plan.seconds = kBatchSeconds;
    plan.cancelled = call.cancelled;
    const auto subject = [](TimedRun& timed) {
        return profiler::Subject{[&timed] { return timed.once(); }, [&timed] { return timed.makeReady(); }};
    };
    TRIMTAB_TRY(const auto times, profiler::timeAlternating(subject(run), subject(*other), plan));
    return base::median(times.trial) / base::median(times.baseline);
}

/// Options are tried where a run is one of inputs through the model: a step behind a prompt has its keys and values to go with.
Status tryOptions(const ipc::ProfileRequest& request, Workbench& bench, const Call& call, ipc::ProfileAnswer& answer) {
    const auto& setting = request.model.setting;
    if (setting.prompt > 0) {
        answer.noTrials = "options are not tried on the layers of a step behind a prompt";
        return {};
    }
    TRIMTAB_TRY(const auto model, bench.model(request.model, call));
    TRIMTAB_TRY(const auto inputs, inputsFor(model->graph, setting, request.inputFiles));
    TRIMTAB_TRY(const auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    const auto cache = environmentOf(engine->info()).lastLevelCacheBytes;
    const bool evicts = cache && !explain::staysInCache(answer.profile.layers, cache);
    const LayerTrialTools tools{*engine, setting, request.model.recipe, inputs, kTrialSeconds, evicts ? 2 * *cache : 0, call};
    auto trials = tryLayers(model->graph, request.options, tools);
    if (trials) answer.trials = std::move(*trials);
    else if (trials.error().code == ErrorCode::Refused || trials.error().code == ErrorCode::Unsupported)
        answer.noTrials = trials.error().text();
    else return fail(trials.error());
    return {};
}

}  // namespace

Result<Json> profile(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::profileRequestFromJson(params));
    TRIMTAB_TRY(const auto run, timedRun(request.model, request.inputFiles, bench, call));
    TRIMTAB_REQUIRE(run->makeReady());
    TRIMTAB_REQUIRE(run->once());  // plans are made and weights packed
    TRIMTAB_REQUIRE(run->makeReady());
    ipc::ProfileAnswer answer;
    trace::Profile& profile = answer.profile;
    profile.layers = run->layers();
    const std::size_t kept = runsToKeep(profile.layers.size());
    profiler::Timeline timeline(profile.layers.size(), kept);
    const profiler::ThrottleWatch watch;
    TRIMTAB_TRY(const auto turns, timeBoth(*run, timeline, request.seconds, call));
    profile.throttled = watch.throttled(plainTimes(turns));
    profile.overhead = base::pairedSpeedup(turns);
    timeline.fill(profile.layers);
    const std::vector<double> times = timeline.runTimes();
    profile.runs = static_cast<std::int64_t>(times.size());
    profile.runNs = base::median(times);
    profile.attributed = timeline.attributed();
    profile.deviceTime = timeline.hasDeviceTimes();
    profile.trace = timeline.trace(profile.layers);
    if (request.counters) {
        TRIMTAB_TRY(profile.counters, countersOf(*run));
    }
    answer.batch = run->batch();
    if (!request.options.empty()) {
        TRIMTAB_TRY(answer.largerBatch, timeLargerBatch(request, *run, bench, call));
        TRIMTAB_REQUIRE(tryOptions(request, bench, call, answer));
    }
    answer.weightBytes = run->weightBytes();
    answer.arenaBytes = run->arenaBytes();
    answer.environment = run->environment();
    call.progress(kTimingShare, "measuring what the engine reaches at most");
    TRIMTAB_TRY(profile.ceilings, bench.ceilings(request.model.setting, call));
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
