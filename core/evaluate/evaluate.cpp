#include "core/evaluate/evaluate.h"

#include "core/evaluate/batches.h"
#include "core/evaluate/score.h"
#include "core/evaluate/tally.h"
#include "core/runtime/inputs.h"

namespace trimtab::evaluate {

Result<Evaluation> onDataset(runtime::CompiledModel& model, const dataset::Dataset& data, const std::string& metric, std::int64_t batch,
                             const Progress& progress, bool fullBatches) {
    Evaluation evaluation;
    const auto info = metricInfo(metric.empty() ? data.metric() : metric);
    if (!info) return fail(ErrorCode::Usage, "there is no metric \"" + metric + "\"; on a dataset there are " + base::metricNames(true));
    evaluation.metric = info->name;
    evaluation.direction = info->direction;
    evaluation.windows = data.textWindows();
    TRIMTAB_TRY(const auto tally, makeTally(*info, data));
    const Visit score = [&](const Step& step, const dataset::Batch& samples, const std::vector<NamedTensor>& outputs) -> Status {
        const Tensor& output = scoredOutput(outputs);
        if (output.shape().rank() < 1 || output.shape()[0] != step.count)
            return fail(ErrorCode::Refused, "the model's output " + output.shape().text() + " does not hold one entry for each of " +
                                                std::to_string(step.count) + " samples");
        return tally->add(output, samples, step.skipped);
    };
    TRIMTAB_REQUIRE(forEachBatch(model, data, batch, fullBatches, progress, score));
    TRIMTAB_REQUIRE(tally->finish(evaluation));
    return evaluation;
}

Result<Evaluation> fidelity(runtime::CompiledModel& model, runtime::CompiledModel& reference, const Graph& graph,
                            const recipe::RunSetting& setting, const std::string& metric, std::int64_t samples, const Progress& progress) {
    if (samples < 1) return fail(ErrorCode::Usage, "fidelity wants one seeded input or more");
    Evaluation evaluation;
    evaluation.metric = metric.empty() ? "agreement" : metric;
    evaluation.fidelity = true;
    const auto info = metricInfo(evaluation.metric);
    if (!info)
        return fail(ErrorCode::Usage,
                    "there is no metric \"" + evaluation.metric + "\"; without a dataset there are " + base::metricNames(false));
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
    evaluation.n = samples;
    evaluation.estimate = aggregate(evaluation.metric, evaluation.sampleScores, {});
    return evaluation;
}

}  // namespace trimtab::evaluate
