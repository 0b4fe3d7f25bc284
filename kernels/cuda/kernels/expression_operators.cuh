#pragma once
// The operators of a chain on V accumulators. Formulas are those of the ONNX operator texts (opset 17 and the later activations), formed in
// float32; integers wrap as in C, and a zero divisor among them gives 0.
#include <cstdint>

#include "kernels/cuda/kernels/expression.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

/// acc[i] = f(acc[i]); the code stands once for each of the V accumulators.
template <int V, class T, class F>
__device__ __forceinline__ void each(T (&acc)[V], F f) {
#pragma unroll
    for (int i = 0; i < V; ++i) acc[i] = f(acc[i]);
}

/// acc[i] = f(acc[i], b[i]) with the code once: the values pass through place 0 in turn, so that no register is indexed. For long
/// functions.
template <int V, class F>
__device__ __forceinline__ void eachInTurn(float (&acc)[V], const float (&b)[V], F f) {
    float turning[V];
#pragma unroll
    for (int i = 0; i < V; ++i) turning[i] = b[i];
#pragma unroll 1
    for (int turn = 0; turn < V; ++turn) {
        const float result = f(acc[0], turning[0]);
        const float used = turning[0];
#pragma unroll
        for (int i = 0; i + 1 < V; ++i) {
            acc[i] = acc[i + 1];
            turning[i] = turning[i + 1];
        }
        acc[V - 1] = result;
        turning[V - 1] = used;
    }
}

template <int V, class T, class F>
__device__ __forceinline__ void pairwise(T (&acc)[V], const T (&b)[V], F f) {
#pragma unroll
    for (int i = 0; i < V; ++i) acc[i] = f(acc[i], b[i]);
}

/// Within 2 units of the last place; 0 where the exponential overflows.
__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.0f, 1.0f + expf(-x)); }
__device__ __forceinline__ float softplus(float x) { return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)); }
/// √(2/π)·(x + 0.044715 x³): Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016.
__device__ __forceinline__ float geluTanh(float x) { return 0.5f * x * (1.0f + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x))); }
__device__ __forceinline__ float geluErf(float x) { return 0.5f * x * erfcf(x * -0.7071067811865476f); }
/// The remainder of a floored division: it has the divisor's sign.
__device__ __forceinline__ float flooredRest(float a, float b) {
    const float rest = fmodf(a, b);
    return rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
}

/// Short functions of one value. False when the operator is not among them.
template <int V>
__device__ __forceinline__ bool applySimple(Op op, float p, float q, float (&acc)[V]) {
    switch (op) {
        case Op::Abs: each(acc, [](float x) { return fabsf(x); }); return true;
        case Op::Neg: each(acc, [](float x) { return -x; }); return true;
        case Op::Relu: each(acc, [](float x) { return x < 0 ? 0.0f : x; }); return true;
        case Op::LeakyRelu: each(acc, [p](float x) { return x < 0 ? p * x : x; }); return true;
        case Op::Clip:
            each(acc, [p, q](float x) {
                const float raised = x < p ? p : x;
                return q < raised ? q : raised;
            });
            return true;
        case Op::HardSigmoid: each(acc, [p, q](float x) { return fminf(1.0f, fmaxf(0.0f, p * x + q)); }); return true;
        case Op::HardSwish: each(acc, [](float x) { return x * fminf(fmaxf(x / 6 + 0.5f, 0.0f), 1.0f); }); return true;
        case Op::Sqrt: each(acc, [](float x) { return sqrtf(x); }); return true;
        case Op::Rsqrt: each(acc, [](float x) { return rsqrtf(x); }); return true;
        case Op::Reciprocal: each(acc, [](float x) { return 1.0f / x; }); return true;
        case Op::Softsign: each(acc, [](float x) { return x / (1.0f + fabsf(x)); }); return true;
        case Op::Floor: each(acc, [](float x) { return floorf(x); }); return true;
        case Op::Ceil: each(acc, [](float x) { return ceilf(x); }); return true;
        case Op::Round: each(acc, [](float x) { return rintf(x); }); return true;
        case Op::Sign: each(acc, [](float x) { return isnan(x) ? x : static_cast<float>((x > 0) - (x < 0)); }); return true;
        case Op::Not: each(acc, [](float x) { return x == 0 ? 1.0f : 0.0f; }); return true;
        case Op::IsNaN: each(acc, [](float x) { return isnan(x) ? 1.0f : 0.0f; }); return true;
        case Op::IsInf: each(acc, [](float x) { return isinf(x) ? 1.0f : 0.0f; }); return true;
        case Op::Scale: each(acc, [p, q](float x) { return x * p + q; }); return true;
        default: return false;
    }
}

