#pragma once
// Few rows of x (m ≤ 16) times 16-bit or integer weights, at the speed at which the weights come from memory.
//
// A warp takes tiles of 16 outputs. Their weights come in stages of 16 rows × 128 bytes through a ring of its own in shared memory, filled
// by asynchronous copies of whole lines, so that kSlots stages a warp are on their way at any time and no register waits for them. x is
// brought to shared memory once a block where it fits: read from the L2 cache stage by stage it would be waited for each time. `splits`
// warps of a block share a tile: stage s belongs to warp s mod splits, and their sums meet in shared memory. Blocks stay and walk over
// tiles; the ring runs ahead into the next tile. The first weights are asked for before the previous kernel has ended.
//
// mma takes the 16 rows of weights as its A operand and 8 rows of x as B, which leaves the order of columns free: lane (g, t) of a row's
// four takes columns 8t … 8t + 7 of each block of 32, so x is read from memory 16 bytes at a time as it stands, and a block's four lanes
// are within one group whenever groups are multiples of 32. The sum of a block is scaled in float32, never a weight.
#include "kernels/cuda/kernels/packed_codes.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda::product {

struct FewRows {
    const void* x;
    const unsigned char* w;
    const float* scales;
    const std::int8_t* zeros;
    int m, n, k;
    std::int64_t pitch;  // bytes between rows of weights
    int rowBytes;        // that hold columns, a multiple of 16
    int groups;          // scales a row
    int blocksPerGroup;  // blocks of 32 columns that share one
    int splits;          // warps that share a tile: 1, 2, 4, 8
    int tiles;           // of a block: 8 / splits times 16 rows
    int steps;           // stages a warp takes of a tile
    bool aligned;        // x may be read 16 bytes at a time
    bool xShared;        // x is read from shared memory; only when aligned
    Epilogue epilogue;
};

inline constexpr int kWarps = 8;
inline constexpr int kSlots = 4;
inline constexpr int kStageBytes = 128;  // of each row
inline constexpr int kSlotBytes = 16 * kStageBytes;
inline constexpr int kRingBytes = kWarps * kSlots * kSlotBytes;

inline constexpr std::int64_t kMostSharedX = 32 << 10;  // bytes of x; two blocks a multiprocessor still fit

/// Shared bytes before x: the rings, and twice (of two tiles in turn) the warps' sums.
__host__ __device__ constexpr int sharedBeforeX(int halves) { return kRingBytes + 2 * kWarps * 16 * 8 * halves * 4; }

/// Where a warp is: a tile of its block and a stage of it.
struct Cursor {
    int tile, step;
    __device__ __forceinline__ void advance(const FewRows& p) {
        if (++step < p.steps) return;
        step = 0;
        tile += static_cast<int>(gridDim.x);
    }
};

struct Lane {
    int warp, lane, slice, part;  // slice of the columns, part of the block's rows
    int g, t;
    __device__ __forceinline__ explicit Lane(const FewRows& p) {
        warp = static_cast<int>(threadIdx.x) / 32;
        lane = static_cast<int>(threadIdx.x) % 32;
        slice = warp % p.splits;
        part = warp / p.splits;
        g = lane / 4;
        t = lane % 4;
    }
    __device__ __forceinline__ int firstRow(const FewRows& p, int tile) const { return (tile * (kWarps / p.splits) + part) * 16; }
};

/// The 16-byte chunks of row r stand in the order of chunk ^ reversed(r): reads of 4, 8 and 16 bytes a lane then meet no bank twice.
__device__ __forceinline__ int reversed(int r) { return ((r & 1) << 2) | (r & 2) | ((r >> 2) & 1); }

__device__ __forceinline__ void fetchStage(const FewRows& p, const Lane& me, const Cursor& at, unsigned char* slot) {
    const int row0 = me.firstRow(p, at.tile);
    const int chunk = me.lane % 8;
    const int byte = (at.step * p.splits + me.slice) * kStageBytes + chunk * 16;
    const bool inside = at.tile < p.tiles && byte < p.rowBytes;
#pragma unroll
    for (int q = 0; q < 4; ++q) {
        const int r = q * 4 + me.lane / 8;
        const bool valid = inside && row0 + r < p.n;
        const unsigned char* from = valid ? p.w + (row0 + r) * p.pitch + byte : p.w;
        copyAsync16(slot + r * kStageBytes + ((chunk ^ reversed(r)) << 4), from, valid);
    }
}

