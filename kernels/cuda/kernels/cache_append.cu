// New keys and values into the cache, rotated on the way, and q rotated in place: one pass over the projections' result.
//   rotated pair (a, b) at angle φ: (a · cos φ − b · sin φ, b · cos φ + a · sin φ)    Su et al. 2021, "RoFormer", eq. 34
#include <cstdint>

#include "kernels/cuda/kernels/attention_rows.cuh"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

struct AppendView {
    int queries = 0, past = 0, heads = 0, kvHeads = 0, headSize = 0, half = 0;
    int firstSlot = 0;      // slots: heads of q, of k, of v; those of q are left out when nothing is rotated
    int slots = 0;
    int unitsInHead = 0;    // threads that share a head
    bool interleaved = false;
    std::int64_t capacity = 0;
    std::int64_t qBatchStride = 0, qTokenStride = 0, qHeadStride = 0;
    std::int64_t kvBatchStride = 0, kvTokenStride = 0, kvHeadStride = 0;
    const std::int32_t* lastOnDevice = nullptr;
};

/// kCount pairs from pair `first` on: two pieces, in which the pairs lie side by side (interleaved) or across.
template <int kCount, class T>
__device__ __forceinline__ void rotatePairs(const AppendView& a, int first, const T* from, T* to, const float* cos, const float* sin) {
    const int offset = a.interleaved ? 2 * first : first;
    const int other = a.interleaved ? offset + kCount : first + a.half;
    Pack<T, kCount> low = loadPack<kCount>(from + offset);
    Pack<T, kCount> high = loadPack<kCount>(from + other);
    float c[kCount];
    float s[kCount];
    loadFloats(cos + first, c);
    loadFloats(sin + first, s);
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
        // Side by side, pair i is elements 2i and 2i + 1 of both pieces in a row.
        T& x = !a.interleaved ? low.item[i] : 2 * i < kCount ? low.item[2 * i % kCount] : high.item[2 * i % kCount];
        T& y = !a.interleaved ? high.item[i] : 2 * i + 1 < kCount ? low.item[(2 * i + 1) % kCount] : high.item[(2 * i + 1) % kCount];
        const float real = toFloat(x);
        const float imaginary = toFloat(y);
        x = fromFloat<T>(real * c[i] - imaginary * s[i]);
        y = fromFloat<T>(imaginary * c[i] + real * s[i]);
    }
    storePack<kCount>(to + offset, low);
    storePack<kCount>(to + other, high);
}

/// Grid: (tokens, units of all slots / block size). A unit is kCount rotated pairs or kCount copied elements.
template <class T, int kCount>
__global__ void __launch_bounds__(128)
    appendToCache(AppendView a, T* q, const T* k, const T* v, const float* cos, const float* sin, T* keys, T* values) {
    const int index = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
    const int slot = a.firstSlot + index / a.unitsInHead;
    const int unit = index % a.unitsInHead;
    const int batch = static_cast<int>(blockIdx.x) / a.queries;
    const int token = static_cast<int>(blockIdx.x) % a.queries;
    allowNextKernel();
    waitForPreviousKernel();
    if (slot >= a.firstSlot + a.slots) return;
    const int position = tokensBefore(a, batch) + token;
    const bool isQuery = slot < a.heads;
    const bool isKey = !isQuery && slot < a.heads + a.kvHeads;
    const T* from = nullptr;
    T* to = nullptr;
    if (isQuery) {
        to = q + batch * a.qBatchStride + token * a.qTokenStride + slot * a.qHeadStride;
        from = to;
    } else {
        const int head = slot - a.heads - (isKey ? 0 : a.kvHeads);
        from = (isKey ? k : v) + batch * a.kvBatchStride + token * a.kvTokenStride + head * a.kvHeadStride;
        to = (isKey ? keys : values) + ((static_cast<std::int64_t>(batch) * a.kvHeads + head) * a.capacity + position) * a.headSize;
    }
    const int pairUnits = isQuery || isKey ? a.half / kCount : 0;
    if (unit < pairUnits) {
        const std::int64_t row = static_cast<std::int64_t>(position) * a.half;
        rotatePairs<kCount>(a, unit * kCount, from, to, cos + row, sin + row);
        return;
    }
    const int offset = 2 * pairUnits * kCount + (unit - pairUnits) * kCount;
    if (isQuery || offset >= a.headSize) return;
    storePack<kCount>(to + offset, loadPack<kCount>(from + offset));
}

