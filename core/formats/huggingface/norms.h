#pragma once
// Norms of the last axis, and the sums that go into them, in the operators that ONNX Runtime's model builder writes.
#include <string>

#include "core/formats/huggingface/graph_builder.h"

namespace trimtab::formats::huggingface {

/// Zhang & Sennrich 2019: x / √(mean(x²) + epsilon) · scale. A scale in float32 among narrower weights has the norm formed in float32.
struct RmsNorm {
    std::string module;
    graph::ValueId scale = graph::kNoValue;
    float epsilon = 0;
};
/// Ba et al. 2016: (x − mean) / √(variance + epsilon) · weight + bias of a module.
struct LayerNorm {
    std::string module;
    graph::ValueId scale = graph::kNoValue, shift = graph::kNoValue;
    float epsilon = 0;
};
/// Refused where the checkpoint lacks what the module has.
Result<LayerNorm> layerNorm(GraphBuilder& builder, const std::string& module, std::int64_t size, float epsilon);

graph::ValueId normalized(GraphBuilder& builder, const RmsNorm& norm, graph::ValueId x);
graph::ValueId normalized(GraphBuilder& builder, const LayerNorm& norm, graph::ValueId x);

/// residual + x and its norm.
struct Sum {
    graph::ValueId sum = graph::kNoValue, normed = graph::kNoValue;
};
/// `isLast`: nobody reads the sum, and it is none.
Sum addedAndNormalized(GraphBuilder& builder, const RmsNorm& norm, graph::ValueId residual, graph::ValueId x, bool isLast);
Sum addedAndNormalized(GraphBuilder& builder, const LayerNorm& norm, graph::ValueId residual, graph::ValueId x, bool isLast);

}  // namespace trimtab::formats::huggingface