/// Eight columns of a row of x, zero beyond its end and beyond m.
template <class T>
__device__ __forceinline__ uint4 loadEight(const FewRows& p, const T* x, int row, int column) {
    uint4 eight = make_uint4(0, 0, 0, 0);
    if (row >= p.m || column >= p.k) return eight;
    const T* from = x + static_cast<std::int64_t>(row) * p.k + column;
    if (p.aligned) return *reinterpret_cast<const uint4*>(from);
    unsigned long long low = 0, high = 0;
#pragma unroll 1
    for (int i = 0; i < 4; ++i) {  // rare, and small rather than quick
        if (column + i < p.k) low |= static_cast<unsigned long long>(toBits(from[i])) << (16 * i);
        if (column + 4 + i < p.k) high |= static_cast<unsigned long long>(toBits(from[4 + i])) << (16 * i);
    }
    return make_uint4(static_cast<unsigned>(low), static_cast<unsigned>(low >> 32), static_cast<unsigned>(high),
                      static_cast<unsigned>(high >> 32));
}

/// All of x behind the sums in shared memory, when it fits; the whole block takes part.
template <class T>
__device__ __forceinline__ const T* placeX(const FewRows& p, unsigned char* room) {
    if (!p.xShared) return static_cast<const T*>(p.x);
    const int chunks = p.m * p.k / 8;
    for (int i = static_cast<int>(threadIdx.x); i < chunks; i += kWarps * 32)
        reinterpret_cast<uint4*>(room)[i] = static_cast<const uint4*>(p.x)[i];
    __syncthreads();
    return reinterpret_cast<const T*>(room);
}

/// Scales and zero points of the groups that a stage meets (at most eight): lane (g, t) holds those of rows g and g + 8, groups t and t + 4
/// of them.
struct StageScales {
    float scale[2][2];
    int zero[2][2];
    int first;  // group of the stage's first block
};

template <int blocks>
__device__ __forceinline__ StageScales loadScales(const FewRows& p, const Lane& me, int row0, int block) {
    StageScales s;
    s.first = block / p.blocksPerGroup;
#pragma unroll
    for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int later = 0; later < 2; ++later) {
            s.scale[half][later] = 0;
            s.zero[half][later] = 0;
            const int row = row0 + me.g + 8 * half;
            const int group = s.first + me.t + 4 * later;
            if ((later == 1 && blocks <= 4) || row >= p.n || group >= p.groups) continue;
            const std::int64_t at = static_cast<std::int64_t>(row) * p.groups + group;
            s.scale[half][later] = p.scales[at];
            if (p.zeros != nullptr) s.zero[half][later] = p.zeros[at];
        }
    return s;
}

