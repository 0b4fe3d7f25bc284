#pragma once
// What rows are folded into: sums, extremes, the position of an extreme, and the two numbers from which a softmax is formed. A fold is a
// small value that kernels receive; State is what a thread keeps, `none()` the state before the first element, takePack() adds neighbours
// in the row beginning at index `first`, merge() joins the states of two parts of a row.
#include "kernels/cuda/kernels/group.cuh"
#include "kernels/cuda/kernels/rows.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

__device__ __forceinline__ bool isNaN(float x) { return x != x; }
__device__ __forceinline__ bool isNaN(long long) { return false; }
/// Integers wrap.
__device__ __forceinline__ float added(float a, float b) { return a + b; }
__device__ __forceinline__ long long added(long long a, long long b) {
    return static_cast<long long>(static_cast<unsigned long long>(a) + static_cast<unsigned long long>(b));
}
__device__ __forceinline__ float multiplied(float a, float b) { return a * b; }
__device__ __forceinline__ long long multiplied(long long a, long long b) {
    return static_cast<long long>(static_cast<unsigned long long>(a) * static_cast<unsigned long long>(b));
}

template <class A>
__device__ __forceinline__ A lowest();
template <>
__device__ __forceinline__ float lowest<float>() {
    return -INFINITY;
}
template <>
__device__ __forceinline__ long long lowest<long long>() {
    return -0x7FFFFFFFFFFFFFFFLL - 1;
}
template <class A>
__device__ __forceinline__ A highest();
template <>
__device__ __forceinline__ float highest<float>() {
    return INFINITY;
}
template <>
__device__ __forceinline__ long long highest<long long>() {
    return 0x7FFFFFFFFFFFFFFFLL;
}

/// One number: everything but LogSumExp. NaN wins in Max and Min. A: float or long long.
template <class A>
struct NumberFold {
    using Accumulator = A;
    using State = A;

    Reduction kind;

    __device__ __forceinline__ State none() const {
        switch (kind) {
            case Reduction::Max: return lowest<A>();
            case Reduction::Min: return highest<A>();
            case Reduction::Prod: return A(1);
            default: return A(0);
        }
    }
    __device__ __forceinline__ State merge(State a, State b) const {
        switch (kind) {
            case Reduction::Max: return isNaN(a) || a > b ? a : b;
            case Reduction::Min: return isNaN(a) || a < b ? a : b;
            case Reduction::Prod: return multiplied(a, b);
            default: return added(a, b);
        }
    }
    template <int N>
    __device__ __forceinline__ void takePack(State& state, const A (&x)[N], long long) const {
        A lifted[N];
#pragma unroll
        for (int i = 0; i < N; ++i) {
            const bool square = kind == Reduction::SumSquare || kind == Reduction::L2;
            lifted[i] = square ? x[i] * x[i] : kind == Reduction::L1 && x[i] < 0 ? -x[i] : x[i];
        }
#pragma unroll
        for (int i = 0; i < N; ++i) state = merge(state, lifted[i]);
    }
    __device__ __forceinline__ float finish(float state, std::int64_t length) const {
        switch (kind) {
            case Reduction::Mean: return state / static_cast<float>(length);
            case Reduction::L2: return sqrtf(state);
            case Reduction::LogSum: return logf(state);
            default: return state;
        }
    }
    __device__ __forceinline__ long long finish(long long state, std::int64_t length) const {
        return kind == Reduction::Mean ? state / static_cast<long long>(length) : state;
    }
};

/// The largest number of a row and Σ exp(x − top), found in one walk.
struct Peak {
    float top;
    float sum;
};
__device__ __forceinline__ Peak exchange(Peak p, int mask) { return {exchange(p.top, mask), exchange(p.sum, mask)}; }
/// exp(from − to), 1 where both are the same infinity.
__device__ __forceinline__ float lowered(float from, float to) { return from == to ? 1.0f : expf(from - to); }

struct PeakFold {
    using Accumulator = float;
    using State = Peak;

    __device__ __forceinline__ State none() const { return {-INFINITY, 0.0f}; }
    __device__ __forceinline__ State merge(State a, State b) const {
        const float top = fmaxf(a.top, b.top);
        return {top, a.sum * lowered(a.top, top) + b.sum * lowered(b.top, top)};
    }
    template <int N>
    __device__ __forceinline__ void takePack(State& state, const float (&x)[N], long long) const {
        float top = state.top;
#pragma unroll
        for (int i = 0; i < N; ++i) top = fmaxf(top, x[i]);
        float sum = state.sum * lowered(state.top, top);
#pragma unroll
        for (int i = 0; i < N; ++i) sum += lowered(x[i], top);
        state = {top, sum};
    }
    /// log Σ exp(x).
    __device__ __forceinline__ float finish(State state, std::int64_t) const {
        return isinf(state.top) ? state.top : state.top + logf(state.sum);
    }
};

template <class A>
struct Located {
    A value;
    long long index;  // −1 before the first element
};
template <class A>
__device__ __forceinline__ Located<A> exchange(Located<A> l, int mask) {
    return {exchange(l.value, mask), exchange(l.index, mask)};
}

/// The position of the largest or smallest number; NaN counts as larger than every number, and of several NaN the first is meant.
template <class A>
struct PositionFold {
    using Accumulator = A;
    using State = Located<A>;

    bool largest;
    bool last;

    __device__ __forceinline__ State none() const { return {A(0), -1}; }
    /// Before in the order that is asked for, whatever the positions.
    __device__ __forceinline__ bool better(A a, A b) const {
        if (isNaN(a) || isNaN(b)) return largest ? isNaN(a) && !isNaN(b) : isNaN(b) && !isNaN(a);
        return largest ? a > b : a < b;
    }
    __device__ __forceinline__ State merge(State a, State b) const {
        if (a.index < 0) return b;
        if (b.index < 0) return a;
        if (better(a.value, b.value)) return a;
        if (better(b.value, a.value)) return b;
        const bool earlier = a.index < b.index;
        return earlier != (last && !isNaN(a.value)) ? a : b;
    }
    template <int N>
    __device__ __forceinline__ void takePack(State& state, const A (&x)[N], long long first) const {
#pragma unroll
        for (int i = 0; i < N; ++i) state = merge(state, {x[i], first + i});
    }
    __device__ __forceinline__ long long finish(State state, std::int64_t) const { return state.index; }
};

}  // namespace trimtab::cuda
