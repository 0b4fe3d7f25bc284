#pragma once
// A weight matrix as integers with scales. Rows are output channels, columns the reduction (input) dimension, whatever the
// layout of the original tensor was:
//   value[n][k] = (code[n][k] - zero[n][k / group]) * scale[n][k / group]
// Source of the scheme: Jacob et al. 2018, "Quantization and Training of Neural Networks", section 2.1; groups along the
// reduction as in MatMulNBits.
#include <cstdint>
#include <memory>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::tensor {

/// How the original tensor maps to rows (outputs) × columns (reduction).
enum class WeightLayout : std::uint8_t {
    OutputsFirst,  // [N, K] or [O, I/g, kh, kw]: Conv, Gemm with transB = 1
    OutputsLast,   // [K, N]: MatMul, Gemm with transB = 0
};

/// What a code stands for before its scale: an integer, or a floating-point number .
enum class CodeFormat : std::uint8_t { Integer, Float8E4M3, Float8E5M2, NormalFloat4, Float4E2M1 };
/// How scales are stored; `scales` always holds their values.
enum class ScaleFormat : std::uint8_t { Float32, PowerOfTwo, Float8E4M3 };

struct QuantizedWeight {
    Shape originalShape;
    WeightLayout layout = WeightLayout::OutputsFirst;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    int bits = 8;             // 2…8
    CodeFormat format = CodeFormat::Integer;  // others are symmetric; their codes are the bit patterns
    ScaleFormat scaleFormat = ScaleFormat::Float32;
    bool symmetric = true;    // symmetric: codes are signed, zero is 0 and zeroPoints is empty
    std::int64_t group = 0;   // columns that share a scale; equal to `columns` for per-channel; the last group may be short
    std::vector<std::int8_t> codes;        // rows × columns, row-major; symmetric: −2^(b−1)+1 … 2^(b−1)−1 (a file's own may be one lower);
                                           // asymmetric: 0 … 2^b−1 stored as code − 2^(b−1)
    std::vector<float> scales;             // rows × groups()
    std::vector<std::int8_t> zeroPoints;   // rows × groups(), in the same shifted units as codes; empty when symmetric

    /// For records of plans: group, or 0 where a scale holds for a whole row or more.
    std::int64_t partialGroup() const { return group < columns ? group : 0; }
    std::int64_t groups() const { return group > 0 ? (columns + group - 1) / group : 0; }
    /// One scale and zero point for the whole weight: every row repeats the same ones.
    bool hasOneScale() const;
    /// Bytes this weight takes on disk or in a packed kernel: codes at `bits`, fp32 scales, zero points at `bits`; one scale counts once.
    std::int64_t storedBytes() const;
    /// The values as a float32 tensor of originalShape.
    Result<Tensor> dequantize() const;
};

/// The original tensor as rows × columns floats (row-major), and back. REQUIRES: rank >= 2, a floating type.
Result<std::vector<float>> toRows(const Tensor& weight, WeightLayout layout);
Result<Tensor> fromRows(const std::vector<float>& rows, const Shape& originalShape, WeightLayout layout);

}  // namespace trimtab::tensor
