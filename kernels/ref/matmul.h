#pragma once
// MatMul and Gemm on concrete tensors.
#include "kernels/ref/arguments.h"
#include "kernels/ref/products.h"

namespace trimtab::ref {

/// NumPy's matmul of two tensors of the same type (float32, float64 or int64), batch axes broadcast, vectors allowed on either side.
/// Refused when the inner extents differ. `singlePrecision`: float32 sums, see SinglePrecisionProduct (float32 only).
Result<Tensor> matMul(const Call& call, const Tensor& a, const Tensor& b, bool singlePrecision = false);

/// a[..., K] times the rows of a constant weight: [..., rows]. REQUIRES: float32, a of rank >= 1 whose last extent is the weight's.
Result<Tensor> multiplyRows(const Tensor& a, const RowProduct<float>& weight, std::int64_t rows);

/// Each [rows, columns] matrix of the last two axes transposed, any element of 4 or 8 bytes.
Result<Tensor> transposeMatrices(const Tensor& matrices);

/// out = alpha·product + beta·c with c broadcast to it, as Gemm ends. `c` may be undefined. float32, float64 or int64.
Result<Tensor> scaleAndAdd(const Call& call, const Tensor& product, float alpha, float beta, const Tensor& c);

/// Integer tensors as Int64, others as they are: the types that products are formed in.
Result<Tensor> widenIntegers(const Tensor& tensor);

}  // namespace trimtab::ref