/// One stage: sums[h] += x · wᵀ. `fixed`: the decoder's addends of rows g and g + 8 when a row has one zero point.
template <class T, class Format, int halves, bool grouped>
__device__ __forceinline__ void multiplyStage(const FewRows& p, const Lane& me, const unsigned char* slot,
                                              const uint4 (&x)[halves][Format::kBlocks], const StageScales& stage, int block,
                                              const unsigned (&fixed)[2], float (&sums)[halves][4]) {
    using Words = typename Format::Words;
    int within = grouped ? block % p.blocksPerGroup : 0;
    int group = 0;
    unsigned addends[2] = {fixed[0], fixed[1]};
#pragma unroll
    for (int j = 0; j < Format::kBlocks; ++j) {
        const int source = (me.lane & 28) | (group & 3);
        if (grouped && p.zeros != nullptr) {
#pragma unroll
            for (int half = 0; half < 2; ++half)
                addends[half] =
                    Format::template addend<T>(__shfl_sync(0xFFFFFFFFU, group < 4 ? stage.zero[half][0] : stage.zero[half][1], source));
        }
        unsigned low[4], high[4];
        const int byte = (j * 4 + me.t) * static_cast<int>(sizeof(Words));
        const int place = (((byte >> 4) ^ reversed(me.g)) << 4) + (byte & 15);
        Format::template decode<T>(*reinterpret_cast<const Words*>(slot + me.g * kStageBytes + place), addends[0], low);
        Format::template decode<T>(*reinterpret_cast<const Words*>(slot + (me.g + 8) * kStageBytes + place), addends[1], high);
        float scaleLow = 1, scaleHigh = 1;
        if (grouped) {
            scaleLow = __shfl_sync(0xFFFFFFFFU, group < 4 ? stage.scale[0][0] : stage.scale[0][1], source);
            scaleHigh = __shfl_sync(0xFFFFFFFFU, group < 4 ? stage.scale[1][0] : stage.scale[1][1], source);
            if (++within == p.blocksPerGroup) within = 0, ++group;
        }
#pragma unroll
        for (int h = 0; h < halves; ++h) {
            unsigned pairs[4];
            Format::arrange(x[h][j], pairs);
            float part[4] = {0, 0, 0, 0};
            float(&to)[4] = grouped ? part : sums[h];
            multiplyAdd16816(to, {low[0], high[0], low[1], high[1]}, {pairs[0], pairs[1]}, T{});
            multiplyAdd16816(to, {low[2], high[2], low[3], high[3]}, {pairs[2], pairs[3]}, T{});
            if (!grouped) continue;
            sums[h][0] = fmaf(scaleLow, part[0], sums[h][0]);
            sums[h][1] = fmaf(scaleLow, part[1], sums[h][1]);
            sums[h][2] = fmaf(scaleHigh, part[2], sums[h][2]);
            sums[h][3] = fmaf(scaleHigh, part[3], sums[h][3]);
        }
    }
}

/// What an output needs beside its sum; asked for when its tile begins, so that nothing waits at the end.
struct OutputInputs {
    float scale = 1, bias = 0, residual = 0;
};

/// Output `index` of a block's tile: outputs of one row of x stand together.
struct Output {
    int row, local, column;  // row of x; output within the tile, and of all
    __device__ __forceinline__ Output(const FewRows& p, int tile, int index) {
        const int rows = 16 * (kWarps / p.splits);
        row = index / rows;
        local = index % rows;
        column = tile * rows + local;
    }
    __device__ __forceinline__ bool exists(const FewRows& p) const { return row < p.m && column < p.n; }
};

template <class T, bool scaled>
__device__ __forceinline__ OutputInputs loadInputs(const FewRows& p, int tile, int index) {
    OutputInputs in;
    const Output at(p, tile, index);
    if (tile >= p.tiles || !at.exists(p)) return in;
    if (scaled) in.scale = p.scales[at.column];
    if (p.epilogue.bias != nullptr) in.bias = p.epilogue.bias[at.column];
    in.residual = residualAt<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column);
    return in;
}

/// Adds the sums of the warps that share rows and writes the tile's outputs. `meeting`: room for all warps' sums, free since two tiles.
template <class T, int halves, bool scaled>
__device__ __forceinline__ void finishTile(const FewRows& p, const Lane& me, int tile, const OutputInputs& first, float (&sums)[halves][4],
                                           float* meeting) {
    constexpr int width = 8 * halves;
    float* mine = meeting + me.warp * 16 * width;
#pragma unroll
    for (int h = 0; h < halves; ++h) {
        const int column = 8 * h + 2 * me.t;
        if (column < p.m) {
            mine[me.g * width + column] = sums[h][0];
            mine[me.g * width + column + 1] = sums[h][1];
            mine[(me.g + 8) * width + column] = sums[h][2];
            mine[(me.g + 8) * width + column + 1] = sums[h][3];
        }
#pragma unroll
        for (float& sum : sums[h]) sum = 0;
    }
    __syncthreads();
    const int outputs = 16 * (kWarps / p.splits) * p.m;
    for (int index = static_cast<int>(threadIdx.x); index < outputs; index += kWarps * 32) {
        const Output at(p, tile, index);
        if (!at.exists(p)) continue;
        const float* from = meeting + (at.local / 16 * p.splits * 16 + at.local % 16) * width + at.row;
        float sum = 0;
        for (int s = 0; s < p.splits; ++s) sum += from[s * 16 * width];
        const OutputInputs in = index < kWarps * 32 ? first : loadInputs<T, scaled>(p, tile, index);
        store<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column, sum * in.scale + in.bias + in.residual);
    }
}

