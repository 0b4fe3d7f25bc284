// "eval": a metric on a dataset, or fidelity to the untouched model on seeded inputs.
#include "core/evaluate/evaluate.h"

#include <algorithm>

#include "core/dataset/tokenizers/tokenizer.h"
#include "core/evaluate/beside_reference.h"
#include "core/evaluate/generated_texts.h"
#include "core/formats/model_file.h"
#include "core/runtime/generation/decoder.h"
#include "core/trial/calibration_note.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/engines.h"
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
    trial::Accuracy accuracy{evaluation.metric, evaluation.direction == evaluate::Direction::HigherIsBetter, evaluation.fidelity,
                             evaluation.estimate.value, evaluation.estimate.interval, evaluation.n, std::move(evaluation.sampleScores),
                             std::move(evaluation.sampleWeights), evaluation.windows, evaluation.overData, {}};
    for (auto& [metric, estimate, n] : evaluation.also) accuracy.also.push_back({std::move(metric), estimate, n});
    return accuracy;
}

Result<std::shared_ptr<CompiledTrial>> untouched(const ipc::EvalRequest& request, Workbench& bench, const Call& call) {
    ipc::ModelRequest model = request.model;
    if (!request.reference.empty()) model.model = request.reference;
    model.recipe = {};
    return bench.compiled(model, call);
}

Result<evaluate::Evaluation> onData(const ipc::EvalRequest& request, std::shared_ptr<const dataset::Dataset> data, Workbench& bench,
                                    const Call& call) {
    TRIMTAB_TRY(const auto trial, bench.compiled(request.model, call));
    const std::int64_t fixed = fixedBatch(trial->compressed->graph);
    const std::int64_t batch = fixed > 0 ? fixed : request.batch;
    if (request.metric.starts_with(kProgramPrefix)) {
        const auto first = firstOf(data, request.samples);
        const std::string program = request.metric.substr(kProgramPrefix.size());
        return evaluate::withProgram(*trial->model, *first, request.data, program, batch, progressOf(call, "scoring"), fixed > 0);
    }
    TRIMTAB_TRY(data, drawnFrom(std::move(data), request.samples, request.seed));
    const auto info = base::metricInfo(request.metric);
    if (!info || !info->besideReference)
        return evaluate::onDataset(*trial->model, *data, request.metric, batch, progressOf(call, "scoring"), fixed > 0);
    TRIMTAB_TRY(const auto reference, untouched(request, bench, call));
    return evaluate::besideReference(*trial->model, *reference->model, *data, request.metric, batch,
                                     progressOf(call, "comparing with the reference"), fixed > 0);
}

/// Texts that the model writes to prompts. Nothing is compiled for whole batches: a decoder plans for itself.
Result<evaluate::Evaluation> onGeneratedTexts(const ipc::EvalRequest& request, const std::string& metric, const Graph& graph,
                                              std::shared_ptr<const dataset::Dataset> data, const Call& call) {
    if (data->prompts().empty())
        return fail(ErrorCode::Refused,
                    "the metric " + metric + " wants prompts with references: a .jsonl with \"prompt\" and \"reference\"");
    TRIMTAB_TRY(data, drawnFrom(std::move(data), request.samples, request.seed));
    TRIMTAB_TRY(const auto tokenizer, dataset::tokenizers::openTokenizer(tokenizerOf(request.model.model)));
    TRIMTAB_TRY(const auto stops, formats::endTokens(request.model.model));
    const auto& asked = request.model.setting;
    TRIMTAB_TRY(const auto engine, makeEngine(asked.engine, asked.threads, asked.device));
    std::int64_t longest = 0;
    for (const dataset::Prompt& prompt : data->prompts()) longest = std::max(longest, static_cast<std::int64_t>(prompt.tokens.size()));
    const auto rules = data->generationRules();
    const std::int64_t batch = std::min(request.batch, data->size());
    TRIMTAB_TRY(const auto decoder,
                runtime::makeDecoder(*engine, graph, asked, batch, longest + rules.mostTokens - 1,  // the last token is not fed
                                     runtime::Answer::Tokens));
    TRIMTAB_TRY(const auto texts,
                evaluate::generateTexts(*decoder, tokenizer, data->prompts(), rules, stops, progressOf(call, "generating")));
    return evaluate::scoreTexts(metric, texts, data->prompts());
}

Result<evaluate::Evaluation> againstReference(const ipc::EvalRequest& request, Workbench& bench, const Call& call) {
    if (request.metric.starts_with(kProgramPrefix)) return fail(ErrorCode::Usage, "a metric program wants a dataset: name it with --data");
    TRIMTAB_TRY(const auto trial, bench.compiled(request.model, call));
    TRIMTAB_TRY(const auto reference, untouched(request, bench, call));
    recipe::RunSetting setting = request.model.setting;
    setting.batch = 0;  // each seeded input is one sample
    const std::int64_t samples = request.samples > 0 ? request.samples : kFidelitySamples;
    // The inputs that every trial of the model is told beside.
    const Graph& drawnFor = (request.reference.empty() ? trial : reference)->compressed->graph;
    return evaluate::fidelity(*trial->model, *reference->model, drawnFor, setting, request.metric, samples,
                              progressOf(call, "comparing with the reference"));
}

Result<evaluate::Evaluation> evaluationOf(const ipc::EvalRequest& request, const Graph& graph, Workbench& bench, const Call& call) {
    if (request.data.empty()) return againstReference(request, bench, call);
    TRIMTAB_TRY(auto data, openData(request.data, &graph, request.model.model));
    const std::string metric = request.metric.empty() ? data->metric() : request.metric;
    if (evaluate::isOfGeneratedTexts(metric)) return onGeneratedTexts(request, metric, graph, std::move(data), call);
    return onData(request, std::move(data), bench, call);
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
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    TRIMTAB_TRY(auto evaluation, evaluationOf(request, compressed->graph, bench, call));
    Json json = ipc::toJson(accuracyOf(std::move(evaluation)));
    TRIMTAB_TRY(const std::string calibration, calibrationOf(request, compressed->graph));
    if (!calibration.empty()) json["calibration"] = calibration;
    return json;
}

}  // namespace trimtab::worker