/// Functions with exponentials. Those that models are full of are written out for every accumulator, the rest stand once.
template <int V>
__device__ __forceinline__ void applyTranscendental(Op op, float p, float q, float (&acc)[V]) {
    switch (op) {
        case Op::Sigmoid: each(acc, [](float x) { return sigmoid(x); }); return;
        case Op::Silu: each(acc, [](float x) { return x * sigmoid(x); }); return;
        case Op::Exp: each(acc, [](float x) { return expf(x); }); return;
        case Op::Tanh: each(acc, [](float x) { return tanhf(x); }); return;
        case Op::GeluTanh: each(acc, [](float x) { return geluTanh(x); }); return;
        case Op::GeluErf: each(acc, [](float x) { return geluErf(x); }); return;
        default: break;
    }
    eachInTurn(acc, acc, [op, p, q](float x, float) {
        switch (op) {
            case Op::Erf: return erff(x);
            case Op::Log: return logf(x);
            case Op::Elu: return x < 0 ? p * expm1f(x) : x;
            case Op::Celu: return fmaxf(x, 0.0f) + fminf(0.0f, p * expm1f(x / p));
            case Op::Selu: return q * (x > 0 ? x : p * expm1f(x));
            case Op::Softplus: return softplus(x);
            case Op::Mish: return x * tanhf(softplus(x));
            case Op::Sin: return sinf(x);
            case Op::Cos: return cosf(x);
            default: return x;
        }
    });
}

template <int V>
__device__ __forceinline__ void applyUnary(Op op, float p, float q, float (&acc)[V]) {
    if (!applySimple(op, p, q, acc)) applyTranscendental(op, p, q, acc);
}

/// What float32 and int64 have in common. False when the operator is not among them.
template <int V, class T>
__device__ __forceinline__ bool applyComparison(Op op, T (&acc)[V], const T (&b)[V]) {
    switch (op) {
        case Op::And: pairwise(acc, b, [](T x, T y) { return T(x != 0 && y != 0); }); return true;
        case Op::Or: pairwise(acc, b, [](T x, T y) { return T(x != 0 || y != 0); }); return true;
        case Op::Xor: pairwise(acc, b, [](T x, T y) { return T((x != 0) != (y != 0)); }); return true;
        case Op::Equal: pairwise(acc, b, [](T x, T y) { return T(x == y); }); return true;
        case Op::Less: pairwise(acc, b, [](T x, T y) { return T(x < y); }); return true;
        case Op::LessOrEqual: pairwise(acc, b, [](T x, T y) { return T(x <= y); }); return true;
        case Op::Greater: pairwise(acc, b, [](T x, T y) { return T(x > y); }); return true;
        case Op::GreaterOrEqual: pairwise(acc, b, [](T x, T y) { return T(x >= y); }); return true;
        default: return false;
    }
}

