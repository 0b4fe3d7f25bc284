#pragma once
// Few rows of x (m ≤ 16) times 16-bit or integer weights, at the speed at which the weights come from memory.
//
// A warp takes tiles of 16 outputs. Their weights come in stages of 16 rows × 128 bytes through a ring of its own in shared memory, filled
// by asynchronous copies of whole lines, so that kSlots stages a warp are on their way at any time and no register waits for them. x is
// brought to shared memory once a block where it fits: read from the L2 cache stage by stage it would be waited for each time. `splits`
// warps of a block share a tile: stage s belongs to warp s mod splits, and their sums meet in shared memory. Blocks stay and walk over
// tiles; the ring runs ahead into the next tile. The first weights and scales are asked for before the previous kernel has ended.
//
// mma takes the 16 rows of weights as its A operand and 8 rows of x as B, which leaves the order of columns free: lane (g, t) of a row's
// four takes columns 8t … 8t + 7 of each block of 32, so x is read from memory 16 bytes at a time as it stands, and a block's four lanes
// are within one group whenever groups are multiples of 32. The sum of a block is scaled in float32, never a weight.
//
// A gated unit, y = silu(x · gateᵀ) · (x · upᵀ), has two sides: a tile is then eight rows of gate above the same eight of up, whose sums
// stand beside each other when the tile is finished.
#include "kernels/cuda/kernels/packed_codes.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda::product {

/// One matrix of weights.
struct Side {
    const unsigned char* w;
    const float* scales;
    const std::int8_t* zeros;
};

template <int sides>
struct FewRows {
    static constexpr int kOutputs = 16 / sides;  // of a warp's tile

    const void* x;
    Side side[sides];
    int m, n, k;
    std::int64_t pitch;  // bytes between rows of weights
    int rowBytes;        // that hold columns, a multiple of 16
    int groups;          // scales a row
    int blocksPerGroup;  // blocks of 32 columns that share one
    int splits;          // warps that share a tile: 1, 2, 4, 8
    int tiles;           // of a block: 8 / splits times kOutputs
    int steps;           // stages a warp takes of a tile
    bool aligned;        // x may be read 16 bytes at a time
    bool xShared;        // x is read from shared memory; only when aligned
    Epilogue epilogue;

    /// Of rows 0…7 (half 0) and 8…15 of a tile: the side, and which of the tile's outputs their first row is.
    __host__ __device__ static constexpr int sideOf(int half) { return sides == 2 ? half : 0; }
    __host__ __device__ static constexpr int outputOf(int half) { return sides == 2 ? 0 : 8 * half; }
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
    template <int sides>
    __device__ __forceinline__ void advance(const FewRows<sides>& p) {
        if (++step < p.steps) return;
        step = 0;
        tile += static_cast<int>(gridDim.x);
    }
};

struct Lane {
    int warp, lane, slice, part;  // slice of the columns, part of the block's rows
    int g, t;
    template <int sides>
    __device__ __forceinline__ explicit Lane(const FewRows<sides>& p) {
        warp = static_cast<int>(threadIdx.x) / 32;
        lane = static_cast<int>(threadIdx.x) % 32;
        slice = warp % p.splits;
        part = warp / p.splits;
        g = lane / 4;
        t = lane % 4;
    }
    template <int sides>
    __device__ __forceinline__ int firstOutput(const FewRows<sides>& p, int tile) const {
        return (tile * (kWarps / p.splits) + part) * FewRows<sides>::kOutputs;
    }
};

/// The 16-byte chunks of row r stand in the order of chunk ^ reversed(r): reads of 4, 8 and 16 bytes a lane then meet no bank twice.
__device__ __forceinline__ int reversed(int r) { return ((r & 1) << 2) | (r & 2) | ((r >> 2) & 1); }

