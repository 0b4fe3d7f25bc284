#pragma once
// Plain float loops that the compiler vectorises, built three times (AVX-512, AVX2, portable) and chosen at run time like kernels/cpu/simd.
// Single-threaded; callers split the work. Exponential: range reduction by ln 2 and a degree-6 polynomial, relative error below 2e-7; the
// error function: Abramowitz and Stegun 7.1.26, absolute error below 4e-7 in fp32.
#include <cstdint>

#include "kernels/cpu/simd/isa.h"

namespace trimtab::cpu {

enum class UnaryOp : std::uint8_t {
    Abs, Neg, Relu, LeakyRelu, Clip, Sigmoid, HardSigmoid, HardSwish, Tanh, Erf, Exp, Sqrt, Reciprocal, Silu, Gelu, TanhGelu, Elu, Floor,
    Ceil, Square, Affine,
};
enum class BinaryOp : std::uint8_t { Add, Sub, Mul, Div, Min, Max };
enum class ReduceOp : std::uint8_t { Sum, SumSquare, Max, Min };

struct VectorKernels {
    /// a and b: slope (LeakyRelu, Elu), bounds (Clip), alpha and beta (HardSigmoid), factor and summand (Affine). x may be y.
    void (*unary)(UnaryOp op, const float* x, float* y, std::int64_t count, float a, float b);
    /// y[i] = op(a[i · aStep], b[i · bStep]); steps 0 or 1. y may be a or b where that step is 1.
    void (*binary)(BinaryOp op, const float* a, int aStep, const float* b, int bStep, float* y, std::int64_t count);
    /// y[i] = condition[i · cStep] ? a[i · aStep] : b[i · bStep].
    void (*select)(const std::uint8_t* condition, int cStep, const float* a, int aStep, const float* b, int bStep, float* y,
                   std::int64_t count);
    /// exp(x − max) / Σ, or its logarithm. x may be y.
    void (*softmaxRow)(const float* x, float* y, std::int64_t count, bool logarithm);
    /// y[i] = exp(x[i] − shift); returns their sum. x may be y.
    float (*exponentialRow)(const float* x, float shift, float* y, std::int64_t count);
    /// x / sqrt(mean(x²) + ε) · scale.
    void (*rmsRow)(const float* x, const float* scale, float* y, std::int64_t count, float epsilon);
    /// (x − mean) / sqrt(variance + ε) · scale + bias; scale and bias may be null.
    void (*layerNormRow)(const float* x, const float* scale, const float* bias, float* y, std::int64_t count, float epsilon);
    float (*reduceRow)(ReduceOp op, const float* x, std::int64_t count);
    /// sum[i] = op(sum[i], x[i]).
    void (*accumulate)(ReduceOp op, const float* x, float* sum, std::int64_t count);
    /// y[i] = (codes[i] − zero) · scale; the codes are int8 where isSigned says so.
    void (*dequantize)(const std::uint8_t* codes, bool isSigned, float scale, std::int32_t zero, float* y, std::int64_t count);
    /// codes[i] = saturate(round half even(x[i] / scale) + zero); NaN becomes the zero point.
    void (*quantize)(const float* x, float scale, std::int32_t zero, bool isSigned, std::uint8_t* codes, std::int64_t count);
};

extern const VectorKernels kPortableVectorKernels;
#if defined(__x86_64__)
extern const VectorKernels kAvx2VectorKernels;
extern const VectorKernels kAvx512VectorKernels;
#endif

/// Those for this processor.
const VectorKernels& vectorKernels();
const VectorKernels& vectorKernels(simd::Isa isa);

}  // namespace trimtab::cpu
