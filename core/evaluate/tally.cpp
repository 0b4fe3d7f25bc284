#include "core/evaluate/tally.h"

#include <cmath>

#include "core/evaluate/generated_texts.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {

tl::unexpected<Error> mismatch(const std::string& metric, const std::string& wanted, const Tensor& output, const Tensor& target) {
    return fail(ErrorCode::Refused, "the metric " + metric + " wants " + wanted + "; the model gives " + output.shape().text() +
                                        " and the dataset " + target.shape().text());
}

Status checkLabel(std::int64_t label, std::int64_t classes) {
    if (label >= 0 && label < classes) return {};
    return fail(ErrorCode::Refused,
                "the dataset holds the label " + std::to_string(label) + ", but the model has " + std::to_string(classes) + " classes");
}

Result<Tensor> scoresOf(const Tensor& output, const Tensor& target) {
    if (output.shape().rank() < 1 || output.elementCount() == 0)
        return fail(ErrorCode::Refused, "the model's output " + output.shape().text() + " has no samples to score");
    if (!target.defined()) return fail(ErrorCode::Refused, "the dataset has no target, so nothing can be scored");
    return tensor::convert(output, DataType::Float32);
}

Status finishWith(const Statistic& statistic, const std::string& nothing, Evaluation& evaluation) {
    if (statistic.samples() == 0 || std::isnan(valueOf(statistic))) return fail(ErrorCode::Refused, nothing);
    evaluation.estimate = estimateOf(statistic, evaluation.direction);
    evaluation.sampleScores = statistic.scores();
    evaluation.n = static_cast<std::int64_t>(statistic.samples());
    return {};
}

Result<std::unique_ptr<Tally>> makeTally(const base::MetricInfo& metric, const dataset::Dataset& data) {
    const std::string& name = metric.name;
    if (metric.besideReference)
        return fail(ErrorCode::Usage, "the metric \"" + name +
                                          "\" wants the untouched model beside, which eval and sweep run; known here are " +
                                          base::metricNames(true));
    if (!metric.onDataset)
        return fail(ErrorCode::Usage,
                    "the metric \"" + name + "\" cannot be counted on a dataset; known are " + base::metricNames(true));
    if (isOfGeneratedTexts(name))
        return fail(ErrorCode::Usage,
                    "the metric \"" + name + "\" is counted over generated texts: eval and sweep do on a .jsonl with \"reference\"");
    if (name == "f1" || name == "iou" || name == "dice") return makeOverlapTally(name);
    if (name == "auc" || name == "mean_average_precision") return makeRankTally(name);
    if (name == "ndcg") return makeGroupTally();
    if (name == "acc" || name == "acc_norm") return makeChoiceTally(name, data.choices());
    if (name == "wer" || name == "cer") return makeTranscriptTally(name, data.tokenRules());
    return makeMeanTally(name);
}

}  // namespace trimtab::evaluate
