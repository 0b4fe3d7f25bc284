#pragma once
// Judge and place of every implementation family; list.cpp puts them in order of preference for each operator.
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

#define TRIMTAB_FAMILY(Name)                         \
    runtime::Support judge##Name(const NodeView& view); \
    Status place##Name(Builder& builder, const NodeView& view)

TRIMTAB_FAMILY(Unary);
TRIMTAB_FAMILY(Binary);
TRIMTAB_FAMILY(Power);
TRIMTAB_FAMILY(Select);
TRIMTAB_FAMILY(Cast);
TRIMTAB_FAMILY(View);
TRIMTAB_FAMILY(Movement);
TRIMTAB_FAMILY(Gather);
TRIMTAB_FAMILY(Resize);
TRIMTAB_FAMILY(Reduce);
TRIMTAB_FAMILY(GlobalPool);
TRIMTAB_FAMILY(Softmax);
TRIMTAB_FAMILY(RowNormalization);
TRIMTAB_FAMILY(SkipNormalization);
TRIMTAB_FAMILY(GroupQueryAttention);
TRIMTAB_FAMILY(BatchNormalization);
TRIMTAB_FAMILY(Pool);
TRIMTAB_FAMILY(Convolution);
TRIMTAB_FAMILY(TransposedConvolution);
TRIMTAB_FAMILY(MatMul);
TRIMTAB_FAMILY(BatchedMatMul);
TRIMTAB_FAMILY(IntegerConvolution);
TRIMTAB_FAMILY(IntegerMatMul);
TRIMTAB_FAMILY(TokenMatMul);
TRIMTAB_FAMILY(GroupMatMul);
TRIMTAB_FAMILY(StaticConvolution);
TRIMTAB_FAMILY(StaticMatMul);
TRIMTAB_FAMILY(Quantize);
TRIMTAB_FAMILY(Dequantize);
TRIMTAB_FAMILY(CodeArithmetic);
TRIMTAB_FAMILY(Lookup);
TRIMTAB_FAMILY(BfloatConvolution);
TRIMTAB_FAMILY(BfloatMatMul);
TRIMTAB_FAMILY(BfloatBatched);
TRIMTAB_FAMILY(WeightOnly);
TRIMTAB_FAMILY(FewRows);
TRIMTAB_FAMILY(Sparse);

#undef TRIMTAB_FAMILY

/// Whether the sparse product takes such a node at all (it may still be denser than pays, or measured to be slower).
bool hasSparseKernel(const NodeView& view);

}  // namespace trimtab::cpu
