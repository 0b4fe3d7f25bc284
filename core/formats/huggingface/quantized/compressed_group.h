#pragma once
// What compressed-tensors' "config_groups" say of weights (its QuantizationArgs).
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/formats/huggingface/quantized/scale_grid.h"

namespace trimtab::formats::huggingface {

enum class CompressedFormat : std::uint8_t { Packed, Integer, Float, Mx4 };

struct CompressedGroup {
    CompressedFormat format = CompressedFormat::Packed;
    int bits = 4;
    bool isSymmetric = true;
    ScaleGrid grid;
};

/// At least one. `limits`: what is said of activations and caches, which products don't round. Unsupported or Refused, naming the group and
/// the field.
Result<std::vector<CompressedGroup>> compressedGroupsIn(const Json& quantization, std::vector<std::string>& limits);

}  // namespace trimtab::formats::huggingface
