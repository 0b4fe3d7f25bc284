#pragma once
// Products of weights whose blocks run on from row to row.
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// com.microsoft.MatMulBnb4 on a float32 input.
Result<Values> matMulBnb4(const Call& call);

}  // namespace trimtab::ref
