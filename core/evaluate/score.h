#pragma once
// Scores of single samples.
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::evaluate {

struct SampleScore {
    double value = 0;
    double weight = 1;  // tokens counted; 1 for metrics that count samples
};

/// One score for each sample of a batch, for metrics that are means over samples. `output` has the samples in its first dim:
///   top1, top5: scores or probabilities [n, classes] (trailing dims of extent 1 are let pass), target labels [n] or [n, 1];
///   perplexity, next_token_accuracy: logits [n, length, vocabulary], target tokens [n, length], negative ones not counted;
///   frame_accuracy: likewise, scores [n, frames, classes] and labels [n, frames];
///   rmse, relative_l2: target of as many elements a sample.
/// A sample whose output holds a NaN is wrong, or infinitely far. Refused for shapes that do not fit and labels out of range.
Result<std::vector<SampleScore>> scoreBatch(const std::string& metric, const Tensor& output, const Tensor& target);

/// One sample against the reference's output for the same input: "agreement" and "kl" over the last dim, averaged over what stands before
/// it; "sqnr_db" and "cosine" over everything (value_error.h). Refused when shapes differ, or when the last dim has fewer than two entries
/// (agreement, kl).
Result<double> scoreFidelity(const std::string& metric, const Tensor& output, const Tensor& reference);

/// The output that metrics look at: the one named "logits", else the first. REQUIRES: not empty.
const Tensor& scoredOutput(const std::vector<NamedTensor>& outputs);

}  // namespace trimtab::evaluate
