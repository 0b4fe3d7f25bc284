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

/// Clocks are read beside the turns, where there is a source.
Result<base::PairedBlock> timeTurns(const profiler::Subject& baseline, const profiler::Subject& trial, const profiler::TimingPlan& plan,
                                    profiler::PowerSource* source, trace::PowerOfTurns& power) {
    if (!source) return profiler::timeAlternating(baseline, trial, plan);
    PowerOfTurns turns(*source);
    const profiler::Subject other = baseline ? turns.noted(baseline, Side::Baseline) : baseline;
    TRIMTAB_TRY(auto timings, profiler::timeAlternating(other, turns.noted(trial, Side::Trial), plan));
    turns.finish(power);
    return timings;
}

/// Null, with the reason, where the engine's device tells nothing.
std::unique_ptr<profiler::PowerSource> powerSourceOf(const ipc::BenchRequest& request, trace::PowerOfTurns& power) {
    if (!request.power) return nullptr;
    auto source = openPowerSource(request.model.setting.engine, request.model.setting.device);
    if (source) return std::move(*source);
    power.noEnergy = power.noClocks = source.error().text();
    return nullptr;
}

/// What a baseline elsewhere does is not told by the trial's device.
bool runsInOnePlace(const ipc::BenchRequest& request) {
    const auto& setting = request.model.setting;
    return request.baseline && request.baseline->setting.engine == setting.engine && request.baseline->setting.device == setting.device;
}

/// Of runs behind the turns; of runs longer than all the turns it would take too long.
Status measureEnergy(const ipc::BenchRequest& request, TimedRun& trial, profiler::PowerSource& source, const Call& call,
                     ipc::BenchAnswer& answer) {
    if (base::median(answer.timings.trial) > 1000 * request.seconds) {
        answer.power.noEnergy = "a run takes longer than was to be measured in all: give more --seconds";
        return {};
    }
    const Call behind{[&call](double, const std::string& what) { call.progress(kTimedShare, what); }, call.cancelled};
    return recordEnergy(trial, source, behind, answer.power.energy, answer.power.noEnergy);
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
    const auto power = powerSourceOf(request, answer.power);
    TRIMTAB_TRY(answer.timings, timeTurns(baselineRun, subjectOf(*trial), plan, power.get(), answer.power));
    if (!runsInOnePlace(request)) answer.power.baselineClocks.reset();
    answer.throttled = watch.throttled(baseline ? answer.timings.baseline : answer.timings.trial);
    if (power) TRIMTAB_REQUIRE(measureEnergy(request, *trial, *power, call, answer));
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
