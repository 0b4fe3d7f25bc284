#pragma once
// Kernels that look at a whole row at once: normalisation and softmax. Rows are contiguous; sums are formed in float32. Types: Float32,
// Float16, BFloat16. One warp or one block a row by its length, 16-byte accesses where rows are aligned for them.
#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

struct RowNorm {
    enum class Kind { Rms, Layer };
    Kind kind = Kind::Rms;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    float epsilon = 0;
    DataType type = DataType::Float32;           // of x, residual, y and sum
    DataType parameterType = DataType::Float32;  // of scale and bias: Float32 or `type`
    bool constantScale = false;                  // no kernel that may still run writes it, so that it may be read ahead of them
};

/// s = x + residual (x alone when residual is null); y = norm(s) · scale + bias. `sum` (may be null) receives s, rounded to `type`, from
/// which the norm is then formed too. bias may be null. sum may be x or residual; y may be x.
///   Rms:   s / √(mean(s²) + ε)      Layer: (s − mean) / √(var + ε)
Status launchRowNorm(Stream stream, const RowNorm& norm, const void* x, const void* residual, const void* scale, const void* bias, void* y,
                     void* sum);

/// Softmax (or its logarithm) along the middle axis of [outer, length, inner]. y may be x.
Status launchSoftmax(Stream stream, DataType type, std::int64_t outer, std::int64_t length, std::int64_t inner, bool logarithm,
                     const void* x, void* y);

enum class Reduction : std::uint8_t { Sum, Mean, SumSquare, Max, Min, Prod, L1, L2, LogSum, LogSumExp };
/// Along the middle axis of [outer, length, inner] → [outer, inner]. Float32, Float16, BFloat16 (formed in float32), Int32, Int64 (formed
/// in int64; Sum, Mean, Max, Min, Prod only). length ≥ 1.
Status launchReduce(Stream stream, Reduction reduction, DataType type, std::int64_t outer, std::int64_t length, std::int64_t inner,
                    const void* x, void* y);
/// Index (Int64) of the largest (or smallest) entry along the middle axis; of equals the first, or the last when selectLast.
Status launchArgReduce(Stream stream, bool largest, bool selectLast, DataType type, std::int64_t outer, std::int64_t length,
                       std::int64_t inner, const void* x, std::int64_t* y);

/// y[r, c] = x[r, c] · scale[c] + shift[c] along the middle axis of [outer, channels, inner]: batch normalisation at inference. scale,
/// shift Float32.
Status launchChannelScale(Stream stream, DataType type, std::int64_t outer, std::int64_t channels, std::int64_t inner, const void* x,
                          const float* scale, const float* shift, void* y);

}  // namespace trimtab::cuda
