// "profile": runs with the recording and runs without it take turns, so that its cost is told with the profile; then what the engine
// reaches at most is measured, for the roofline.
#include <algorithm>

#include "core/explain/roofline.h"
#include "core/graph/passes/passes.h"
#include "core/ipc/profile_request.h"
#include "profiler/clock/alternate.h"
#include "profiler/host/processor_counters.h"
#include "profiler/worker/capacity.h"
#include "profiler/worker/device_recording.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/layer_trials.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/power_recording.h"
#include "profiler/worker/recorded_runs.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kFewestTurns = 4;
constexpr int kCountedRuns = 5;
constexpr double kTrialSeconds = 0.15, kOtherSeconds = 1;

constexpr double kTimingShare = 0.4, kTrialShare = 0.4;  // of the progress; the rest measures ceilings
constexpr double kTurnsShare = 0.6;                      // of the timing; the rest measures energy

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

/// Of each layer, over runs of their own, repeated until the device has counted all.
Result<std::vector<trace::LayerCounters>> countersOfLayers(TimedRun& run, const std::string& engine, std::size_t layers, const Call& call) {
    TRIMTAB_TRY(const auto counters, openDeviceCounters(engine, layers));
    for (bool isAll = false; !isAll;) {
        if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        call.progress(0, "counting on the device");
        TRIMTAB_REQUIRE(run.makeReady());
        TRIMTAB_REQUIRE(counters->beginPass());
        TRIMTAB_REQUIRE(run.once(&counters->listener()));
        TRIMTAB_TRY(isAll, counters->endPass());
    }
    return counters->finish();
}

/// What is beside the point of a profile ends no profile: a failure says why there is nothing, and only Cancelled is one.
template <class T>
Status orReason(Result<T> measured, T& value, std::string& reason) {
    if (measured) value = std::move(*measured);
    else if (measured.error().code == ErrorCode::Cancelled) return fail(measured.error());
    else reason = measured.error().text();
    return {};
}

/// Time of another run over that of the run as it is.
Result<base::Estimate> timeInPlace(TimedRun& other, TimedRun& run, const Call& call) {
    profiler::TimingPlan plan;
    plan.seconds = kOtherSeconds;
    plan.minTurns = kFewestTurns;
    plan.cancelled = call.cancelled;
    const auto subject = [](TimedRun& timed) {
        return profiler::Subject{[&timed] { return timed.once(); }, [&timed] { return timed.makeReady(); }};
    };
    TRIMTAB_TRY(auto turns, profiler::timeInTurns(subject(other), subject(run), plan));
    std::erase_if(turns, [](const base::PairedBlock& turn) { return turn.baseline.empty() || turn.trial.empty(); });
    return base::pairedSpeedup(turns);
}

Result<base::Estimate> timeLargerBatch(const ipc::ProfileRequest& request, TimedRun& run, Workbench& bench, const Call& call) {
    if (!request.inputFiles.empty()) return fail(ErrorCode::Refused, "the inputs were given, and so the batch");
    if (request.model.setting.prompt == 0) {
        TRIMTAB_TRY(const auto model, bench.model(request.model, call));
        if (fixedBatch(model->graph) != 0) return fail(ErrorCode::Refused, "the file fixes the batch");
    }
    ipc::ModelRequest larger = request.model;
    larger.setting.batch = explain::kLargerBatch * run.batch();
    TRIMTAB_TRY(const auto other, timedRun(larger, {}, bench, call));
    return timeInPlace(*other, run, call);
}

/// Nothing is timed where no transposes cancel.
Status timeReordering(const ipc::ProfileRequest& request, TimedRun& run, Workbench& bench, const Call& call,
                      trial::Reordering& reordering) {
    if (request.model.recipe.cancelsTransposes) return {};
    const auto timed = [&]() -> Result<base::Estimate> {
        TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
        Graph graph = compressed->graph;
        TRIMTAB_TRY(reordering.gone, graph::cancelTransposes(graph));
        if (reordering.gone.empty()) return base::Estimate{};
        ipc::ModelRequest without = request.model;
        without.recipe.cancelsTransposes = true;
        TRIMTAB_TRY(const auto other, timedRun(without, request.inputFiles, bench, call));
        return timeInPlace(*other, run, call);
    };
    return orReason(timed(), reordering.time, reordering.refusal);
}

/// Each on the whole model. What a recipe says of pruning already stays as it is, and nothing is tried in its place.
Status timeRemovals(const ipc::ProfileRequest& request, TimedRun& run, Workbench& bench, const Call& call,
                    std::vector<trial::Removal>& removals) {
    if (request.model.recipe.base.prune || request.model.setting.prompt > 0) return {};
    for (const trial::SensitivityOption& option : trial::usualRemovals()) {
        call.progress(0, "trying " + option.name);
        ipc::ModelRequest without = request.model;
        recipe::lay(option.settings, without.recipe.base);
        const auto timed = [&]() -> Result<base::Estimate> {
            TRIMTAB_TRY(const auto other, timedRun(without, request.inputFiles, bench, call));
            return timeInPlace(*other, run, call);
        };
        trial::Removal& removal = removals.emplace_back(trial::Removal{option, {}, {}});
        TRIMTAB_REQUIRE(orReason(timed(), removal.time, removal.refusal));
    }
    return {};
}

