#pragma once
// What the matrix products with a weight share: MatMul, FusedMatMul and Gemm seen as Y[m, n] = Σ_k X[m, k] · W[n, k] (+ bias[n]).
#include <optional>

#include "core/tensor/quantized_weight.h"
#include "kernels/plan/builder.h"

namespace trimtab::plan {

struct WeightProduct {
    std::int64_t m = 0;
    std::int64_t n = 0;
    std::int64_t k = 0;
    tensor::WeightLayout layout = tensor::WeightLayout::OutputsLast;
    graph::ValueId bias = graph::kNoValue;  // a vector of n, or one element
    bool relu = false;
};

/// True for the three operators with a rank-2 weight (constant or not), without Gemm's scalings that kernels do not take.
/// `reason` says why not.
bool isWeightProduct(const NodeView& view, std::string* reason);
/// For concrete shapes. Unsupported when the bias is no vector of outputs or there is nothing to multiply.
Result<WeightProduct> weightProduct(const NodeView& view);

/// MatMul of any two operands of rank 1…6, batches broadcast: all with one rank, a vector as a matrix with one row or column.
struct BatchedProduct {
    Shape left, right, result;
};
Result<BatchedProduct> batchedProduct(const NodeView& view);

}  // namespace trimtab::plan
