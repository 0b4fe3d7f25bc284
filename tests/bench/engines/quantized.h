#pragma once
// A model of fp32 as a model of statically quantised layers, so that engines can be compared on one int8 file.
#include <filesystem>

#include "core/graph/graph.h"
#include "core/tensor/tensor.h"

namespace trimtab::engines {

/// Pairs of QuantizeLinear and DequantizeLinear as static quantisers place them: uint8 with one scale a tensor (range on `inputs`, zero
/// included) around convolutions, constant products and whatever only lies between such tensors; int8 with one scale an output for weights,
/// int32 for biases of Conv and Gemm. Matrix products without bias take codes and give floats. In com.microsoft's domain where the file's
/// own knows no axis (before operator set 13). REQUIRES: a simplified graph.
Status writeQuantized(const Graph& graph, const std::vector<NamedTensor>& inputs, const std::filesystem::path& path);

}  // namespace trimtab::engines