/// NaN wins in Min and Max.
template <int V>
__device__ __forceinline__ void applyBinary(Op op, float (&acc)[V], const float (&b)[V]) {
    if (applyComparison(op, acc, b)) return;
    switch (op) {
        case Op::Add: pairwise(acc, b, [](float x, float y) { return x + y; }); return;
        case Op::Sub: pairwise(acc, b, [](float x, float y) { return x - y; }); return;
        case Op::ReverseSub: pairwise(acc, b, [](float x, float y) { return y - x; }); return;
        case Op::Mul: pairwise(acc, b, [](float x, float y) { return x * y; }); return;
        case Op::Div: pairwise(acc, b, [](float x, float y) { return x / y; }); return;
        case Op::ReverseDiv: pairwise(acc, b, [](float x, float y) { return y / x; }); return;
        case Op::Min: pairwise(acc, b, [](float x, float y) { return isnan(x) ? x : x < y ? x : y; }); return;
        case Op::Max: pairwise(acc, b, [](float x, float y) { return isnan(x) ? x : x > y ? x : y; }); return;
        default: break;
    }
    eachInTurn(acc, b, [op](float x, float y) {
        switch (op) {
            case Op::Pow: return y == 2 ? x * x : powf(x, y);
            case Op::ReversePow: return powf(y, x);
            case Op::Mod: return flooredRest(x, y);
            case Op::Fmod: return fmodf(x, y);
            default: return x;
        }
    });
}

// --- int64 -----------------------------------------------------------------------------------------------------------

using Wrapping = unsigned long long;

__device__ __forceinline__ long long negated(long long x) { return static_cast<long long>(0ULL - static_cast<Wrapping>(x)); }
__device__ __forceinline__ long long quotient(long long a, long long b) { return b == 0 ? 0 : b == -1 ? negated(a) : a / b; }
__device__ __forceinline__ long long rest(long long a, long long b) { return b == 0 || b == -1 ? 0 : a % b; }
__device__ __forceinline__ long long flooredRest(long long a, long long b) {
    const long long r = rest(a, b);
    return r == 0 || (r < 0) == (b < 0) ? r : r + b;
}
__device__ __forceinline__ long long power(long long base, long long exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    Wrapping result = 1;
    Wrapping square = static_cast<Wrapping>(base);
    for (auto bits = static_cast<Wrapping>(exponent); bits != 0; bits >>= 1, square *= square)
        if (bits & 1) result *= square;
    return static_cast<long long>(result);
}

template <int V>
__device__ __forceinline__ void applyUnary(Op op, long long p, long long q, long long (&acc)[V]) {
    each(acc, [op, p, q](long long x) -> long long {
        switch (op) {
            case Op::Abs: return x < 0 ? negated(x) : x;
            case Op::Neg: return negated(x);
            case Op::Relu: return x < 0 ? 0 : x;
            case Op::Clip: {
                const long long raised = x < p ? p : x;
                return q < raised ? q : raised;
            }
            case Op::Sign: return (x > 0) - (x < 0);
            case Op::Not: return x == 0;
            default: return x;
        }
    });
}

template <int V>
__device__ __forceinline__ void applyBinary(Op op, long long (&acc)[V], const long long (&b)[V]) {
    if (applyComparison(op, acc, b)) return;
    pairwise(acc, b, [op](long long x, long long y) -> long long {
        switch (op) {
            case Op::Add: return static_cast<long long>(static_cast<Wrapping>(x) + static_cast<Wrapping>(y));
            case Op::Sub: return static_cast<long long>(static_cast<Wrapping>(x) - static_cast<Wrapping>(y));
            case Op::ReverseSub: return static_cast<long long>(static_cast<Wrapping>(y) - static_cast<Wrapping>(x));
            case Op::Mul: return static_cast<long long>(static_cast<Wrapping>(x) * static_cast<Wrapping>(y));
            case Op::Div: return quotient(x, y);
            case Op::ReverseDiv: return quotient(y, x);
            case Op::Pow: return power(x, y);
            case Op::ReversePow: return power(y, x);
            case Op::Min: return y < x ? y : x;
            case Op::Max: return x < y ? y : x;
            case Op::Mod: return flooredRest(x, y);
            case Op::Fmod: return rest(x, y);
            default: return x;
        }
    });
}

}  // namespace trimtab::cuda
