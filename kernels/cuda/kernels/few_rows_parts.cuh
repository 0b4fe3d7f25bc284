#pragma once
// What fewRowsTensorKernel (few_rows_tensor.cuh) is told and where its threads stand: its parameters, the walk over tiles and stages, the
// ring that weights come through, and x.
#include "kernels/cuda/kernels/packed_codes.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda::product {

/// One matrix of weights.
struct Side {
    const unsigned char* w;
    const float* scales;
    const std::int8_t* zeros;
};

inline constexpr int kWarps = 8;
inline constexpr int kSlots = 4;
inline constexpr int kStageBytes = 128;  // of each row
inline constexpr int kSlotBytes = 16 * kStageBytes;
inline constexpr int kRingBytes = kWarps * kSlots * kSlotBytes;

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
    unsigned perBlock;   // 2³² / blocksPerGroup, rounded up; where that is above 1
    int splitsLog;       // warps that share a tile: 1, 2, 4, 8
    int rounds;          // tiles that a warp takes part in, one after another
    int steps;           // stages a warp takes of a tile
    int width;           // columns of the warps' sums: m rounded up to an even number
    int xPitch;          // bytes of a row of x in shared memory; 0: x is read from where it stands
    bool aligned;        // x may be read 16 bytes at a time
    Epilogue epilogue;

    __device__ __forceinline__ int partsLog() const { return 3 - splitsLog; }  // tiles of a block at a time: kWarps / splits
    /// Of rows 0…7 (half 0) and 8…15 of a tile: the side, and which of the tile's outputs their first row is.
    __host__ __device__ static constexpr int sideOf(int half) { return sides == 2 ? half : 0; }
    __host__ __device__ static constexpr int outputOf(int half) { return sides == 2 ? 0 : 8 * half; }
};
static_assert(kWarps == 1 << 3);

/// Shared bytes of the warps' sums, of two tiles in turn.
__host__ __device__ constexpr int meetingBytes(int width) { return 2 * kWarps * 16 * width * 4; }

struct Lane {
    int warp, lane, slice, part;  // slice of the columns, part of the block's rows
    int g, t;
    template <int sides>
    __device__ __forceinline__ explicit Lane(const FewRows<sides>& p) {
        warp = static_cast<int>(threadIdx.x) / 32;
        lane = static_cast<int>(threadIdx.x) % 32;
        part = warp >> p.splitsLog;
        slice = warp - (part << p.splitsLog);
        g = lane / 4;
        t = lane % 4;
    }
};

/// First output of the tile that part `part` of this block takes in a round. Blocks take turns, so that the last, partial round is spread
/// over all of them.
template <int sides>
__device__ __forceinline__ int firstOutput(const FewRows<sides>& p, int round, int part) {
    const int tile = ((round << p.partsLog()) + part) * static_cast<int>(gridDim.x) + static_cast<int>(blockIdx.x);
    return tile * FewRows<sides>::kOutputs;
}

/// Row g of a half of the tile from `output0` on; beyond the last row the last one, whose sums nobody reads.
template <int sides>
__device__ __forceinline__ int rowOf(const FewRows<sides>& p, int output0, int half, int g) {
    return min(output0 + p.outputOf(half) + g, p.n - 1);
}

/// The 16-byte chunks of row r stand in the order of chunk ^ reversed(r): reads of 4, 8 and 16 bytes a lane then meet no bank twice.
__device__ __forceinline__ int reversed(int r) { return ((r & 1) << 2) | (r & 2) | ((r >> 2) & 1); }

/// Begins the copies of a warp's stages, one after another, into its ring.
template <int sides>
class StageFetcher {
public:
    __device__ __forceinline__ StageFetcher(const FewRows<sides>& p, const Lane& me) {
        const int r = me.lane / 8;
        m_place[0] = r * kStageBytes + ((me.lane % 8 ^ reversed(r)) << 4);
        m_place[1] = (r + 4) * kStageBytes + ((me.lane % 8 ^ reversed(r + 4)) << 4);
        enter(p, me);
    }
    __device__ __forceinline__ void fetch(const FewRows<sides>& p, const Lane& me, unsigned char* slot) {
        const bool valid = m_left > 0;
#pragma unroll
        for (int q = 0; q < 4; ++q) {
            copyAsync16(slot + q / 2 * 8 * kStageBytes + m_place[q % 2], m_from[q], valid);
            m_from[q] += kStageBytes << p.splitsLog;
        }
        commitCopies();
        m_left -= kStageBytes << p.splitsLog;
        if (++m_step < p.steps) return;
        m_step = 0;
        ++m_round;
        enter(p, me);
    }

private:
    __device__ __forceinline__ void enter(const FewRows<sides>& p, const Lane& me) {
        const int output0 = firstOutput(p, m_round, me.part);
        const int byte = me.slice * kStageBytes + me.lane % 8 * 16;
        m_left = m_round < p.rounds && output0 < p.n ? p.rowBytes - byte : 0;
#pragma unroll
        for (int q = 0; q < 4; ++q)
            m_from[q] = p.side[p.sideOf(q / 2)].w + rowOf(p, output0, q / 2, q % 2 * 4 + me.lane / 8) * p.pitch + byte;
    }