template <int sides>
__device__ __forceinline__ void fetchStage(const FewRows<sides>& p, const Lane& me, const Cursor& at, unsigned char* slot) {
    const int output0 = me.firstOutput(p, at.tile);
    const int chunk = me.lane % 8;
    const int byte = (at.step * p.splits + me.slice) * kStageBytes + chunk * 16;
    const bool inside = at.tile < p.tiles && byte < p.rowBytes;
#pragma unroll
    for (int q = 0; q < 4; ++q) {
        const int r = q * 4 + me.lane / 8;
        const int row = output0 + p.outputOf(q / 2) + r % 8;
        const unsigned char* const w = p.side[p.sideOf(q / 2)].w;
        const bool valid = inside && row < p.n;
        const unsigned char* from = valid ? w + row * p.pitch + byte : w;
        copyAsync16(slot + r * kStageBytes + ((chunk ^ reversed(r)) << 4), from, valid);
    }
}

/// Eight columns of a row of x, zero beyond its end and beyond m.
template <class T, int sides>
__device__ __forceinline__ uint4 loadEight(const FewRows<sides>& p, const T* x, int row, int column) {
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
template <class T, int sides>
__device__ __forceinline__ const T* placeX(const FewRows<sides>& p, unsigned char* room) {
    if (!p.xShared) return static_cast<const T*>(p.x);
    constexpr int atOnce = 4;  // on their way before the first is waited for
    const int chunks = p.m * p.k / 8;
    for (int first = static_cast<int>(threadIdx.x); first < chunks; first += atOnce * kWarps * 32) {
        uint4 held[atOnce];
#pragma unroll
        for (int i = 0; i < atOnce; ++i)
            if (const int at = first + i * kWarps * 32; at < chunks) held[i] = static_cast<const uint4*>(p.x)[at];
#pragma unroll
        for (int i = 0; i < atOnce; ++i)
            if (const int at = first + i * kWarps * 32; at < chunks) reinterpret_cast<uint4*>(room)[at] = held[i];
    }
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

template <int blocks, int sides>
__device__ __forceinline__ StageScales loadScales(const FewRows<sides>& p, const Lane& me, int output0, int block) {
    StageScales s;
    s.first = block / p.blocksPerGroup;
#pragma unroll
    for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int later = 0; later < 2; ++later) {
            s.scale[half][later] = 0;
            s.zero[half][later] = 0;
            const Side& side = p.side[p.sideOf(half)];
            const int row = output0 + p.outputOf(half) + me.g;
            const int group = s.first + me.t + 4 * later;
            if ((later == 1 && blocks <= 4) || row >= p.n || group >= p.groups) continue;
            const std::int64_t at = static_cast<std::int64_t>(row) * p.groups + group;
            s.scale[half][later] = side.scales[at];
            if (side.zeros != nullptr) s.zero[half][later] = side.zeros[at];
        }
    return s;
}

/// One stage: sums[h] += x · wᵀ. `fixed`: the decoder's addends of rows g and g + 8 when a row has one zero point. `together`: blocks in a
/// row that are known to share a scale; their sums are scaled once. 0: a row has one scale, which is the epilogue's.
template <class T, class Format, int halves, int together, int sides>
__device__ __forceinline__ void multiplyStage(const FewRows<sides>& p, const Lane& me, const unsigned char* slot,
                                              const uint4 (&x)[halves][Format::kBlocks], const StageScales& stage, int block,
                                              const unsigned (&fixed)[2], float (&sums)[halves][4]) {
    using Words = typename Format::Words;
    constexpr bool grouped = together > 0;
    constexpr int run = grouped ? together : Format::kBlocks;
    int within = grouped ? block % p.blocksPerGroup : 0;
    int group = 0;
    unsigned addends[2] = {fixed[0], fixed[1]};
#pragma unroll
    for (int j0 = 0; j0 < Format::kBlocks; j0 += run) {
        const int source = (me.lane & 28) | (group & 3);
        const auto ofGroup = [&](const auto (&values)[2]) { return __shfl_sync(0xFFFFFFFFU, group < 4 ? values[0] : values[1], source); };
        if (grouped && p.side[0].zeros != nullptr)
            for (int half = 0; half < 2; ++half) addends[half] = Format::template addend<T>(ofGroup(stage.zero[half]));
        float parts[halves][4] = {};
#pragma unroll
        for (int j = j0; j < j0 + run; ++j) {
            unsigned low[4], high[4];
            const int byte = (j * 4 + me.t) * static_cast<int>(sizeof(Words));
            const int place = (((byte >> 4) ^ reversed(me.g)) << 4) + (byte & 15);
            Format::template decode<T>(*reinterpret_cast<const Words*>(slot + me.g * kStageBytes + place), addends[0], low);
            Format::template decode<T>(*reinterpret_cast<const Words*>(slot + (me.g + 8) * kStageBytes + place), addends[1], high);
#pragma unroll
            for (int h = 0; h < halves; ++h) {
                float(&to)[4] = grouped ? parts[h] : sums[h];
                multiplyAdd16816(to, {low[0], high[0], low[1], high[1]}, {x[h][j].x, x[h][j].y}, T{});
                multiplyAdd16816(to, {low[2], high[2], low[3], high[3]}, {x[h][j].z, x[h][j].w}, T{});
            }
        }
        if (!grouped) continue;
        const float scaleLow = ofGroup(stage.scale[0]);
        const float scaleHigh = ofGroup(stage.scale[1]);
        within += run;
        if (within == p.blocksPerGroup) within = 0, ++group;
#pragma unroll
        for (int h = 0; h < halves; ++h)
#pragma unroll
            for (int i = 0; i < 4; ++i) sums[h][i] = fmaf(i < 2 ? scaleLow : scaleHigh, parts[h][i], sums[h][i]);
    }
}

/// Output `index` of a block's tile: outputs of one row of x stand together.
struct Output {
    int row, local, column;  // row of x; output within the tile, and of all
    template <int sides>
    __device__ __forceinline__ Output(const FewRows<sides>& p, int tile, int index) {
        const int outputs = FewRows<sides>::kOutputs * (kWarps / p.splits);
        row = index / outputs;
        local = index % outputs;
        column = tile * outputs + local;
    }
    template <int sides>
    __device__ __forceinline__ bool exists(const FewRows<sides>& p) const {
        return row < p.m && column < p.n;
    }
};

/// What belongs to a tile's weights where a row has one scale: the decoder's addends of rows g and g + 8, and each side's scale of output
/// `index`. Constants of the model, so that the first tile's are asked for before the previous kernel has ended.
template <int sides>
struct TileScales {
    unsigned addends[2];
    float scale[sides];
};

template <class T, class Format, bool grouped, int sides>
__device__ __forceinline__ TileScales<sides> loadTileScales(const FewRows<sides>& p, const Lane& me, int tile, int index) {
    constexpr bool scaled = Format::kCodes && !grouped;
    TileScales<sides> made;
    const Output at(p, tile, index);
    const bool exists = tile < p.tiles && at.exists(p);
#pragma unroll
    for (int s = 0; s < sides; ++s) made.scale[s] = scaled && exists ? p.side[s].scales[at.column] : 1.0F;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const std::int8_t* const zeros = p.side[p.sideOf(half)].zeros;
        const int row = me.firstOutput(p, tile) + p.outputOf(half) + me.g;
        made.addends[half] = Format::template addend<T>(scaled && zeros != nullptr && row < p.n ? zeros[row] : 0);
    }
    return made;
}