template <class T>
Status launchFor(Stream stream, const Attention& attention, AppendView view, T* q, const T* k, const T* v, const float* cos,
                 const float* sin, T* keys, T* values) {
    constexpr int kCount = 16 / sizeof(T);
    constexpr unsigned kThreads = 128;
    std::uintptr_t bits = 0;
    for (const void* pointer :
         {static_cast<const void*>(k), static_cast<const void*>(v), static_cast<const void*>(keys), static_cast<const void*>(values)})
        bits |= reinterpret_cast<std::uintptr_t>(pointer);
    std::int64_t extents = attention.headSize | attention.kvBatchStride | attention.kvTokenStride | attention.kvHeadStride;
    if (view.half > 0) {
        for (const void* pointer : {static_cast<const void*>(q), static_cast<const void*>(cos), static_cast<const void*>(sin)})
            bits |= reinterpret_cast<std::uintptr_t>(pointer);
        extents |= view.half | attention.qBatchStride | attention.qTokenStride | attention.qHeadStride;
    }
    const bool whole = bits % 16 == 0 && extents % kCount == 0;
    view.unitsInHead = view.headSize / (whole ? kCount : 1);
    const unsigned units = static_cast<unsigned>(view.slots) * static_cast<unsigned>(view.unitsInHead);
    const dim3 grid(static_cast<unsigned>(attention.batch * attention.queries), (units + kThreads - 1) / kThreads);
    return launchDependent(whole ? appendToCache<T, kCount> : appendToCache<T, 1>, grid, dim3(kThreads), 0, stream, view, q, k, v, cos, sin,
                           keys, values);
}

}  // namespace

Status launchAppendToCache(Stream stream, const Attention& attention, const Rotary& rotary, void* q, const void* k, const void* v,
                           const float* cos, const float* sin, void* keyCache, void* valueCache) {
    if (attention.past + attention.queries > attention.capacity)
        return fail(ErrorCode::Failed, "more keys than the cache has room for");
    if (rotary.apply && (rotary.half < 1 || 2 * rotary.half > attention.headSize))
        return fail(ErrorCode::Failed, "more rotated pairs than a head holds");
    AppendView view;
    view.queries = static_cast<int>(attention.queries);
    view.past = static_cast<int>(attention.past);
    view.heads = static_cast<int>(attention.heads);
    view.kvHeads = static_cast<int>(attention.kvHeads);
    view.headSize = static_cast<int>(attention.headSize);
    view.half = rotary.apply ? static_cast<int>(rotary.half) : 0;
    view.firstSlot = rotary.apply ? 0 : view.heads;
    view.slots = (rotary.apply ? view.heads : 0) + 2 * view.kvHeads;
    view.interleaved = rotary.interleaved;
    view.capacity = attention.capacity;
    view.qBatchStride = attention.qBatchStride;
    view.qTokenStride = attention.qTokenStride;
    view.qHeadStride = attention.qHeadStride;
    view.kvBatchStride = attention.kvBatchStride;
    view.kvTokenStride = attention.kvTokenStride;
    view.kvHeadStride = attention.kvHeadStride;
    view.lastOnDevice = attention.lastOnDevice;
    return product::withFloat(attention.type, "the cache", [&](auto number) {
        using T = typename decltype(number)::type;
        return launchFor<T>(stream, attention, view, static_cast<T*>(q), static_cast<const T*>(k), static_cast<const T*>(v), cos, sin,
                            static_cast<T*>(keyCache), static_cast<T*>(valueCache));
    });
}

}  // namespace trimtab::cuda
