// "eval": a metric on a dataset, or fidelity to the untouched model on seeded inputs.
#include "core/evaluate/evaluate.h"

#include <algorithm>

#include "core/trial/calibration_note.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/sample_subset.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kFidelitySamples = 64;
constexpr std::string_view kProgramPrefix = "exec:";

evaluate::Progress progressOf(const Call& call, const std::string& what) {
    return {[&call, what](std::int64_t done, std::int64_t total) {
                call.progress(static_cast<double>(done) / static_cast<double>(total), what);
            },
            call.cancelled};
}

trial::Accuracy accuracyOf(evaluate::Evaluation evaluation) {
    return {evaluation.metric, evaluation.direction == evaluate::Direction::HigherIsBetter, evaluation.fidelity, evaluation.estimate.value,
            evaluation.estimate.interval, evaluation.n, std::move(evaluation.sampleScores), std::move(evaluation.sampleWeights),
            evaluation.windows, evaluation.overData, {}};
}

Result<evaluate::Evaluation> onData(const ipc::EvalRequest& request, CompiledTrial& trial, const Call& call) {
    const Graph& graph = trial.compressed->graph;
    TRIMTAB_TRY(std::shared_ptr<const dataset::Dataset> data, openData(request.data, &graph, request.model.model));
    const std::int64_t fixed = fixedBatch(graph);
    const std::int64_t batch = fixed > 0 ? fixed : request.batch;
    const auto progress = progressOf(call, "scoring");
    if (request.metric.starts_with(kProgramPrefix)) {
        const auto first = firstOf(data, request.samples);
        return evaluate::withProgram(*trial.model, *first, request.data, request.metric.substr(kProgramPrefix.size()), batch, progress, fixed > 0);
    }
    TRIMTAB_TRY(data, drawnFrom(std::move(data), request.samples, request.seed));
    return evaluate::onDataset(*trial.model, *data, request.metric, batch, progress, fixed > 0);
}

Result<evaluate::Evaluation> againstReference(const ipc::EvalRequest& request, CompiledTrial& trial, Workbench& bench, const Call& call) {
    if (request.metric.starts_with(kProgramPrefix)) return fail(ErrorCode::Usage, "a metric program wants a dataset: name it with --data");
    ipc::ModelRequest untouched = request.model;
    untouched.recipe = {};
    TRIMTAB_TRY(const auto reference, bench.compiled(untouched, call));
    recipe::RunSetting setting = request.model.setting;
    setting.batch = 0;  // each seeded input is one sample
    const std::int64_t samples = request.samples > 0 ? request.samples : kFidelitySamples;
    return evaluate::fidelity(*trial.model, *reference->model, trial.compressed->graph, setting, request.metric, samples,
                              progressOf(call, "comparing with the reference"));
}

/// What the recipe's methods saw before, next to what is scored now; the hashes tell one set under two names.
Result<std::string> calibrationOf(const ipc::EvalRequest& request, const Graph& graph) {
    trial::Calibration calibration = request.model.calibration;
    if (!request.model.recipe.needsCalibration() || calibration.path.empty() || request.data.empty())
        return trial::calibrationNote(request.model.recipe, calibration, request.data, "");
    TRIMTAB_TRY(const auto seen, openData(calibration.path, &graph, request.model.model));
    TRIMTAB_TRY(const auto scored, openData(request.data, &graph, request.model.model));
    calibration.hash = seen->hash();
    return trial::calibrationNote(request.model.recipe, calibration, request.data, scored->hash());
}

}  // namespace

Result<Json> eval(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::evalRequestFromJson(params));
    TRIMTAB_TRY(const auto trial, bench.compiled(request.model, call));
    TRIMTAB_TRY(auto evaluation, request.data.empty() ? againstReference(request, *trial, bench, call) : onData(request, *trial, call));
    Json json = ipc::toJson(accuracyOf(std::move(evaluation)));
    TRIMTAB_TRY(const std::string calibration, calibrationOf(request, trial->compressed->graph));
    if (!calibration.empty()) json["calibration"] = calibration;
    return json;
}

}  // namespace trimtab::worker