/// What else an output needs beside its sum; asked for when its tile begins, so that nothing waits at the end.
struct OutputInputs {
    float bias = 0, residual = 0;
};

template <class T, int sides>
__device__ __forceinline__ OutputInputs loadInputs(const FewRows<sides>& p, int tile, int index) {
    OutputInputs in;
    const Output at(p, tile, index);
    if (sides == 2 || tile >= p.tiles || !at.exists(p)) return in;
    if (p.epilogue.bias != nullptr) in.bias = p.epilogue.bias[at.column];
    in.residual = residualAt<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column);
    return in;
}

/// This lane's sums to where the warps of a tile meet, and back to zero.
template <int halves, int sides>
__device__ __forceinline__ void leaveSums(const FewRows<sides>& p, const Lane& me, float (&sums)[halves][4], float* meeting) {
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
}

/// Adds the sums of the warps that share rows and writes the tile's outputs. `meeting`: room for all warps' sums, free since two tiles.
template <class T, class Format, int halves, bool grouped, int sides>
__device__ __forceinline__ void finishTile(const FewRows<sides>& p, const Lane& me, int tile, const TileScales<sides>& firstScales,
                                           const OutputInputs& firstInputs, float (&sums)[halves][4], float* meeting) {
    constexpr int width = 8 * halves;
    constexpr int outputsOfWarp = FewRows<sides>::kOutputs;
    leaveSums(p, me, sums, meeting);
    __syncthreads();
    const int outputs = outputsOfWarp * (kWarps / p.splits) * p.m;
    for (int index = static_cast<int>(threadIdx.x); index < outputs; index += kWarps * 32) {
        const Output at(p, tile, index);
        if (!at.exists(p)) continue;
        const bool isFirst = index < kWarps * 32;
        const TileScales<sides> scales = isFirst ? firstScales : loadTileScales<T, Format, grouped>(p, me, tile, index);
        const OutputInputs inputs = isFirst ? firstInputs : loadInputs<T>(p, tile, index);
        const float* from = meeting + (at.local / outputsOfWarp * p.splits * 16 + at.local % outputsOfWarp) * width + at.row;
        float value[sides];
#pragma unroll
        for (int s = 0; s < sides; ++s) {
            float sum = 0;
            for (int split = 0; split < p.splits; ++split) sum += from[(split * 16 + outputsOfWarp * s) * width];
            value[s] = sum * scales.scale[s];
        }
        float result = value[0] + inputs.bias + inputs.residual;
        if constexpr (sides == 2) result = value[0] * sigmoidOf(value[0]) * value[1];
        store<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column, result);
    }
}

