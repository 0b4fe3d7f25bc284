#pragma once
// A decoder of the Llama kind as a graph, in the operators that ONNX Runtime's model builder writes: SimplifiedLayerNormalization,
// SkipSimplifiedLayerNormalization, MatMul, GroupQueryAttention.
//   inputs   input_ids int64 [batch, sequence]
//   outputs  logits [batch, sequence, vocabulary], of the weights' type
#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/huggingface/decoder_weights.h"
#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

/// Refused, naming the tensor, where the checkpoint does not hold what the config asks for. Nodes are named after transformers' modules.
Result<Graph> decoderGraph(const DecoderConfig& config, const DecoderWeights& weights);

}  // namespace trimtab::formats::huggingface