/// The decoder's addends of this lane's two rows when a row has one zero point (or none).
template <class T, class Format>
__device__ __forceinline__ void loadAddends(const FewRows& p, const Lane& me, int row0, bool perRow, unsigned (&addends)[2]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int row = row0 + me.g + 8 * half;
        const int zero = perRow && p.zeros != nullptr && row < p.n ? p.zeros[row] : 0;
        addends[half] = Format::template addend<T>(zero);
    }
}

template <class T, class Format, int halves, bool grouped>
__global__ void __launch_bounds__(kWarps * 32, halves == 1 ? 3 : 2) fewRowsTensorKernel(const FewRows p) {
    constexpr bool scaled = Format::kCodes && !grouped;
    DYNAMIC_SHARED(unsigned char, shared);
    allowNextKernel();
    const Lane me(p);
    unsigned char* const ring = shared + me.warp * kSlots * kSlotBytes;
    auto* const meetings = reinterpret_cast<float*>(shared + kRingBytes);
    Cursor ahead{static_cast<int>(blockIdx.x), 0};
    for (int s = 0; s < kSlots; ++s) {
        fetchStage(p, me, ahead, ring + s * kSlotBytes);
        commitCopies();
        ahead.advance(p);
    }
    waitForPreviousKernel();
    const T* const rowsOfX = placeX<T>(p, shared + sharedBeforeX(halves));
    float sums[halves][4] = {};
    unsigned addends[2] = {};
    OutputInputs first;
    int slot = 0, parity = 0;
    const auto scalesAt = [&](const Cursor& where) {
        return loadScales<Format::kBlocks>(p, me, me.firstRow(p, where.tile), (where.step * p.splits + me.slice) * Format::kBlocks);
    };
    Cursor next{static_cast<int>(blockIdx.x), 0};
    StageScales coming{};
    if (grouped && next.tile < p.tiles) coming = scalesAt(next);
    for (Cursor at = next; at.tile < p.tiles; at.advance(p)) {
        const int row0 = me.firstRow(p, at.tile);
        const int block = (at.step * p.splits + me.slice) * Format::kBlocks;
        if (at.step == 0) {
            first = loadInputs<T, scaled>(p, at.tile, static_cast<int>(threadIdx.x));
            if (Format::kCodes) loadAddends<T, Format>(p, me, row0, !grouped, addends);
        }
        uint4 x[halves][Format::kBlocks];
#pragma unroll
        for (int h = 0; h < halves; ++h)
#pragma unroll
            for (int j = 0; j < Format::kBlocks; ++j) x[h][j] = loadEight<T>(p, rowsOfX, 8 * h + me.g, (block + j) * 32 + 8 * me.t);
        // The next stage's scales are asked for while this one is multiplied.
        const StageScales stage = coming;
        next.advance(p);
        if (grouped && next.tile < p.tiles) coming = scalesAt(next);
        waitForCopies<kSlots - 1>();
        __syncwarp();
        multiplyStage<T, Format, halves, grouped>(p, me, ring + slot * kSlotBytes, x, stage, block, addends, sums);
        __syncwarp();
        fetchStage(p, me, ahead, ring + slot * kSlotBytes);
        commitCopies();
        ahead.advance(p);
        slot = (slot + 1) % kSlots;
        if (at.step + 1 < p.steps) continue;
        finishTile<T, halves, scaled>(p, me, at.tile, first, sums, meetings + parity * kWarps * 16 * 8 * halves);
        parity ^= 1;
    }
    waitForCopies<0>();
}

}  // namespace trimtab::cuda::product
