#pragma once
// Matrices are [outputs, inputs] in checkpoints and [inputs, outputs] in graphs.
#include "core/tensor/tensor.h"

namespace trimtab::formats::huggingface {

/// The transpose of a matrix, a copy. REQUIRES: two axes, elements of 16 or 32 bits, aligned for them.
Result<Tensor> turnedMatrix(const Tensor& matrix);

}  // namespace trimtab::formats::huggingface