/// Blocks that registers let a multiprocessor hold.
template <int halves, int sides>
inline constexpr int kResident = halves == 1 && sides == 1 ? 3 : 2;

template <class T, class Format, int halves, int together, int sides>
__global__ void __launch_bounds__(kWarps * 32, kResident<halves, sides>) fewRowsTensorKernel(const FewRows<sides> p) {
    constexpr bool grouped = together > 0;
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
    const auto scalesAt = [&](const Cursor& where) {
        return loadScales<Format::kBlocks>(p, me, me.firstOutput(p, where.tile), (where.step * p.splits + me.slice) * Format::kBlocks);
    };
    Cursor next{static_cast<int>(blockIdx.x), 0};
    StageScales coming{};
    if (grouped && next.tile < p.tiles) coming = scalesAt(next);
    const auto index = static_cast<int>(threadIdx.x);
    TileScales<sides> scales = loadTileScales<T, Format, grouped>(p, me, next.tile, index);
    waitForPreviousKernel();
    const T* const rowsOfX = placeX<T>(p, shared + sharedBeforeX(halves));
    float sums[halves][4] = {};
    OutputInputs inputs;
    int slot = 0, parity = 0;
    for (Cursor at = next; at.tile < p.tiles; at.advance(p)) {
        const int block = (at.step * p.splits + me.slice) * Format::kBlocks;
        if (at.step == 0) {
            inputs = loadInputs<T>(p, at.tile, index);
            if (at.tile != static_cast<int>(blockIdx.x)) scales = loadTileScales<T, Format, grouped>(p, me, at.tile, index);
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
        multiplyStage<T, Format, halves, together>(p, me, ring + slot * kSlotBytes, x, stage, block, scales.addends, sums);
        __syncwarp();
        fetchStage(p, me, ahead, ring + slot * kSlotBytes);
        commitCopies();
        ahead.advance(p);
        slot = (slot + 1) % kSlots;
        if (at.step + 1 < p.steps) continue;
        finishTile<T, Format, halves, grouped>(p, me, at.tile, scales, inputs, sums, meetings + parity * kWarps * 16 * 8 * halves);
        parity ^= 1;
    }
    waitForCopies<0>();
}

}  // namespace trimtab::cuda::product
