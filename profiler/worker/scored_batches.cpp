#include "profiler/worker/scored_batches.h"

#include <algorithm>

#include "core/evaluate/batches.h"
#include "core/evaluate/score.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/sample_subset.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kFidelitySamples = 64;

}  // namespace

Result<ScoredBatches> ScoredBatches::open(const Graph& graph, const ipc::SensitivityRequest& request) {
    ScoredBatches result;
    result.m_metric = request.metric;
    if (request.data.empty()) {
        if (result.m_metric.empty()) result.m_metric = "agreement";
        const auto info = base::metricInfo(result.m_metric);
        if (!info || info->onDataset)
            return fail(ErrorCode::Usage,
                        "there is no metric \"" + result.m_metric + "\"; without a dataset there are " + base::metricNames(false));
        result.m_samples = request.samples > 0 ? request.samples : kFidelitySamples;
        const recipe::RunSetting& setting = request.model.setting;
        TRIMTAB_TRY(auto drawn, inputSet(graph, {}, {}, result.m_samples, setting, setting.seed));
        result.m_batches = std::move(drawn.batches);
        return result;
    }
    TRIMTAB_TRY(result.m_data, openData(request.data, &graph, request.model.model));
    TRIMTAB_TRY(result.m_data, drawnFrom(result.m_data, request.samples, request.model.setting.seed));
    const std::int64_t fixed = fixedBatch(graph);
    result.m_fullBatches = fixed > 0;
    result.m_batch = fixed > 0 ? fixed : request.batch;
    result.m_samples = result.m_data->size();
    TRIMTAB_TRY(const auto steps, evaluate::steps(result.m_samples, result.m_batch, result.m_fullBatches));
    for (const evaluate::Step& step : steps) {
        TRIMTAB_TRY(auto taken, result.m_data->batch(step.first, step.count));
        result.m_batches.push_back(std::move(taken.inputs));
    }
    return result;
}

Result<evaluate::Evaluation> ScoredBatches::score(runtime::CompiledModel& model, const std::vector<Tensor>& reference,
                                                  const evaluate::Progress& progress) const {
    if (m_data) return evaluate::onDataset(model, *m_data, m_metric, m_batch, progress, m_fullBatches);
    evaluate::Evaluation evaluation;
    evaluation.metric = m_metric;
    evaluation.fidelity = true;
    evaluation.direction = base::metricInfo(m_metric)->direction;
    for (std::size_t i = 0; i < m_batches.size(); ++i) {
        if (progress.cancelled && progress.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        TRIMTAB_TRY(const auto outputs, model.run(m_batches[i]));
        const Tensor& output = evaluate::scoredOutput(outputs);
        TRIMTAB_TRY(const double score, evaluate::scoreFidelity(m_metric, output, reference.empty() ? output : reference[i]));
        evaluation.sampleScores.push_back(score);
        if (progress.report) progress.report(static_cast<std::int64_t>(i) + 1, m_samples);
    }
    evaluation.n = m_samples;
    evaluation.estimate = evaluate::aggregate(m_metric, evaluation.sampleScores, {});
    return evaluation;
}

}  // namespace trimtab::worker