    const unsigned char* m_from[4];  // what this lane copies of the next stage: of
                                     // rows r, r + 4, r + 8, r + 12
    int m_place[2];
    int m_left = 0;  // bytes of the row from there on
    int m_round = 0, m_step = 0;
};

/// Columns of a row of x in shared memory: those of every stage that a warp may take.
template <class Format>
__host__ __device__ constexpr int columnsOf(int stages) {
    return stages * Format::kBlocks * 32;
}

/// Eight columns of x from a place that 16-byte loads don't take, zero from `left` on. Rare, and small rather than quick.
template <class T>
__device__ __noinline__ uint4 gatherEight(const T* from, int left) {
    unsigned long long low = 0, high = 0;
#pragma unroll 1
    for (int i = 0; i < 4; ++i) {
        if (i < left) low |= static_cast<unsigned long long>(toBits(from[i])) << (16 * i);
        if (i + 4 < left) high |= static_cast<unsigned long long>(toBits(from[i + 4])) << (16 * i);
    }
    return make_uint4(static_cast<unsigned>(low), static_cast<unsigned>(low >> 32), static_cast<unsigned>(high),
                      static_cast<unsigned>(high >> 32));
}

/// All of x to shared memory, in the order in which Format's decoder takes columns, zero beyond k; the whole block takes part.
template <class T, class Format, int sides>
__device__ __forceinline__ void placeX(const FewRows<sides>& p, unsigned char* room) {
    constexpr int atOnce = 4,
                  threads = kWarps * 32;  // loads on their way before the first is waited for
    const int chunks = columnsOf<Format>(p.steps << p.splitsLog) / 8;
    const T* const x = static_cast<const T*>(p.x);
    int row = 0, at = static_cast<int>(threadIdx.x);
    const auto settle = [&] {
        while (at >= chunks && row < p.m) at -= chunks, ++row;
    };
    settle();
#pragma unroll 1
    while (row < p.m) {
        uint4 held[atOnce];
        uint4* to[atOnce];
#pragma unroll
        for (int i = 0; i < atOnce; ++i) {
            held[i] = make_uint4(0, 0, 0, 0);
            to[i] = row < p.m ? reinterpret_cast<uint4*>(room + row * p.xPitch) + at : nullptr;
            const T* const from = x + static_cast<std::int64_t>(row) * p.k + at * 8;
            if (to[i] != nullptr && at * 8 < p.k)
                held[i] = p.aligned ? *reinterpret_cast<const uint4*>(from) : gatherEight(from, p.k - at * 8);
            at += threads;
            settle();
        }
#pragma unroll
        for (int i = 0; i < atOnce; ++i)
            if (to[i] != nullptr) *to[i] = Format::arrange(held[i]);
    }
    __syncthreads();
}

/// Blocks whose columns of x a lane holds at once.
template <class Format>
inline constexpr int kAtOnce = Format::kBlocks < 4 ? Format::kBlocks : 4;

/// Reads this lane's columns of x: 8t … 8t + 7 of each block, of rows g and g + 8; of rows beyond m the last one, whose sums nobody reads.
template <class T, class Format, int halves, int sides>
class XReader {
public:
    __device__ __forceinline__ XReader(const FewRows<sides>& p, const Lane& me, const unsigned char* room) {
#pragma unroll
        for (int h = 0; h < halves; ++h) {
            const int row = min(8 * h + me.g, p.m - 1);
            m_shared[h] = room + row * p.xPitch + me.t * 16;
            m_global[h] = static_cast<const T*>(p.x) + static_cast<std::int64_t>(row) * p.k + me.t * 8;
        }
        m_left = p.k - me.t * 8;
    }
    __device__ __forceinline__ void load(const FewRows<sides>& p, int block, uint4 (&x)[halves][kAtOnce<Format>]) const {
#pragma unroll
        for (int h = 0; h < halves; ++h)
            if (p.xPitch > 0) {
#pragma unroll
                for (int j = 0; j < kAtOnce<Format>; ++j) x[h][j] = *reinterpret_cast<const uint4*>(m_shared[h] + (block + j) * 64);
            } else {
#pragma unroll
                for (int j = 0; j < kAtOnce<Format>; ++j) {
                    uint4 eight = make_uint4(0, 0, 0, 0);
                    if ((block + j) * 32 < m_left) eight = *reinterpret_cast<const uint4*>(m_global[h] + (block + j) * 32);
                    x[h][j] = Format::arrange(eight);
                }
            }
    }

private:
    const unsigned char* m_shared[halves];
    const T* m_global[halves];
    int m_left;  // columns from this lane's first on
};

}  // namespace trimtab::cuda::product
