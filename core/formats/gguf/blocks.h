#pragma once
// What the blocks of a tensor stand for (block_type.h), as numbers or as codes with scales.
#include <cstdint>
#include <vector>

#include "core/formats/gguf/gguf.h"
#include "core/tensor/quantized_weight.h"
#include "core/tensor/tensor.h"

namespace trimtab::formats::gguf {

/// For row r of what is made, the row of the tensor that it is; empty: the rows as they stand.
using RowOrder = std::vector<std::int64_t>;

/// The tensor's numbers in its own type where that is plain, else in float32: d · q is exact there, of Q4_K rounded once. A copy.
Result<Tensor> valuesOf(const StoredTensor& tensor, const RowOrder& order = {});

/// Whether codes with one scale a group, and no minimum, stand for just the same numbers: Q8_0 and Q6_K as eight bits, Q4_0 as four.
bool isOfCodes(BlockType type);

/// A matrix [outputs, inputs] as the weight of a product x · weightᵀ, whose own shape is [inputs, outputs]. Scales are d or d · s, exact in
/// float32. `read` false: without codes and scales. REQUIRES: isOfCodes(), two axes.
tensor::QuantizedWeight codesOf(const StoredTensor& tensor, const RowOrder& order, bool read);

}  // namespace trimtab::formats::gguf
