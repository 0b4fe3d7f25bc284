#pragma once
// The end of trimtab.FusedConv and trimtab.FusedMatMul: y = activation(product + addend).
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// `addend` may be undefined (Conv: the residual; MatMul: the bias), else it broadcasts to the product. Attribute "activation": "" | "Relu"
/// | "Clip" with "min" and "max" | "Sigmoid"; plain operators have none.
Result<Values> finishFused(const Call& call, const Tensor& product, const Tensor& addend);

}  // namespace trimtab::ref
