// Softmax and its logarithm along the middle of [outer, length, inner], by the largest entry and the sum found in one walk (Milakov,
// Gimelshein, "Online normalizer calculation for softmax", 2018). A row that holds an infinity above or nothing but infinities below
// becomes NaN, as exp(∞ − ∞) does.
#include "kernels/cuda/kernels/row_walk.cuh"
#include "kernels/cuda/kernels/rows_launch.h"

namespace trimtab::cuda {
namespace {

/// exp(x − top) / sum, or its logarithm.
struct Finish {
    float top;
    float factor;  // 1 / sum, or log sum
    bool logarithm;

    __device__ __forceinline__ Finish(const Peak& peak, bool wantsLogarithm) : top(peak.top), logarithm(wantsLogarithm) {
        const float sum = isinf(peak.top) ? NAN : peak.sum;
        factor = logarithm ? logf(sum) : 1.0f / sum;
    }
    __device__ __forceinline__ float operator()(float x) const { return logarithm ? x - top - factor : expf(x - top) * factor; }
};

template <class T, int V, int K, bool kBlock>
__global__ void __launch_bounds__(K == 1 ? kRowThreads : kHeldRowThreads)
    heldSoftmaxKernel(std::int64_t rows, int length, bool logarithm, const T* x, T* y) {
    SHARED_ARRAY(Peak, partial, kWarp);
    allowNextKernel();
    waitForPreviousKernel();
    const RowPlace<kBlock> place;
    if (place.row >= rows) return;
    const std::int64_t begin = place.row * length;
    const PeakFold fold;
    float held[K][V];
#pragma unroll
    for (int k = 0; k < K; ++k) {
        const int at = (place.thread + k * place.threads) * V;
        if (at < length) loadFloats<V>(x + begin + at, held[k]);
    }
    Peak own = fold.none();
#pragma unroll
    for (int k = 0; k < K; ++k)
        if ((place.thread + k * place.threads) * V < length) fold.takePack(own, held[k], 0);
    const Finish finish(mergeRow<kBlock>(fold, own, static_cast<Peak*>(partial)), logarithm);
#pragma unroll
    for (int k = 0; k < K; ++k) {
        const int at = (place.thread + k * place.threads) * V;
        if (at >= length) continue;
#pragma unroll
        for (int i = 0; i < V; ++i) held[k][i] = finish(held[k][i]);
        storeFloats<V>(y + begin + at, held[k]);
    }
}

/// V > 1: rows are aligned to 16 bytes and whole multiples of V.
template <class T, int V>
__global__ void __launch_bounds__(kRowThreads, 1) walkedSoftmaxKernel(std::int64_t length, bool logarithm, const T* x, T* y) {
    SHARED_ARRAY(Peak, partial, kWarp);
    allowNextKernel();
    waitForPreviousKernel();
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * length;
    const PeakFold fold;
    const Peak own = walkRow(fold, x + begin, length, static_cast<int>(threadIdx.x), static_cast<int>(blockDim.x));
    // y may be x: the barrier in here also keeps anyone from writing what another still reads.
    const Finish finish(mergeRow<true>(fold, own, static_cast<Peak*>(partial)), logarithm);
    const std::int64_t step = static_cast<std::int64_t>(blockDim.x) * V;
    for (std::int64_t c = static_cast<std::int64_t>(threadIdx.x) * V; c < length; c += step) {
        float values[V];
        loadFloats<V>(x + begin + c, values);
#pragma unroll
        for (int i = 0; i < V; ++i) values[i] = finish(values[i]);
        storeFloats<V>(y + begin + c, values);
    }
}

template <class T>
__global__ void __launch_bounds__(kColumnThreads)
    softmaxColumnsKernel(std::int64_t length, std::int64_t inner, bool logarithm, const T* x, T* y) {
    SHARED_ARRAY(Peak, partial, kColumnThreads);
    allowNextKernel();
    waitForPreviousKernel();
    const ColumnPlace place(length, inner);
    const Finish finish(foldColumn(PeakFold{}, x, place, length, inner, static_cast<Peak*>(partial)), logarithm);
    if (!place.valid) return;
    for (std::int64_t i = threadIdx.y; i < length; i += blockDim.y) {
        const std::int64_t at = place.first + i * inner;
        y[at] = fromFloat<T>(finish(toFloat(x[at])));
    }
}

template <class T>
Status launchRows(Stream stream, std::int64_t rows, std::int64_t length, bool logarithm, const T* x, T* y) {
    constexpr int V = kPackWidth<T>;
    TRIMTAB_REQUIRE(checkRows("softmax", rows));
    const dim3 warpBlock(kWarpsPerBlock * kWarp);
    const dim3 warpGrid(blocksFor(rows, kWarpsPerBlock));
    const dim3 blockGrid(static_cast<unsigned>(rows));
    const int columns = static_cast<int>(std::min<std::int64_t>(length, 1 << 30));
    const bool packed = length % V == 0 && aligned16(x) && aligned16(y);
    const std::int64_t units = packed ? length / V : length;
    if (!packed) {
        if (units <= 4 * kWarp)
            return launchDependent(heldSoftmaxKernel<T, 1, 4, false>, warpGrid, warpBlock, 0, stream, rows, columns, logarithm, x, y);
        return launchDependent(walkedSoftmaxKernel<T, 1>, blockGrid, dim3(threadsFor(units, kRowThreads)), 0, stream, length, logarithm, x,
                               y);
    }
    if (units <= kWarp)
        return launchDependent(heldSoftmaxKernel<T, V, 1, false>, warpGrid, warpBlock, 0, stream, rows, columns, logarithm, x, y);
    if (units <= 4 * kWarp && rows > 64)
        return launchDependent(heldSoftmaxKernel<T, V, 4, false>, warpGrid, warpBlock, 0, stream, rows, columns, logarithm, x, y);
    if (units <= kRowThreads)
        return launchDependent(heldSoftmaxKernel<T, V, 1, true>, blockGrid, dim3(threadsFor(units, kRowThreads)), 0, stream, rows, columns,
                               logarithm, x, y);
    if (units <= 4 * kHeldRowThreads)
        return launchDependent(heldSoftmaxKernel<T, V, 4, true>, blockGrid, dim3(threadsFor((units + 3) / 4, kHeldRowThreads)), 0, stream,
                               rows, columns, logarithm, x, y);
    return launchDependent(walkedSoftmaxKernel<T, V>, blockGrid, dim3(kRowThreads), 0, stream, length, logarithm, x, y);
}

template <class T>
Status launchTyped(Stream stream, std::int64_t outer, std::int64_t length, std::int64_t inner, bool logarithm, const void* from, void* to) {
    const T* x = static_cast<const T*>(from);
    T* y = static_cast<T*>(to);
    if (inner == 1) return launchRows(stream, outer, length, logarithm, x, y);
    const dim3 block = columnBlock(length);
    const std::int64_t blocks = columnBlocks(outer, inner, block);
    TRIMTAB_REQUIRE(checkRows("softmax", blocks));
    return launchDependent(softmaxColumnsKernel<T>, dim3(static_cast<unsigned>(blocks)), block, 0, stream, length, inner, logarithm, x, y);
}

}  // namespace

Status launchSoftmax(Stream stream, DataType type, std::int64_t outer, std::int64_t length, std::int64_t inner, bool logarithm,
                     const void* x, void* y) {
    if (outer == 0 || length == 0 || inner == 0) return {};
    switch (type) {
        case DataType::Float32: return launchTyped<float>(stream, outer, length, inner, logarithm, x, y);
        case DataType::Float16: return launchTyped<__half>(stream, outer, length, inner, logarithm, x, y);
        case DataType::BFloat16: return launchTyped<__nv_bfloat16>(stream, outer, length, inner, logarithm, x, y);
        default: return refuseType("softmax", type);
    }
}

}  // namespace trimtab::cuda
