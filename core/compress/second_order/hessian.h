#pragma once
// What a layer's inputs say about its weights: H = Σ x·xᵀ over the input rows x. Changing a row of weights by δ changes the layer's
// outputs on those inputs by δ·H·δᵀ, summed squares; half the Hessian of that loss, and as good as the Hessian where only its shape
// counts.
// Source: Hassibi and Stork 1992, "Second order derivatives for network pruning: Optimal Brain Surgeon"; layer by layer as in Frantar and
// Alistarh 2022, "Optimal Brain Compression", section 3.
#include <cstdint>
#include <memory>

#include "core/compress/tensor_math.h"
#include "core/tensor/tensor.h"

namespace trimtab::compress {

struct Hessian {
    std::int64_t size = 0;  // input features of the layer
    Tensor values;          // size × size float32, symmetric; its memory is nobody else's
    std::int64_t rows = 0;  // of input seen

    float diagonal(std::int64_t i) const { return values.data<float>()[static_cast<std::size_t>(i * (size + 1))]; }
};

/// Sums batch by batch; holds one matrix on the host, and a second one where products are formed elsewhere. Thread-compatible.
class HessianSum {
public:
    /// OutOfMemory when the budget does not hold the matrix. REQUIRES: size > 0.
    static Result<HessianSum> begin(std::int64_t size);

    /// `count` rows of `size` floats, `stride` from one to the next. Batches of some thousand rows use the processor best. REQUIRES: the
    /// same `math` each time, which outlives the sum.
    Status add(TensorMath& math, const float* rows, std::int64_t count, std::int64_t stride);

    Result<Hessian> finish() &&;

private:
    Hessian m_sum;                    // below the diagonal blocks nothing yet
    std::unique_ptr<GramSum> m_kept;  // in its place, where the products' maker has a better one
};

}  // namespace trimtab::compress
