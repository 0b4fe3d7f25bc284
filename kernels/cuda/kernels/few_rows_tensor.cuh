#pragma once
// Few rows of x (m ≤ 16) times 16-bit or integer weights, at the speed at which the weights come from memory.
//
// A warp takes tiles of 16 outputs. Their weights come in stages of 16 rows × 128 bytes through a ring of its own in shared memory, filled
// by asynchronous copies of whole lines, so that kSlots stages a warp are on their way at any time and no register waits for them. x is
// brought to shared memory once a block where it fits. `splits` warps of a block share a tile: stage s belongs to warp s mod splits, and
// their sums meet in shared memory; a warp with a tile to itself meets nobody. Blocks stay and walk over tiles; the ring runs ahead into
// the next tile. The first weights and scales are asked for before the previous kernel has ended.
//
// mma takes the 16 rows of weights as its A operand and 8 rows of x as B, which leaves the order of columns free: lane (g, t) of a row's
// four takes columns 8t … 8t + 7 of each block of 32, in the order in which its codes become numbers soonest (decodeSpread()), and a
// block's four lanes are within one group whenever groups are multiples of 32. The sum of a block is scaled in float32, never a weight.
//
// What bounds it, for a stage of int8 weights on a multiprocessor of an H100: 2 KB out of memory, 80 ns of its share; about 200
// instructions, of which 80 are shifts and masks at half rate, 30 ns.
//
// A gated unit, y = silu(x · gateᵀ) · (x · upᵀ), has two sides: a tile is then eight rows of gate above the same eight of up, whose sums a
// lane holds together when the tile is finished.
#include "kernels/cuda/kernels/few_rows_parts.cuh"

namespace trimtab::cuda::product {

/// What rows g and g + 8 of a tile need once: the decoder's addends and the scales where a row has one.
struct RowConstants {
    unsigned addend[2];
    float scale[2];
};

template <class T, class Format, bool grouped, int sides>
__device__ __forceinline__ RowConstants loadRowConstants(const FewRows<sides>& p, const Lane& me, int round) {
    constexpr bool scaled = Format::kCodes && !grouped;
    RowConstants made;
    const int output0 = firstOutput(p, round, me.part);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const Side& side = p.side[p.sideOf(half)];
        const int row = rowOf(p, output0, half, me.g);
        made.scale[half] = scaled ? side.scales[row] : 1.0F;
        made.addend[half] = Format::template addend<T>(scaled && side.zeros != nullptr ? side.zeros[row] : 0);
    }
    return made;
}

/// Scales and zero points of a stage's groups for rows g and g + 8. Where four blocks in a row are known to share one, each lane holds all
/// (`together` 4); else lane (g, t) holds those of groups t and t + 4 of the stage.
struct StageScales {
    float scale[2][2];
    int zero[2][2];
};

/// Walks over the scales of a warp's stages, one stage ahead of their products.
template <class Format, int together, int sides>
class ScaleReader {
public:
    __device__ __forceinline__ ScaleReader(const FewRows<sides>& p, const Lane& me) { enter(p, me); }
    __device__ __forceinline__ StageScales next(const FewRows<sides>& p, const Lane& me) {
        StageScales s{};
#pragma unroll
        for (int later = 0; later < 2; ++later) {
            if ((later + 1) * 4 > Format::kBlocks) continue;
            const int group = together == 4 ? groupOf(p, m_block + 4 * later) : groupOf(p, m_block) + me.t + 4 * later;
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int at = m_row[half] + min(group, p.groups - 1);
                const Side& side = p.side[p.sideOf(half)];
                s.scale[half][later] = side.scales[at];
                if (side.zeros != nullptr) s.zero[half][later] = side.zeros[at];
            }
        }
        m_block += Format::kBlocks << p.splitsLog;
        if (++m_step == p.steps) {
            m_step = 0;
            ++m_round;
            enter(p, me);
        }
        return s;
    }

