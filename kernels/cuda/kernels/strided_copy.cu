// Copies between two strided views of one index space: Transpose, Slice, Expand, Split, Concat, Pad. What is contiguous on both sides moves
// 16 bytes at a time; a transposition goes through a tile in shared memory, so that both sides are reached in sequence.
#include "kernels/cuda/kernels/copy_plan.h"
#include "kernels/cuda/kernels/index_space.h"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kNarrowAxes = 4;
constexpr int kTile = 32;
constexpr int kTileRows = 8;  // rows of threads over a tile

template <int R, class Index>
struct CopyArguments {
    IndexSpace<R, Index> space;
    PlaceStrides<R, Index> fromStrides;
    PlaceStrides<R, Index> toStrides;
    const void* from;
    void* to;
    typename Index::Unsigned count;
};

template <class Unit, int R, class Index>
__global__ void __launch_bounds__(kThreads) copyKernel(const CopyArguments<R, Index> a) {
    allowNextKernel();
    const auto number = static_cast<typename Index::Unsigned>(blockIdx.x) * kThreads + threadIdx.x;
    if (number >= a.count) return;
    const auto place = a.space.place(number);
    const Unit* from = static_cast<const Unit*>(a.from) + a.fromStrides.offset(place);
    Unit* to = static_cast<Unit*>(a.to) + a.toStrides.offset(place);
    waitForPreviousKernel();
    *to = *from;
}

/// The two axes of a transposition and, outside of them, the others as an index space of their own.
struct TileArguments {
    IndexSpace<kMaxRank, NarrowIndex> outer;
    PlaceStrides<kMaxRank, NarrowIndex> fromStrides;
    PlaceStrides<kMaxRank, NarrowIndex> toStrides;
    Divider tilesAcross;  // along the axis in which `to` is contiguous
    Divider tilesDown;
    std::int32_t columns;  // extent along which `to` is contiguous; `from` strides by fromColumn
    std::int32_t rows;     // extent along which `from` is contiguous; `to` strides by toRow
    std::int32_t fromColumn;
    std::int32_t toRow;
    const void* from;
    void* to;
};

/// A tile of (32 N)² units, read and written N neighbours at a time.
template <class Unit, int N>
__global__ void __launch_bounds__(kTile* kTileRows) transposeKernel(const TileArguments a) {
    constexpr int kSide = kTile * N;
    constexpr int kPitch = kSide + N;
    SHARED_ARRAY(Unit, tile, kSide * kPitch);
    allowNextKernel();
    const std::uint32_t slab = a.tilesAcross.quotient(blockIdx.x);
    const std::uint32_t outer = a.tilesDown.quotient(slab);
    const auto column = static_cast<std::int32_t>((blockIdx.x - slab * a.tilesAcross.divisor()) * kSide);
    const auto row = static_cast<std::int32_t>((slab - outer * a.tilesDown.divisor()) * kSide);
    const auto place = a.outer.place(outer);
    const Unit* from = static_cast<const Unit*>(a.from) + a.fromStrides.offset(place);
    Unit* to = static_cast<Unit*>(a.to) + a.toStrides.offset(place);
    const auto x = static_cast<std::int32_t>(threadIdx.x) * N;
    waitForPreviousKernel();
#pragma unroll
    for (int step = 0; step < kSide / kTileRows; ++step) {
        const int y = static_cast<int>(threadIdx.y) + step * kTileRows;
        if (row + x < a.rows && column + y < a.columns)
            storePack<N>(&tile[y * kPitch + x], loadPack<N>(from + (column + y) * a.fromColumn + row + x));
    }
    __syncthreads();
#pragma unroll
    for (int step = 0; step < kSide / kTileRows; ++step) {
        const int y = static_cast<int>(threadIdx.y) + step * kTileRows;
        if (row + y >= a.rows || column + x >= a.columns) continue;
        Pack<Unit, N> pack;
#pragma unroll
        for (int i = 0; i < N; ++i) pack.item[i] = tile[(x + i) * kPitch + y];
        storePack<N>(to + (row + y) * a.toRow + column + x, pack);
    }
}