/// Options are tried where a run is one of inputs through the model: a step behind a prompt has its keys and values to go with.
Result<std::vector<trial::LayerTrial>> tryOptions(const ipc::ProfileRequest& request, const trace::Profile& profile, Workbench& bench,
                                                  const Call& call) {
    const auto& setting = request.model.setting;
    if (setting.prompt > 0) return fail(ErrorCode::Refused, "options are not tried on the layers of a step behind a prompt");
    TRIMTAB_TRY(const auto model, bench.model(request.model, call));
    TRIMTAB_TRY(const auto inputs, inputsFor(model->graph, setting, request.inputFiles));
    TRIMTAB_TRY(const auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    const auto cache = environmentOf(engine->info()).lastLevelCacheBytes;
    const bool evicts = cache && !explain::staysInCache(profile.layers, cache);
    const LayerTrialTools tools{*engine, setting, request.model.recipe, inputs, kTrialSeconds, evicts ? 2 * allCacheBytes() : 0, call};
    Graph graph = model->graph;
    if (request.model.recipe.cancelsTransposes) TRIMTAB_REQUIRE(graph::cancelTransposes(graph));
    return tryLayers(graph, request.options, tools);
}

/// The speed of what is emulated is not real, and nothing is held against it.
Status prepareAdvice(const ipc::ProfileRequest& request, TimedRun& run, Workbench& bench, const Call& call, ipc::ProfileAnswer& answer) {
    if (request.options.empty()) return {};
    if (trace::overall(answer.profile.layers) == trace::Execution::Emulated) {
        answer.noTrials = "some layers are emulated, and no advice is given from speeds that are not real";
        return {};
    }
    const Call within{[&call](double share, const std::string& what) {
                          call.progress(kTimingShare + (kTrialShare * std::max(share, 0.0)), what);
                      },
                      call.cancelled};
    TRIMTAB_REQUIRE(orReason(timeLargerBatch(request, run, bench, within), answer.largerBatch, answer.noLargerBatch));
    TRIMTAB_REQUIRE(timeReordering(request, run, bench, within, answer.reordering));
    TRIMTAB_REQUIRE(timeRemovals(request, run, bench, within, answer.removals));
    return orReason(tryOptions(request, answer.profile, bench, within), answer.trials, answer.noTrials);
}

/// The energy is measured behind the turns, in runs of its own that nothing records.
Status recordWithPower(const ipc::ProfileRequest& request, TimedRun& run, const Call& call, trace::Profile& profile) {
    const auto& setting = request.model.setting;
    const auto power = openPowerSource(setting.engine, setting.device);
    if (!power) profile.noClocks = profile.noEnergy = power.error().text();
    const Call turns{[&call](double share, const std::string& what) { call.progress(kTurnsShare * share, what); }, call.cancelled};
    TRIMTAB_REQUIRE(recordRuns(run, setting.engine, request.seconds, turns, profile, power ? power->get() : nullptr));
    if (!power) return {};
    const Call behind{[&call](double share, const std::string& what) { call.progress(kTurnsShare + (1 - kTurnsShare) * share, what); },
                      call.cancelled};
    return recordEnergy(run, **power, behind, profile.energy, profile.noEnergy);
}

}  // namespace

Result<Json> profile(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::profileRequestFromJson(params));
    ipc::ProfileAnswer answer;
    auto ready = readyRun(request.model, request.inputFiles, bench, call);
    if (!ready && ready.error().code == ErrorCode::OutOfMemory && !request.options.empty()) {
        TRIMTAB_TRY(answer.capacity, tryToFit(request, ready.error().text(), bench, call));
        return ipc::toJson(answer);
    }
    TRIMTAB_TRY(const auto run, std::move(ready));
    trace::Profile& profile = answer.profile;
    profile.layers = run->layers();
    const Call recording{[&call](double share, const std::string& what) { call.progress(kTimingShare * share, what); }, call.cancelled};
    TRIMTAB_REQUIRE(recordWithPower(request, *run, recording, profile));
    if (request.counters) {
        TRIMTAB_TRY(profile.counters, countersOf(*run));
        const std::string& engine = request.model.setting.engine;
        if (hasDeviceActivity(engine))
            TRIMTAB_REQUIRE(orReason(countersOfLayers(*run, engine, profile.layers.size(), call), profile.layerCounters,
                                     profile.noLayerCounters));
    }
    answer.batch = run->batch();
    TRIMTAB_REQUIRE(prepareAdvice(request, *run, bench, call, answer));
    answer.weightBytes = run->weightBytes();
    answer.arenaBytes = run->arenaBytes();
    answer.environment = run->environment();
    call.progress(kTimingShare + kTrialShare, "measuring what the engine reaches at most");
    TRIMTAB_REQUIRE(orReason(bench.ceilings(request.model.setting, call), profile.ceilings, profile.noCeilings));
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