private:
    static __device__ __forceinline__ int groupOf(const FewRows<sides>& p, int block) {
        return p.blocksPerGroup == 1 ? block : static_cast<int>(__umulhi(static_cast<unsigned>(block), p.perBlock));
    }
    __device__ __forceinline__ void enter(const FewRows<sides>& p, const Lane& me) {
        const int output0 = firstOutput(p, m_round, me.part);
        m_block = me.slice * Format::kBlocks;
#pragma unroll
        for (int half = 0; half < 2; ++half) m_row[half] = rowOf(p, output0, half, me.g) * p.groups;
    }

    int m_row[2];  // where a row's scales begin
    int m_block = 0;
    int m_round = 0, m_step = 0;
};

/// Reads a lane's weights of rows g and g + 8 out of a slot: block j stands where block 0 does, but for some bits of the chunk's place.
template <class Format>
class WordReader {
public:
    using Words = typename Format::Words;
    __device__ __forceinline__ explicit WordReader(const Lane& me) {
        const int byte = me.t * static_cast<int>(sizeof(Words));
        m_place = me.g * kStageBytes + (((byte >> 4) ^ reversed(me.g)) << 4) + (byte & 15);
    }
    __device__ __forceinline__ void read(const unsigned char* slot, int block, Words& low, Words& high) const {
        const unsigned char* const words = slot + (m_place ^ (block * 4 * static_cast<int>(sizeof(Words))));
        low = *reinterpret_cast<const Words*>(words);
        high = *reinterpret_cast<const Words*>(words + 8 * kStageBytes);
    }

private:
    int m_place;
};

/// to[h][chain] += x · wᵀ over blocks first … first + run − 1 of a stage, x holding those from `held` on; two chains of sums, neither of
/// which waits for the other.
template <class T, class Format, int run, int halves>
__device__ __forceinline__ void multiplyBlocks(const WordReader<Format>& reader, const unsigned char* slot, int first, int held,
                                               const unsigned (&addend)[2], const uint4 (&x)[halves][kAtOnce<Format>],
                                               float (&to)[halves][2][4]) {
#pragma unroll
    for (int j = first; j < first + run; ++j) {
        typename Format::Words wordsLow, wordsHigh;
        reader.read(slot, j, wordsLow, wordsHigh);
        unsigned low[4], high[4];
        Format::template decodeSpread<T>(wordsLow, addend[0], low);
        Format::template decodeSpread<T>(wordsHigh, addend[1], high);
#pragma unroll
        for (int h = 0; h < halves; ++h) {
            const uint4& columns = x[h][j - held];
            multiplyAdd16816(to[h][0], {low[0], high[0], low[1], high[1]}, {columns.x, columns.y}, T{});
            multiplyAdd16816(to[h][1], {low[2], high[2], low[3], high[3]}, {columns.z, columns.w}, T{});
        }
    }
}

