#pragma once
// What a metric keeps of a dataset's samples until all of them were seen.
#include <memory>

#include "core/evaluate/evaluate.h"
#include "core/evaluate/statistic.h"

namespace trimtab::evaluate {

class Tally {
public:
    virtual ~Tally() = default;
    /// One batch without its first `skipped` samples, which were seen before. `output` is what the model gave, samples in its first dim.
    /// Refused for shapes that do not fit the metric and labels out of range. A NaN never counts as right.
    virtual Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) = 0;
    /// Estimate, scores, weights and n into `evaluation`. Refused when the samples left nothing to measure.
    virtual Status finish(Evaluation& evaluation) = 0;
};

/// The tally of a metric that is counted on datasets. Usage error for other names.
Result<std::unique_ptr<Tally>> makeTally(const base::MetricInfo& metric, const dataset::Dataset& data);

/// Metrics that are means over samples (score.h), weighted by tokens or frames where a sample has several.
std::unique_ptr<Tally> makeMeanTally(std::string metric);
/// f1: scores [n, classes] and labels [n], or [n, frames, classes] and [n, frames]. iou, dice: scores [n, classes, d…] and labels [n, d…].
/// Or one score for each label, which are 0 and 1 then: above 0.5 is 1 if all scores of the dataset lie in 0…1, else above 0. Negative
/// labels are not counted. f1 of two classes, and everything with one score, counts class 1 alone.
std::unique_ptr<Tally> makeOverlapTally(const std::string& metric);
/// auc: scores [n] or [n, 1] with 0/1. mean_average_precision: scores [n, classes] with 0/1; negative targets are not counted.
std::unique_ptr<Tally> makeRankTally(const std::string& metric);
/// ndcg: scores [n] or [n, 1] with 0/1, and the dataset's groups. Gains of equal scores are shared out (McSherry and Najork 2008). One
/// score a group that has a positive, in the order of the groups' numbers.
std::unique_ptr<Tally> makeGroupTally();
/// acc, acc_norm: logits [samples, length, vocabulary] and tokens [samples, length], negative ones not counted; a sample for each of
/// `choices`, which outlive the tally. One score a question: 1 where its answer has the highest log-likelihood (acc_norm: over the bytes of
/// the choice), the first among equals. A question with a NaN in it is wrong.
std::unique_ptr<Tally> makeChoiceTally(const std::string& metric, std::span<const dataset::Choice> choices);
/// wer, cer: see transcript.h.
std::unique_ptr<Tally> makeTranscriptTally(const std::string& metric, const dataset::TokenRules& rules);

/// Refused, with both shapes.
tl::unexpected<Error> mismatch(const std::string& metric, const std::string& wanted, const Tensor& output, const Tensor& target);
/// Refused for a label that is no class.
Status checkLabel(std::int64_t label, std::int64_t classes);
/// Estimate, scores and n of a statistic. Refused with `nothing` when its figure is no number.
Status finishWith(const Statistic& statistic, const std::string& nothing, Evaluation& evaluation);
/// Float32 values of an output. Refused when there is no target or nothing to score.
Result<Tensor> scoresOf(const Tensor& output, const Tensor& target);

}  // namespace trimtab::evaluate
