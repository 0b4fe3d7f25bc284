#pragma once
// What all products of 8-bit codes on oneDNN share: the codes of the weight, and a factor and a summand for each output behind the sums.
#include "kernels/cpu/onednn/bound_primitive.h"

namespace trimtab::cpu {

/// The codes of the weight at input 1 as a tensor of these dims that keeps it alive. REQUIRES: view.quantized(1).
Tensor codesOf(const NodeView& view, const onednn::Dims& dims);

/// One factor, and one summand where asked, for each output; `rank` and `axis` say where outputs stand in the result.
std::vector<onednn::PostOp> scaling(std::int64_t outputs, int rank, int axis, bool summand);

/// Where the numbers of a product stand.
struct IntegerOperands {
    SlotId codes = kNoSlot;
    SlotId weights = kNoSlot;
    SlotId zeroPoint = kNoSlot;  // of the codes; kNoSlot where none is subtracted
    SlotId factors = kNoSlot;
    SlotId summands = kNoSlot;   // kNoSlot: none
};

/// The arguments of a primitive whose first post-operations are those of scaling(), all but the result.
std::vector<onednn::Argument> integerArguments(const onednn::Primitive& primitive, const std::vector<onednn::PostOp>& ops,
                                               const IntegerOperands& operands);

}  // namespace trimtab::cpu