/// One stage, from block `block` of the rows on: sums[h] += x · wᵀ; `x` holds its first columns. `together`: blocks in a row that are known
/// to share a scale; their sums are scaled once. 0: a row has one scale, which the end of the tile applies.
template <class T, class Format, int halves, int together, int sides>
__device__ __forceinline__ void multiplyStage(const FewRows<sides>& p, const Lane& me, const WordReader<Format>& reader,
                                              const XReader<T, Format, halves, sides>& ofX, const unsigned char* slot, int block,
                                              uint4 (&x)[halves][kAtOnce<Format>], const StageScales& stage, const RowConstants& constants,
                                              float (&sums)[halves][2][4]) {
    int within = together == 1 ? block % p.blocksPerGroup : 0;
    int group = 0;
    constexpr int run = together > 0 ? together : kAtOnce<Format>;
#pragma unroll
    for (int j = 0; j < Format::kBlocks; j += run) {
        const int held = j / kAtOnce<Format> * kAtOnce<Format>;
        if (held == j && j > 0) ofX.load(p, block + held, x);
        if constexpr (together == 0) {
            multiplyBlocks<T, Format, run, halves>(reader, slot, j, held, constants.addend, x, sums);
        } else {
            const auto ofBlocks = [&](const auto(&values)[2]) {
                if constexpr (together == 4) return values[j / 4];
                return __shfl_sync(0xFFFFFFFFU, group < 4 ? values[0] : values[1], (me.lane & 28) | (group & 3));
            };
            unsigned addend[2] = {constants.addend[0], constants.addend[1]};
            if (p.side[0].zeros != nullptr)
                for (int half = 0; half < 2; ++half) addend[half] = Format::template addend<T>(ofBlocks(stage.zero[half]));
            float parts[halves][2][4] = {};
            multiplyBlocks<T, Format, run, halves>(reader, slot, j, held, addend, x, parts);
            const float scale[2] = {ofBlocks(stage.scale[0]), ofBlocks(stage.scale[1])};
            if (together == 1 && ++within == p.blocksPerGroup) within = 0, ++group;
#pragma unroll
            for (int h = 0; h < halves; ++h)
#pragma unroll
                for (int i = 0; i < 4; ++i) sums[h][0][i] = fmaf(scale[i / 2], parts[h][0][i] + parts[h][1][i], sums[h][0][i]);
        }
    }
}

/// Which outputs of a round a thread finishes: `index` of those of its block, or, of a tile that one warp has to itself, of its warp.
/// Outputs of one row of x stand together.
struct Output {
    int row, local, column;  // row of x; output among those, and of all
    template <int sides>
    __device__ __forceinline__ Output(const FewRows<sides>& p, const Lane& me, int round, int index) {
        constexpr int ofTileLog = sides == 2 ? 3 : 4;
        const bool alone = p.splitsLog == 0;
        const int outputsLog = ofTileLog + (alone ? 0 : p.partsLog());
        row = index >> outputsLog;
        local = index - (row << outputsLog);
        const int part = alone ? me.part : local >> ofTileLog;
        column = firstOutput(p, round, part) + local % FewRows<sides>::kOutputs;
    }
    template <int sides>
    __device__ __forceinline__ bool exists(const FewRows<sides>& p) const {
        return row < p.m && column < p.n;
    }
};

/// What else an output needs beside its sum; asked for when its tile begins, so that nothing waits at the end.
struct OutputInputs {
    float bias = 0, residual = 0;
};

template <class T, int sides>
__device__ __forceinline__ OutputInputs loadInputs(const FewRows<sides>& p, const Lane& me, int round, int index) {
    OutputInputs in;
    if (sides == 2 || (p.epilogue.bias == nullptr && p.epilogue.residual == nullptr)) return in;
    const Output at(p, me, round, index);
    if (!at.exists(p)) return in;
    if (p.epilogue.bias != nullptr) in.bias = p.epilogue.bias[at.column];
    in.residual = residualAt<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column);
    return in;
}

/// Adds the sums of the warps that share a tile and writes its outputs. `meeting`: room for all warps' sums, free since two rounds.
template <class T, int halves, int sides>
__device__ __forceinline__ void finishTile(const FewRows<sides>& p, const Lane& me, int round, const OutputInputs& firstInputs,
                                           const float (&sums)[halves][4], float* meeting) {
    constexpr int ofTile = FewRows<sides>::kOutputs;
    const bool alone = p.splitsLog == 0;
    float* const mine = meeting + me.warp * 16 * p.width;
#pragma unroll
    for (int h = 0; h < halves; ++h) {
        const int row = 8 * h + 2 * me.t;
        if (row >= p.width) continue;
#pragma unroll
        for (int i = 0; i < 4; ++i) mine[(me.g + i / 2 * 8) * p.width + row + i % 2] = sums[h][i];
    }
    if (alone)
        __syncwarp();
    else
        __syncthreads();
    const int first = alone ? me.lane : static_cast<int>(threadIdx.x);
    const int threads = alone ? 32 : kWarps * 32;
    const int outputs = (alone ? ofTile : ofTile << p.partsLog()) * p.m;
#pragma unroll 1
    for (int index = first; index < outputs; index += threads) {
        const Output at(p, me, round, index);
        if (!at.exists(p)) continue;
        const OutputInputs inputs = index == first ? firstInputs : loadInputs<T>(p, me, round, index);
        const float* from = alone ? mine : meeting + (at.local / ofTile << p.splitsLog) * 16 * p.width;
        from += at.local % ofTile * p.width + at.row;
        float value[sides] = {};
#pragma unroll 1
        for (int split = 0; split < 1 << p.splitsLog; ++split)
#pragma unroll
            for (int s = 0; s < sides; ++s) value[s] += from[(split * 16 + ofTile * s) * p.width];
        float result = value[0] + inputs.bias + inputs.residual;
        if constexpr (sides == 2) result = value[0] * sigmoidOf(value[0]) * value[1];
        store<T>(p.epilogue, static_cast<std::int64_t>(at.row) * p.n + at.column, result);
    }
}

