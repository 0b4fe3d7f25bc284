// "bench": timings of a trial, alternating with its baseline where one is named; then, apart from them, runs that time each layer.
#include <algorithm>

#include "profiler/clock/alternate.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/host/span_recorder.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

constexpr double kTraceShare = 0.3;  // of the time of timing
constexpr double kMostTracedRuns = 25;

profiler::Subject subjectOf(CompiledTrial& trial, const std::vector<NamedTensor>& inputs) {
    return [&trial, &inputs]() -> Status {
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, trial.model->run(inputs));
        return {};
    };
}

/// As many traced runs as fit in their share of the time, at least one.
Result<std::vector<trace::LayerRecord>> tracedLayers(CompiledTrial& trial, const std::vector<NamedTensor>& inputs, double seconds,
                                                     double runMs, const Call& call) {
    std::vector<trace::LayerRecord> records = trial.layers();
    const double fits = seconds * 1000 * kTraceShare / std::max(runMs, 1e-3);
    const auto runs = static_cast<std::size_t>(std::clamp(fits, 1.0, kMostTracedRuns));
    profiler::SpanRecorder recorder(records.size(), runs);
    for (std::size_t i = 0; i < runs; ++i) {
        if (call.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
        if (i > 0) recorder.nextRun();
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, trial.model->run(inputs, &recorder));
    }
    recorder.fill(records);
    return records;
}

/// What the trial is held against, with inputs of its own: another batch or engine is another baseline's affair.
struct Baseline {
    std::shared_ptr<CompiledTrial> trial;
    std::vector<NamedTensor> inputs;
};

Result<Baseline> baselineOf(const ipc::BenchRequest& request, Workbench& workbench, const Call& call) {
    ipc::ModelRequest model = request.model;
    model.recipe = request.baseline->recipe;
    model.setting = request.baseline->setting;
    Baseline baseline;
    TRIMTAB_TRY(baseline.trial, workbench.compiled(model, call));
    TRIMTAB_TRY(baseline.inputs, inputsFor(baseline.trial->compressed->graph, model.setting, request.inputFiles));
    return baseline;
}

}  // namespace

Result<Json> bench(const Json& params, Workbench& workbench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::benchRequestFromJson(params));
    TRIMTAB_TRY(const auto trial, workbench.compiled(request.model, call));
    Baseline baseline;
    if (request.baseline) {
        TRIMTAB_TRY(baseline, baselineOf(request, workbench, call));
    }
    TRIMTAB_TRY(const auto inputs, inputsFor(trial->compressed->graph, request.model.setting, request.inputFiles));
    const profiler::ThrottleWatch watch;
    profiler::TimingPlan plan;
    plan.seconds = request.seconds;
    plan.cancelled = call.cancelled;
    plan.progress = [&](double share) { call.progress(0.9 * share, "timing"); };
    // A baseline that is the trial itself (the study's own baseline) is the same compiled model run in its own turn.
    const profiler::Subject baselineRun = baseline.trial ? subjectOf(*baseline.trial, baseline.inputs) : profiler::Subject{};
    ipc::BenchAnswer answer;
    TRIMTAB_TRY(answer.timings, profiler::timeAlternating(baselineRun, subjectOf(*trial, inputs), plan));
    answer.throttled = watch.throttled(baseline.trial ? answer.timings.baseline : answer.timings.trial);
    if (request.traceLayers) {
        call.progress(0.9, "timing the layers");
        TRIMTAB_TRY(answer.layers, tracedLayers(*trial, inputs, request.seconds, base::median(answer.timings.trial), call));
    } else {
        answer.layers = trial->layers();
    }
    answer.batch = batchOf(inputs);
    answer.baselineBatch = baseline.trial ? batchOf(baseline.inputs) : answer.batch;
    answer.environment = environmentOf(trial->engine->info());
    answer.weightBytes = trial->model->weightBytes();
    answer.arenaBytes = trial->model->arenaBytes();
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
