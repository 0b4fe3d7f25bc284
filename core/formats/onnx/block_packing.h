#pragma once
// The tensors of com.microsoft.MatMulNBits, as ONNX Runtime documents the operator:
//   B           uint8 [N, blocks, block · bits / 8], codes along K, of two 4-bit codes in a byte the first in the low half
//   scales      [N · blocks], of the type of A
//   zero_points uint8 [N · ⌈blocks · bits / 8⌉], packed alike; when left out every zero is 2^(bits−1)
// where blocks = ⌈K / block⌉ and value = (code − zero) · scale. Codes are unsigned.
#include <optional>

#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::onnx {

struct BlockPacked {
    Tensor codes;
    Tensor scales;                     // float32
    std::optional<Tensor> zeroPoints;  // absent for symmetric weights
};

/// REQUIRES: bits is 4 or 8 and at least weight.bits; `block` is a power of two that divides weight.group, or the weight has one group a
/// row. The tail of the last block is filled with the zero code.
Result<BlockPacked> packBlocks(const tensor::QuantizedWeight& weight, int bits, std::int64_t block);

}  // namespace trimtab::formats::onnx
