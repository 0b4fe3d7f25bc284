// "bench": timings of a trial, alternating with its baseline where one is named; then, apart from them, runs that time each layer.
#include <algorithm>

#include "profiler/clock/alternate.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/host/span_recorder.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/power_of_turns.h"
#include "profiler/worker/power_recording.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {
namespace {

constexpr double kTraceShare = 0.3;  // of the time of timing
constexpr double kMostTracedRuns = 25;
constexpr double kTimedShare = 0.9;  // of the progress

profiler::Subject subjectOf(TimedRun& run) {
    return {[&run] { return run.once(); }, [&run] { return run.makeReady(); }};
}

/// As many traced runs as fit in their share of the time, at least one.
Result<std::vector<trace::LayerRecord>> tracedLayers(TimedRun& run, double seconds, double runMs, const Call& call) {
    TRIMTAB_REQUIRE(run.makeReady());
    std::vector<trace::LayerRecord> records = run.layers();
    const double fits = seconds * 1000 * kTraceShare / std::max(runMs, 1e-3);
    const auto runs = static_cast<std::size_t>(std::clamp(fits, 1.0, kMostTracedRuns));
    profiler::SpanRecorder recorder(records.size(), runs);
    for (std::size_t i = 0; i < runs; ++i) {
        if (call.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
        if (i > 0) {
            recorder.nextRun();
            TRIMTAB_REQUIRE(run.makeReady());
        }
        TRIMTAB_REQUIRE(run.once(&recorder));
    }
    recorder.fill(records);
    return records;
}

/// What the trial is held against; the trial itself where that is the study's own baseline, which then runs in its own turn.
Result<std::shared_ptr<TimedRun>> baselineOf(const ipc::BenchRequest& request, const std::shared_ptr<TimedRun>& trial, Workbench& workbench,
                                             const Call& call) {
    if (!request.baseline) return nullptr;
    ipc::ModelRequest model = request.model;
    if (!request.baselineModel.empty()) model.model = request.baselineModel;
    model.recipe = request.baseline->recipe;
    model.setting = request.baseline->setting;
    const bool sameModel = model.model == request.model.model && recipe::hash(model.recipe) == recipe::hash(request.model.recipe);
    if (sameModel && model.setting == request.model.setting) return trial;
    return timedRun(model, request.inputFiles, workbench, call);
}

/// Clocks are read beside the turns, the energy is measured behind them.
Result<base::PairedBlock> timeWithPower(const ipc::BenchRequest& request, const profiler::Subject& baseline, TimedRun& trial,
                                        const profiler::TimingPlan& plan, const Call& call, trace::PowerOfTurns& power) {
    if (!request.power) return profiler::timeAlternating(baseline, subjectOf(trial), plan);
    const auto& setting = request.model.setting;
    const auto source = openPowerSource(setting.engine, setting.device);
    if (!source) {
        power.noEnergy = power.noClocks = source.error().text();
        return profiler::timeAlternating(baseline, subjectOf(trial), plan);
    }
    PowerOfTurns turns(**source);
    const profiler::Subject other = baseline ? turns.noted(baseline, PowerOfTurns::Side::Baseline) : baseline;
    TRIMTAB_TRY(auto timings, profiler::timeAlternating(other, turns.noted(subjectOf(trial), PowerOfTurns::Side::Trial), plan));
    turns.finish(power);
    const Call behind{[&call](double, const std::string& what) { call.progress(kTimedShare, what); }, call.cancelled};
    TRIMTAB_REQUIRE(recordEnergy(trial, **source, behind, power.energy, power.noEnergy));
    return timings;
}

}  // namespace

Result<Json> bench(const Json& params, Workbench& workbench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::benchRequestFromJson(params));
    TRIMTAB_TRY(const auto trial, timedRun(request.model, request.inputFiles, workbench, call));
    TRIMTAB_TRY(const auto baseline, baselineOf(request, trial, workbench, call));
    const profiler::ThrottleWatch watch;
    profiler::TimingPlan plan;
    plan.seconds = request.seconds;
    plan.cancelled = call.cancelled;
    plan.progress = [&](double share) { call.progress(kTimedShare * share, "timing"); };
    const profiler::Subject baselineRun = baseline ? subjectOf(*baseline) : profiler::Subject{};
    ipc::BenchAnswer answer;
    TRIMTAB_TRY(answer.timings, timeWithPower(request, baselineRun, *trial, plan, call, answer.power));
    answer.throttled = watch.throttled(baseline ? answer.timings.baseline : answer.timings.trial);
    if (request.traceLayers) {
        call.progress(kTimedShare, "timing the layers");
        TRIMTAB_TRY(answer.layers, tracedLayers(*trial, request.seconds, base::median(answer.timings.trial), call));
    } else {
        answer.layers = trial->layers();
    }
    answer.batch = trial->batch();
    answer.baselineBatch = baseline ? baseline->batch() : answer.batch;
    answer.environment = trial->environment();
    answer.weightBytes = trial->weightBytes();
    answer.arenaBytes = trial->arenaBytes();
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