/// Blocks that registers let a multiprocessor hold.
inline constexpr int kResident = 2;

template <class T, class Format, int halves, int together, int sides>
__global__ void __launch_bounds__(kWarps * 32, kResident) fewRowsTensorKernel(const FewRows<sides> p) {
    constexpr bool grouped = together > 0;
    DYNAMIC_SHARED(unsigned char, shared);
    allowNextKernel();
    const Lane me(p);
    unsigned char* const ring = shared + me.warp * kSlots * kSlotBytes;
    StageFetcher<sides> fetcher(p, me);
#pragma unroll 1
    for (int s = 0; s < kSlots; ++s) fetcher.fetch(p, me, ring + s * kSlotBytes);
    ScaleReader<Format, together, sides> scales(p, me);
    StageScales coming{};
    if constexpr (grouped) coming = scales.next(p, me);
    RowConstants constants = loadRowConstants<T, Format, grouped>(p, me, 0);
    waitForPreviousKernel();
    unsigned char* const room = shared + kRingBytes + meetingBytes(p.width);
    if (p.xPitch > 0) placeX<T, Format>(p, room);
    const XReader<T, Format, halves, sides> ofX(p, me, room);
    const WordReader<Format> words(me);
    auto* const meeting = reinterpret_cast<float*>(shared + kRingBytes);
    const int firstIndex = p.splitsLog == 0 ? me.lane : static_cast<int>(threadIdx.x);
    int slot = 0;
#pragma unroll 1
    for (int round = 0; round < p.rounds; ++round) {
        const OutputInputs inputs = loadInputs<T>(p, me, round, firstIndex);
        if (round > 0) constants = loadRowConstants<T, Format, grouped>(p, me, round);
        float sums[halves][2][4] = {};
        int block = me.slice * Format::kBlocks;
#pragma unroll 1
        for (int step = 0; step < p.steps; ++step) {
            unsigned char* const here = ring + slot * kSlotBytes;
            const StageScales stage = coming;
            if constexpr (grouped) coming = scales.next(p, me);
            uint4 x[halves][kAtOnce<Format>];
            ofX.load(p, block, x);
            waitForCopies<kSlots - 1>();
            __syncwarp();
            multiplyStage<T, Format, halves, together>(p, me, words, ofX, here, block, x, stage, constants, sums);
            __syncwarp();
            fetcher.fetch(p, me, here);
            block += Format::kBlocks << p.splitsLog;
            slot = (slot + 1) & (kSlots - 1);
        }
        float total[halves][4];
#pragma unroll
        for (int h = 0; h < halves; ++h)
#pragma unroll
            for (int i = 0; i < 4; ++i) total[h][i] = (sums[h][0][i] + sums[h][1][i]) * constants.scale[i / 2];
        finishTile<T, halves>(p, me, round, inputs, total, meeting + round % 2 * kWarps * 16 * p.width);
    }
    waitForCopies<0>();
}

}  // namespace trimtab::cuda::product
