#pragma once
// The packed fp32 weight of products with few rows, which other kernels are measured against.
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu {

/// Up to so many rows of activations our own kernel reads fp32 weights faster than oneDNN (twice as fast, measured with weights outside the
/// cache).
inline constexpr std::int64_t kFewRows = 8;

/// REQUIRES: input 1 is a constant tensor.
Result<WeightStore::Entry<simd::PackedWeight>> packedFloat32(Builder& builder, const NodeView& view, const WeightProduct& product);

}  // namespace trimtab::cpu
