#pragma once
// What NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss share: scores [N, C, d…], a class for each [N, d…], weights [C].
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// The loss of `logProbabilities` under `reduction` (none, mean, sum). Elements of the class `ignore_index` count nothing: their loss is 0,
/// their weight too. A mean is divided by the weights that counted. Classes outside 0…C−1 are refused. Inputs 1 and 2 are the classes and
/// the weights.
Result<Tensor> classLoss(const Call& call, const Tensor& logProbabilities);

}  // namespace trimtab::ref