template <class Unit, int R, class Index>
Status copyUnits(Stream stream, const CopyPlan& plan, const void* from, void* to) {
    CopyArguments<R, Index> a{};
    a.space = indexSpaceOf<R, Index>(plan.axes);
    a.fromStrides = placeStridesOf<R, Index>(plan.axes, 0);
    a.toStrides = placeStridesOf<R, Index>(plan.axes, 1);
    a.from = static_cast<const Unit*>(from) + plan.fromOffset;
    a.to = static_cast<Unit*>(to) + plan.toOffset;
    const std::int64_t count = plan.axes.count();
    a.count = static_cast<typename Index::Unsigned>(count);
    return launchDependent(copyKernel<Unit, R, Index>, dim3(static_cast<unsigned>((count + kThreads - 1) / kThreads)), dim3(kThreads), 0,
                           stream, a);
}

template <class Unit, int N>
Status transposeUnits(Stream stream, const CopyPlan& plan, const void* from, void* to) {
    const auto last = static_cast<std::size_t>(plan.axes.rank - 1);
    TileArguments a{};
    a.columns = static_cast<std::int32_t>(plan.axes.extents[last]);
    a.rows = static_cast<std::int32_t>(plan.axes.extents[last - 1]);
    a.fromColumn = static_cast<std::int32_t>(plan.axes.arrays[0][last]);
    a.toRow = static_cast<std::int32_t>(plan.axes.arrays[1][last - 1]);
    MergedAxes outer = plan.axes;
    outer.rank -= 2;
    const std::int64_t slabs = outer.count();
    a.outer = indexSpaceOf<kMaxRank, NarrowIndex>(outer);
    a.fromStrides = placeStridesOf<kMaxRank, NarrowIndex>(outer, 0);
    a.toStrides = placeStridesOf<kMaxRank, NarrowIndex>(outer, 1);
    const std::int64_t across = (a.columns + kTile * N - 1) / (kTile * N);
    const std::int64_t down = (a.rows + kTile * N - 1) / (kTile * N);
    a.tilesAcross = Divider(static_cast<std::uint32_t>(across));
    a.tilesDown = Divider(static_cast<std::uint32_t>(down));
    a.from = static_cast<const Unit*>(from) + plan.fromOffset;
    a.to = static_cast<Unit*>(to) + plan.toOffset;
    return launchDependent(transposeKernel<Unit, N>, dim3(static_cast<unsigned>(slabs * across * down)), dim3(kTile, kTileRows), 0, stream,
                           a);
}

template <class Unit>
Status startCopy(Stream stream, const CopyPlan& plan, const void* from, void* to) {
    if constexpr (sizeof(Unit) < 4) {
        if (plan.tiled && plan.tilePack > 1) return transposeUnits<Unit, 4 / sizeof(Unit)>(stream, plan, from, to);
    }
    if constexpr (sizeof(Unit) <= 8) {
        if (plan.tiled) return transposeUnits<Unit, 1>(stream, plan, from, to);
    }
    if (plan.wide || plan.axes.rank > kNarrowAxes) return copyUnits<Unit, kMaxRank, WideIndex>(stream, plan, from, to);
    return copyUnits<Unit, kNarrowAxes, NarrowIndex>(stream, plan, from, to);
}

}  // namespace

Status launchStridedCopy(Stream stream, const StridedCopy& copy, const void* from, void* to) {
    for (int a = 0; a < copy.rank; ++a)
        if (copy.extents[static_cast<std::size_t>(a)] == 0) return {};
    const CopyPlan plan = planCopy(copy, from, to);
    switch (plan.unitBytes) {
        case 1: return startCopy<std::uint8_t>(stream, plan, from, to);
        case 2: return startCopy<std::uint16_t>(stream, plan, from, to);
        case 4: return startCopy<unsigned>(stream, plan, from, to);
        case 8: return startCopy<uint2>(stream, plan, from, to);
        case 16: return startCopy<uint4>(stream, plan, from, to);
        default: return fail(ErrorCode::Unsupported, "copy: elements of " + std::to_string(plan.unitBytes) + " bytes");
    }
}

}  // namespace trimtab::cuda
