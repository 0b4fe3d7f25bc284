#include "core/evaluate/evaluate.h"

#include <numeric>

#include "core/evaluate/batches.h"
#include "core/evaluate/score.h"
#include "core/runtime/inputs.h"

namespace trimtab::evaluate {
namespace {

bool countsTokens(const std::string& metric) { return metric == "perplexity" || metric == "next_token_accuracy"; }

Result<Evaluation> summed(Evaluation evaluation) {
    evaluation.n = static_cast<std::int64_t>(evaluation.sampleScores.size());
    const auto& weights = evaluation.sampleWeights;
    if (!weights.empty() && std::accumulate(weights.begin(), weights.end(), 0.0) <= 0)
        return fail(ErrorCode::Refused, "the dataset has no token to score");
    evaluation.estimate = aggregate(evaluation.metric, evaluation.sampleScores, weights);
    return evaluation;
}

}  // namespace

Result<Evaluation> onDataset(runtime::CompiledModel& model, const dataset::Dataset& data, const std::string& metric, std::int64_t batch,
                             const Progress& progress, bool fullBatches) {
    Evaluation evaluation;
    evaluation.metric = metric.empty() ? data.metric() : metric;
    const auto info = metricInfo(evaluation.metric);
    if (!info) return fail(ErrorCode::Usage, "there is no metric \"" + evaluation.metric + "\"");
    evaluation.direction = info->direction;
    const Visit score = [&](const Step& step, const dataset::Batch& samples, const std::vector<NamedTensor>& outputs) -> Status {
        const Tensor& output = scoredOutput(outputs);
        TRIMTAB_TRY(const auto scores, scoreBatch(evaluation.metric, output, samples.target));
        if (static_cast<std::int64_t>(scores.size()) != step.count)
            return fail(ErrorCode::Refused, "the model's output " + output.shape().text() + " does not hold one entry for each of " +
                                                std::to_string(step.count) + " samples");
        for (auto i = static_cast<std::size_t>(step.skipped); i < scores.size(); ++i) {
            evaluation.sampleScores.push_back(scores[i].value);
            if (countsTokens(evaluation.metric)) evaluation.sampleWeights.push_back(scores[i].weight);
        }
        return {};
    };
    TRIMTAB_REQUIRE(forEachBatch(model, data, batch, fullBatches, progress, score));
    return summed(std::move(evaluation));
}

Result<Evaluation> fidelity(runtime::CompiledModel& model, runtime::CompiledModel& reference, const Graph& graph,
                            const recipe::RunSetting& setting, const std::string& metric, std::int64_t samples, const Progress& progress) {
    if (samples < 1) return fail(ErrorCode::Usage, "fidelity wants one seeded input or more");
    Evaluation evaluation;
    evaluation.metric = metric.empty() ? "agreement" : metric;
    evaluation.fidelity = true;
    const auto info = metricInfo(evaluation.metric);
    if (!info) return fail(ErrorCode::Usage, "there is no metric \"" + evaluation.metric + "\"");
    evaluation.direction = info->direction;
    for (std::int64_t i = 0; i < samples; ++i) {
        if (progress.cancelled && progress.cancelled()) return fail(ErrorCode::Cancelled, "the evaluation was cancelled");
        recipe::RunSetting drawn = setting;
        drawn.seed = setting.seed + static_cast<std::uint64_t>(i);
        TRIMTAB_TRY(const auto inputs, runtime::makeInputs(graph, drawn));
        TRIMTAB_TRY(const auto wanted, reference.run(inputs));
        if (wanted.empty()) return fail(ErrorCode::Refused, "the model has no outputs");
        TRIMTAB_TRY(const Tensor kept, scoredOutput(wanted).clone());  // both may be one model, whose next run writes over it
        TRIMTAB_TRY(const auto outputs, model.run(inputs));
        TRIMTAB_TRY(const double score, scoreFidelity(evaluation.metric, scoredOutput(outputs), kept));
        evaluation.sampleScores.push_back(score);
        if (progress.report) progress.report(i + 1, samples);
    }
    return summed(std::move(evaluation));
}

}  // namespace trimtab::evaluate
