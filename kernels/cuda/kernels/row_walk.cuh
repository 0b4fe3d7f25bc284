#pragma once
// Rows and columns walked through a fold (folds.cuh).
#include "kernels/cuda/kernels/folds.cuh"
#include "kernels/cuda/kernels/pack.cuh"

namespace trimtab::cuda {

__device__ __forceinline__ float accumulated(float x, float) { return x; }
__device__ __forceinline__ float accumulated(__half x, float) { return toFloat(x); }
__device__ __forceinline__ float accumulated(__nv_bfloat16 x, float) { return toFloat(x); }
template <class Integer>
__device__ __forceinline__ long long accumulated(Integer x, long long) {
    return static_cast<long long>(x);
}

template <class Fold, int N, class T>
__device__ __forceinline__ void takeFrom(const Fold& fold, typename Fold::State& state, const T* row, std::int64_t at) {
    const Pack<T, N> pack = loadPack<N>(row + at);
    typename Fold::Accumulator values[N];
#pragma unroll
    for (int i = 0; i < N; ++i) values[i] = accumulated(pack.item[i], typename Fold::Accumulator{});
    fold.takePack(state, values, static_cast<long long>(at));
}

/// One thread's share of a row: single elements up to the first 16-byte boundary, accesses of 16 bytes from there, single elements behind
/// the last.
template <class Fold, class T>
__device__ __forceinline__ typename Fold::State walkRow(const Fold& fold, const T* row, std::int64_t length, int thread, int threads) {
    constexpr int V = kPackWidth<T>;
    const int past = static_cast<int>(reinterpret_cast<std::uintptr_t>(row) % 16 / sizeof(T));
    const std::int64_t head = past == 0 ? 0 : length < V - past ? length : V - past;
    const std::int64_t units = (length - head) / V;
    auto state = fold.none();
    for (std::int64_t i = thread; i < head; i += threads) takeFrom<Fold, 1>(fold, state, row, i);
#pragma unroll 4
    for (std::int64_t unit = thread; unit < units; unit += threads) takeFrom<Fold, V>(fold, state, row, head + unit * V);
    for (std::int64_t i = head + units * V + thread; i < length; i += threads) takeFrom<Fold, 1>(fold, state, row, i);
    return state;
}

/// The fold of a whole row, for every thread of its group.
template <bool kBlock, class Fold>
__device__ __forceinline__ typename Fold::State mergeRow(const Fold& fold, typename Fold::State own, typename Fold::State* partial) {
    using State = typename Fold::State;
    return mergeGroup<kBlock>(own, fold.none(), partial, [&fold](State a, State b) { return fold.merge(a, b); });
}

// --- along the middle of [outer, length, inner] ------------------------------------------------------------------------

/// A block of blockDim.x neighbouring columns, whose lengths are shared among blockDim.y rows of threads.
inline constexpr int kColumnThreads = 256;

struct ColumnPlace {
    std::int64_t first;   // offset of the column's first element
    std::int64_t result;  // of its result in [outer, inner]
    bool valid;

    __device__ __forceinline__ ColumnPlace(std::int64_t length, std::int64_t inner) {
        const std::int64_t tiles = (inner + blockDim.x - 1) / blockDim.x;
        const std::int64_t outer = blockIdx.x / tiles;
        const std::int64_t column = blockIdx.x % tiles * blockDim.x + threadIdx.x;
        valid = column < inner;
        first = outer * length * inner + column;
        result = outer * inner + column;
    }
};

/// The fold of this thread's column, for every thread of it. `partial` holds kColumnThreads states.
template <class Fold, class T>
__device__ __forceinline__ typename Fold::State foldColumn(const Fold& fold, const T* x, const ColumnPlace& place, std::int64_t length,
                                                           std::int64_t inner, typename Fold::State* partial) {
    auto state = fold.none();
    if (place.valid) {
#pragma unroll 4
        for (std::int64_t i = threadIdx.y; i < length; i += blockDim.y) {
            const typename Fold::Accumulator value[1] = {accumulated(x[place.first + i * inner], typename Fold::Accumulator{})};
            fold.takePack(state, value, static_cast<long long>(i));
        }
    }
    if (blockDim.y == 1) return state;
    partial[threadIdx.y * blockDim.x + threadIdx.x] = state;
    __syncthreads();
    state = partial[threadIdx.x];
    for (unsigned y = 1; y < blockDim.y; ++y) state = fold.merge(state, partial[y * blockDim.x + threadIdx.x]);
    return state;
}

/// Few long columns: 32 at a time, each shared by 8 threads. Many or short ones: 128 at a time, one thread each.
inline dim3 columnBlock(std::int64_t length) { return length >= 32 ? dim3(32, kColumnThreads / 32) : dim3(128); }
inline std::int64_t columnBlocks(std::int64_t outer, std::int64_t inner, const dim3& block) {
    return outer * ((inner + block.x - 1) / block.x);
}

}  // namespace trimtab::cuda
