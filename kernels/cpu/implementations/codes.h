#pragma once
// A tensor of 8-bit codes with one scale and one zero point: value = (code − zero) · scale.
#include "core/graph/passes/affine.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

using graph::Affine;

inline bool isCode(DataType type) { return type == DataType::UInt8 || type == DataType::Int8; }

/// Attributes {side_scale, side_zero} of a node of the trimtab domain, for codes of `type`.
inline Affine affineOf(const graph::Node& node, const std::string& side, DataType type) {
    return {type, node.number(side + "_scale", 1), node.integer(side + "_zero", 0)};
}

}  // namespace trimtab::cpu
