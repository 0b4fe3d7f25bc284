#pragma once
// The tensors of com.microsoft.MatMulNBits, as ONNX Runtime documents the operator:
//   B           uint8 [N, blocks, block · bits / 8], codes along K, of several codes in a byte the first in the low bits
//   scales      [N · blocks], of the type of A
//   zero_points uint8 [N · ⌈blocks · bits / 8⌉], packed alike; when left out every zero is 2^(bits−1)
// where blocks = ⌈K / block⌉ and value = (code − zero) · scale. Codes are unsigned.
// And of com.microsoft.MatMulBnb4, as bitsandbytes packs them:
//   B       uint8 [N · K / 2], codes of one row after the other, of two codes in a byte the first in the high half
//   absmax  float32 [N · K / block], with block values one after the other sharing one
// where value = table[code] · absmax, and attribute quant_type chooses the table.
#include <optional>

#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::onnx {

struct BlockPacked {
    Tensor codes;
    Tensor scales;                     // float32
    std::optional<Tensor> zeroPoints;  // absent for symmetric weights
};

/// REQUIRES: bits is 2, 4 or 8 and at least weight.bits; `block` is a power of two that divides weight.group, or the weight has one group a
/// row. The tail of the last block is filled with the zero code.
Result<BlockPacked> packBlocks(const tensor::QuantizedWeight& weight, int bits, std::int64_t block);

/// quant_type of the table that is CodeFormat::NormalFloat4.
inline constexpr std::int64_t kNormalFloatType = 1;

/// For MatMulBnb4. REQUIRES: NormalFloat4; `block` divides both the columns and, where there is more than one group a row, the group.
Result<BlockPacked> packNormalFloat(const tensor::QuantizedWeight& weight, std::int64_t block);

}  // namespace trimtab::formats::onnx
