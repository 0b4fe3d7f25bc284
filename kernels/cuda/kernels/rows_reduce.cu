// Reductions and the position of extremes along the middle of [outer, length, inner].
#include "kernels/cuda/kernels/row_walk.cuh"
#include "kernels/cuda/kernels/rows_launch.h"

namespace trimtab::cuda {
namespace {

__device__ __forceinline__ void putResult(float x, float* to) { *to = x; }
__device__ __forceinline__ void putResult(float x, __half* to) { *to = fromFloat<__half>(x); }
__device__ __forceinline__ void putResult(float x, __nv_bfloat16* to) { *to = fromFloat<__nv_bfloat16>(x); }
template <class Integer>
__device__ __forceinline__ void putResult(long long x, Integer* to) {
    *to = static_cast<Integer>(x);
}

template <class Fold, class T, class Y, bool kBlock>
__global__ void __launch_bounds__(kRowThreads, 1)
    foldRowsKernel(const Fold fold, std::int64_t rows, std::int64_t length, const T* x, Y* y) {
    SHARED_ARRAY(typename Fold::State, partial, kWarp);
    allowNextKernel();
    waitForPreviousKernel();
    const RowPlace<kBlock> place;
    if (place.row >= rows) return;
    const auto own = walkRow(fold, x + place.row * length, length, place.thread, place.threads);
    const auto state = mergeRow<kBlock>(fold, own, static_cast<typename Fold::State*>(partial));
    if (place.thread == 0) putResult(fold.finish(state, length), y + place.row);
}

template <class Fold, class T, class Y>
__global__ void __launch_bounds__(kColumnThreads)
    foldColumnsKernel(const Fold fold, std::int64_t length, std::int64_t inner, const T* x, Y* y) {
    SHARED_ARRAY(typename Fold::State, partial, kColumnThreads);
    allowNextKernel();
    waitForPreviousKernel();
    const ColumnPlace place(length, inner);
    const auto state = foldColumn(fold, x, place, length, inner, static_cast<typename Fold::State*>(partial));
    if (place.valid && threadIdx.y == 0) putResult(fold.finish(state, length), y + place.result);
}

struct Extents {
    std::int64_t outer;
    std::int64_t length;
    std::int64_t inner;
};

template <class T, class Y, class Fold>
Status launchFold(Stream stream, const Fold& fold, const Extents& extents, const void* from, Y* y) {
    const T* x = static_cast<const T*>(from);
    const auto [outer, length, inner] = extents;
    if (inner > 1) {
        const dim3 block = columnBlock(length);
        const std::int64_t blocks = columnBlocks(outer, inner, block);
        TRIMTAB_REQUIRE(checkRows("reduction", blocks));
        return launchDependent(foldColumnsKernel<Fold, T, Y>, dim3(static_cast<unsigned>(blocks)), block, 0, stream, fold, length, inner, x,
                               y);
    }
    TRIMTAB_REQUIRE(checkRows("reduction", outer));
    const std::int64_t units = length / kPackWidth<T>;
    if (units <= 4 * kWarp)
        return launchDependent(foldRowsKernel<Fold, T, Y, false>, dim3(blocksFor(outer, kWarpsPerBlock)), dim3(kWarpsPerBlock * kWarp), 0,
                               stream, fold, outer, length, x, y);
    return launchDependent(foldRowsKernel<Fold, T, Y, true>, dim3(static_cast<unsigned>(outer)),
                           dim3(threadsFor((units + 3) / 4, kRowThreads)), 0, stream, fold, outer, length, x, y);
}

template <class T>
Status reduceFloats(Stream stream, Reduction reduction, const Extents& extents, const void* x, void* y) {
    if (reduction == Reduction::LogSumExp) return launchFold<T>(stream, PeakFold{}, extents, x, static_cast<T*>(y));
    return launchFold<T>(stream, NumberFold<float>{reduction}, extents, x, static_cast<T*>(y));
}

template <class T>
Status reduceIntegers(Stream stream, Reduction reduction, const Extents& extents, const void* x, void* y) {
    switch (reduction) {
        case Reduction::Sum:
        case Reduction::Mean:
        case Reduction::Max:
        case Reduction::Min:
        case Reduction::Prod: return launchFold<T>(stream, NumberFold<long long>{reduction}, extents, x, static_cast<T*>(y));
        default: return fail(ErrorCode::Unsupported, "reduction: this one has no kernel for integers");
    }
}

}  // namespace

Status launchReduce(Stream stream, Reduction reduction, DataType type, std::int64_t outer, std::int64_t length, std::int64_t inner,
                    const void* x, void* y) {
    const Extents extents{outer, length, inner};
    if (outer == 0 || inner == 0) return {};
    if (length < 1) return fail(ErrorCode::Unsupported, "reduction along an empty axis");
    switch (type) {
        case DataType::Float32: return reduceFloats<float>(stream, reduction, extents, x, y);
        case DataType::Float16: return reduceFloats<__half>(stream, reduction, extents, x, y);
        case DataType::BFloat16: return reduceFloats<__nv_bfloat16>(stream, reduction, extents, x, y);
        case DataType::Int32: return reduceIntegers<std::int32_t>(stream, reduction, extents, x, y);
        case DataType::Int64: return reduceIntegers<long long>(stream, reduction, extents, x, y);
        default: return refuseType("reduction", type);
    }
}

Status launchArgReduce(Stream stream, bool largest, bool selectLast, DataType type, std::int64_t outer, std::int64_t length,
                       std::int64_t inner, const void* x, std::int64_t* y) {
    const Extents extents{outer, length, inner};
    if (outer == 0 || inner == 0) return {};
    if (length < 1) return fail(ErrorCode::Unsupported, "an empty axis has no largest or smallest entry");
    const PositionFold<float> floats{largest, selectLast};
    const PositionFold<long long> integers{largest, selectLast};
    switch (type) {
        case DataType::Float32: return launchFold<float>(stream, floats, extents, x, y);
        case DataType::Float16: return launchFold<__half>(stream, floats, extents, x, y);
        case DataType::BFloat16: return launchFold<__nv_bfloat16>(stream, floats, extents, x, y);
        case DataType::Int32: return launchFold<std::int32_t>(stream, integers, extents, x, y);
        case DataType::Int64: return launchFold<long long>(stream, integers, extents, x, y);
        default: return refuseType("position of an extreme", type);
    }
}

}  // namespace trimtab::cuda
