#pragma once
// What a layer's weight meets: the input of a product as rows, one for each output position, in the order of the weight's columns
// (tensor::toRows). A layer's output is rows · Wᵀ.
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::compress {

struct InputRows {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values;  // row-major
};

/// Independent parts of a layer's weight, each with inputs of its own: the groups of a convolution, else 1. Part i owns rows
/// [i · rows / parts, (i + 1) · rows / parts) of the weight.
std::int64_t partsOf(const graph::Node& node);

/// The rows of part `part` for one batch of the layer's first input; positions in the padding are zeros. Refused for an input that does not
/// fit the weight, and for values that are no numbers. REQUIRES: the node is one that graph::compressibleWeights lists.
Result<InputRows> inputRows(const graph::Node& node, const Shape& weight, const Tensor& input, std::int64_t part);

}  // namespace trimtab::compress
