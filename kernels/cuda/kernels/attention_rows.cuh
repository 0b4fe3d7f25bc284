#pragma once
// What the kernels of attention.h share: which rows there are, which keys each of them sees, how a product becomes a score.
//
// All query heads that share a kv head are rows over the same keys: row i of kv head h is token i / group, head h · group + i % group. A
// tile of rows therefore reads each key once for the whole group.
#include <cstdint>

#include "kernels/cuda/kernels/attention.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

/// Attention with the extents that kernels compute with.
struct AttentionView {
    int batch = 0, kvHeads = 0, group = 0, headSize = 0, queries = 0;
    int past = 0;
    int window = 0;
    int rows = 0;  // queries · group
    bool causal = true;
    float scale = 0, softCap = 0;
    std::int64_t capacity = 0;
    std::int64_t qBatchStride = 0, qTokenStride = 0, qHeadStride = 0;
    const std::int32_t* lastOnDevice = nullptr;
};

inline AttentionView viewOf(const Attention& a) {
    AttentionView view;
    view.batch = static_cast<int>(a.batch);
    view.kvHeads = static_cast<int>(a.kvHeads);
    view.group = static_cast<int>(a.heads / a.kvHeads);
    view.headSize = static_cast<int>(a.headSize);
    view.queries = static_cast<int>(a.queries);
    view.past = static_cast<int>(a.past);
    view.window = static_cast<int>(a.window);
    view.rows = view.queries * view.group;
    view.causal = a.causal;
    view.scale = a.scale;
    view.softCap = a.softCap;
    view.capacity = a.capacity;
    view.qBatchStride = a.qBatchStride;
    view.qTokenStride = a.qTokenStride;
    view.qHeadStride = a.qHeadStride;
    view.lastOnDevice = a.lastOnDevice;
    return view;
}

inline constexpr float kLog2E = 1.44269504088896340736F;

/// Of one sequence, by a view's lastOnDevice and past. REQUIRES: waitForPreviousKernel() was called.
template <class View>
__device__ __forceinline__ int tokensBefore(const View& a, int batch) {
    if (a.lastOnDevice == nullptr) return a.past;
    const int before = a.lastOnDevice[batch] + 1 - a.queries;
    return before < 0 ? 0 : before < a.past ? before : a.past;
}

/// Keys begin ≤ t < end.
struct KeyRange {
    int begin, end;
};
__device__ __forceinline__ KeyRange keysSeen(const AttentionView& a, int past, int token) {
    const int next = past + token + 1;
    return {a.window > 0 && next > a.window ? next - a.window : 0, a.causal ? next : past + a.queries};
}
/// Keys that any of the rows first…last sees.
__device__ __forceinline__ KeyRange keysSeen(const AttentionView& a, int past, int firstRow, int lastRow) {
    return {keysSeen(a, past, firstRow / a.group).begin, keysSeen(a, past, lastRow / a.group).end};
}

/// The score times log2 e, so that its exponential is a power of two.
__device__ __forceinline__ float scoreOf(const AttentionView& a, float product) {
    if (a.softCap <= 0) return product * (a.scale * kLog2E);
    // tanh(x) = 1 − 2 / (e^2x + 1); the error, an ulp of 1, is far below what a score needs.
    const float power = exp2f(product * (a.scale / a.softCap * 2 * kLog2E));
    return a.softCap * kLog2E * (1 - __fdividef(2, power + 1));
}

template <class T>
__device__ __forceinline__ const T* queryRow(const AttentionView& a, const T* q, int batch, int kvHead, int row) {
    return q + batch * a.qBatchStride + row / a.group * a.qTokenStride + (kvHead * a.group + row % a.group) * a.qHeadStride;
}
template <class T>
__device__ __forceinline__ T* outputRow(const AttentionView& a, T* o, int batch, int kvHead, int row) {
    const std::int64_t token = static_cast<std::int64_t>(batch) * a.queries + row / a.group;
    return o + (token * a.kvHeads * a.group + kvHead * a.group + row % a.group) * a.headSize;
}

/// Two numbers as 16-bit elements in a register, `low` in its low half.
template <class T>
__device__ __forceinline__ unsigned packPair(float low, float high) {
    struct alignas(4) Pair {
        T low, high;
    };
    return __builtin_bit_cast(unsigned, Pair{fromFloat<T>(low), fromFloat<T>(high)});
}

/// What to subtract from scores of which `largest` is the largest: finite even when there are none.
__device__ __forceinline__ float finiteLargest(float largest) { return largest == -INFINITY ? 0.0F : largest; }

}  // namespace trimtab::cuda
