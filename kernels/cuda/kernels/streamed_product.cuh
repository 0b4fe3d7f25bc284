#pragma once
// Tens of rows of x (m ≤ 64) times integer weights that are read from memory once.
//
// A block takes kOutputs rows of weights and a share of the columns, in stages of 128 columns that come through a ring in shared memory,
// filled by asynchronous copies: the codes as they are stored, and x of the same columns, which all warps read. A warp takes 32 outputs and
// all rows of x; kSlices warps share those outputs, each with its own columns of every stage, and their sums meet in shared memory. Codes
// become numbers in registers, in the places of mma's A operand (few_rows_tensor.cuh says why the columns' order is free). Sums of blocks
// that share outputs (gridDim.y of them) go to `partials`, and a second kernel adds them. The first weights are asked for before the
// previous kernel has ended.
//
// What bounds it, for each 32 × 32 block of int8 weights at 64 rows of x on a multiprocessor of an H100: 1 KB out of memory, 45 ns of its
// share; 5 KB out of shared memory, 40 cycles; 32 mma, 51 cycles of its four tensor cores; about 150 instructions in all, 38 cycles.
#include "kernels/cuda/kernels/packed_codes.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/tile.cuh"

namespace trimtab::cuda::product {

struct Streamed {
    RowSource x, w;
    const float* scales;
    const std::int8_t* zeros;
    int n;
    int groups;          // scales a row
    int blocksPerGroup;  // blocks of 32 columns that share one
    int stages;          // of the whole product
    int share;           // stages of a block
    float* partials;     // [gridDim.y, m, n], or null where a block has all columns
    Epilogue epilogue;
};

inline constexpr int kStageBlocks = 4;  // of 32 columns

/// `rows` rows of a stage, `pitch` bytes each, in 16-byte chunks whose order within a row varies so that reads of a lane's eight columns
/// (4, 8 or 16 bytes) meet no bank twice: neighbouring rows of 64, 128 and 256 bytes must differ in what the banks don't tell apart. Eight
/// rows on, a chunk stands at the same place of its row.
template <int rows, int pitch>
struct Panel {
    static constexpr int kRows = rows, kPitch = pitch, kBytes = rows * pitch;
    static constexpr int kChunks = pitch / 16;
    static __device__ __forceinline__ int at(int row, int chunk) {
        const int swap = pitch == 64 ? row / 2 % 4 : pitch == 128 ? row % 4 * 2 : row % 2 * 4;
        return row * pitch + ((chunk ^ swap) << 4);
    }
};

template <class ElementType, class WeightFormat, int xTiles, bool manyGroups, int warps = 4, int slices = 2>
struct StreamShape {
    using Element = ElementType;
    using Format = WeightFormat;
    static constexpr bool kGrouped = manyGroups;
    static constexpr int kTiles = xTiles;  // of 8 rows of x
    static constexpr int kWarps = warps;   // side by side, 32 outputs each
    static constexpr int kSlices = slices;
    static constexpr int kOutputs = 32 * kWarps;
    static constexpr int kThreads = kOutputs * kSlices;
    static constexpr int kBlocks = kStageBlocks / kSlices;  // of a stage, a warp's
    using Codes = Panel<kOutputs, kStageBlocks * 4 * static_cast<int>(sizeof(typename Format::Words))>;
    using Rows = Panel<8 * xTiles, kStageBlocks * 64>;
    static constexpr int kSlotBytes = Codes::kBytes + Rows::kBytes;
    static constexpr int kResident = 512 / kThreads;  // blocks of a multiprocessor, by registers
    static constexpr int kSlots = (192 << 10) / kResident / kSlotBytes;
    static constexpr int kMeetingPitch = kOutputs + 4;
    static constexpr int kMeetingFloats = Rows::kRows * kMeetingPitch;
    static constexpr int kSharedBytes = kSlots * kSlotBytes;
    static_assert(kSlots >= 3 && kSlices * kMeetingFloats * 4 <= kSharedBytes);
};

template <class S>
struct StreamPlace {
    int output;  // first of the warp, within the block
    int slice;
    int g, t;
    __device__ __forceinline__ StreamPlace() {
        const int warp = static_cast<int>(threadIdx.x) / 32;
        const int lane = static_cast<int>(threadIdx.x) % 32;
        output = warp % S::kWarps * 32;
        slice = warp / S::kWarps;
        g = lane / 4;
        t = lane % 4;
    }
};

/// Begins the copy of a stage of rows from row0 on.
template <class Panel, int threads>
__device__ __forceinline__ void fetchPanel(const RowSource& source, int row0, int stage, unsigned char* to) {
    constexpr int rows = threads / Panel::kChunks;  // at a time
    static_assert(Panel::kRows % rows == 0 && rows % 8 == 0);
    const int row = static_cast<int>(threadIdx.x) / Panel::kChunks;
    const int chunk = static_cast<int>(threadIdx.x) % Panel::kChunks;
    const int byte = stage * Panel::kPitch + chunk * 16;
    const unsigned char* from = source.base + (row0 + row) * source.pitch + byte;
    to += Panel::at(row, chunk);
#pragma unroll
    for (int i = 0; i < Panel::kRows / rows; ++i) {
        copyAsync16(to + i * rows * Panel::kPitch, from, row0 + row + i * rows < source.rows && byte < source.rowBytes);
        from += rows * source.pitch;
    }
}

/// Lane (g, t) holds what rows g + 8t of the warp's outputs need in a block of columns.
struct StreamScale {
    float scale = 0;
    unsigned addend = 0;
};

template <class S>
__device__ __forceinline__ StreamScale scaleOf(const Streamed& p, const StreamPlace<S>& me, int output0, int stage, int b) {
    const int output = output0 + me.output + me.g + 8 * me.t;
    const int group = S::kGrouped ? (stage * kStageBlocks + me.slice * S::kBlocks + b) / p.blocksPerGroup : 0;
    const bool exists = output < p.n && group < p.groups;
    const int at = output * p.groups + group;
    return {S::kGrouped && exists ? p.scales[at] : 0,
            S::Format::template addend<typename S::Element>(exists && p.zeros != nullptr ? p.zeros[at] : 0)};
}

/// 32 outputs times all rows of x over block `block` of a stage. Index q: rows g + 8q of the weights.
template <class S>
__device__ __forceinline__ void multiplyBlock(const unsigned char* slot, const StreamPlace<S>& me, int block, const StreamScale& held,
                                              float (&sums)[2][S::kTiles][4]) {
    using T = typename S::Element;
    using Words = typename S::Format::Words;
    constexpr int width = static_cast<int>(sizeof(Words));
    unsigned a[4][4];
    float scales[4];
    const int byte = (block * 4 + me.t) * width;
    const unsigned char* const words = slot + me.output * S::Codes::kPitch + S::Codes::at(me.g, byte / 16) + byte % 16;
#pragma unroll
    for (int q = 0; q < 4; ++q) {
        const Words mine = *reinterpret_cast<const Words*>(words + 8 * q * S::Codes::kPitch);
        S::Format::template decode<T>(mine, __shfl_sync(0xFFFFFFFFU, held.addend, me.g * 4 + q), a[q]);
        scales[q] = S::kGrouped ? __shfl_sync(0xFFFFFFFFU, held.scale, me.g * 4 + q) : 1;
    }
    const unsigned char* const rows = slot + S::Codes::kBytes + S::Rows::at(me.g, block * 4 + me.t);
#pragma unroll
    for (int h = 0; h < S::kTiles; ++h) {
        const uint4 x = *reinterpret_cast<const uint4*>(rows + 8 * h * S::Rows::kPitch);
        float parts[2][4] = {};
#pragma unroll
        for (int i = 0; i < 2; ++i)
            multiplyAdd16816(S::kGrouped ? parts[i] : sums[i][h], {a[2 * i][0], a[2 * i + 1][0], a[2 * i][1], a[2 * i + 1][1]}, {x.x, x.y},
                             T{});
#pragma unroll
        for (int i = 0; i < 2; ++i)
            multiplyAdd16816(S::kGrouped ? parts[i] : sums[i][h], {a[2 * i][2], a[2 * i + 1][2], a[2 * i][3], a[2 * i + 1][3]}, {x.z, x.w},
                             T{});
#pragma unroll
        for (int i = 0; S::kGrouped && i < 2; ++i)
#pragma unroll
            for (int e = 0; e < 4; ++e) sums[i][h][e] = fmaf(scales[2 * i + e / 2], parts[i][e], sums[i][h][e]);
    }
}

/// sums += the stages from `first` on, before `end`.
template <class S>
__device__ __forceinline__ void multiplyStages(const Streamed& p, const StreamPlace<S>& me, int output0, int first, int end,
                                               unsigned char* shared, float (&sums)[2][S::kTiles][4]) {
    constexpr int ahead = S::kSlots - 1;
    const auto fetchCodes = [&](int stage, int slot) {
        if (stage < end) fetchPanel<typename S::Codes, S::kThreads>(p.w, output0, stage, shared + slot * S::kSlotBytes);
    };
    const auto fetchRows = [&](int stage, int slot) {
        if (stage < end) fetchPanel<typename S::Rows, S::kThreads>(p.x, 0, stage, shared + slot * S::kSlotBytes + S::Codes::kBytes);
        commitCopies();
    };
#pragma unroll 1
    for (int s = 0; s < ahead; ++s) fetchCodes(first + s, s);
    StreamScale coming[S::kBlocks];  // of the blocks that follow
#pragma unroll
    for (int b = 0; b < S::kBlocks; ++b) coming[b] = scaleOf<S>(p, me, output0, first, b);
    waitForPreviousKernel();
#pragma unroll 1
    for (int s = 0; s < ahead; ++s) fetchRows(first + s, s);
    int slot = 0;
#pragma unroll 1
    for (int stage = first; stage < end; ++stage) {
        waitForCopies<ahead - 1>();
        __syncthreads();
        const int free = slot == 0 ? ahead : slot - 1;
        fetchCodes(stage + ahead, free);
        fetchRows(stage + ahead, free);
#pragma unroll 1
        for (int b = 0; b < S::kBlocks; ++b) {
            const StreamScale held = coming[0];
#pragma unroll
            for (int i = 1; i < S::kBlocks; ++i) coming[i - 1] = coming[i];
            coming[S::kBlocks - 1] = scaleOf<S>(p, me, output0, stage + 1, b);
            multiplyBlock<S>(shared + slot * S::kSlotBytes, me, me.slice * S::kBlocks + b, held, sums);
        }
        slot = slot < ahead ? slot + 1 : 0;
    }
    waitForCopies<0>();
}

/// A warp's sums as [row of x, output], behind those of the slices before it.
template <class S>
__device__ __forceinline__ void placeSums(const StreamPlace<S>& me, const float (&sums)[2][S::kTiles][4], float* meeting) {
    float* const mine = meeting + me.slice * S::kMeetingFloats + 2 * me.t * S::kMeetingPitch + me.output + me.g;
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int h = 0; h < S::kTiles; ++h)
#pragma unroll
            for (int e = 0; e < 4; ++e) mine[(8 * h + e % 2) * S::kMeetingPitch + 16 * i + e / 2 * 8] = sums[i][h][e];
}

template <class S>
__global__ void __launch_bounds__(S::kThreads, S::kResident) streamedProductKernel(const Streamed p) {
    DYNAMIC_SHARED(unsigned char, shared);
    allowNextKernel();
    const StreamPlace<S> me;
    const int output0 = static_cast<int>(blockIdx.x) * S::kOutputs;
    float sums[2][S::kTiles][4] = {};
    const int first = static_cast<int>(blockIdx.y) * p.share;
    multiplyStages<S>(p, me, output0, first, min(first + p.share, p.stages), shared, sums);
    auto* const meeting = reinterpret_cast<float*>(shared);
    __syncthreads();
    placeSums<S>(me, sums, meeting);
    __syncthreads();
#pragma unroll 1
    for (int index = static_cast<int>(threadIdx.x); index < p.x.rows * S::kOutputs; index += S::kThreads) {
        const int row = index / S::kOutputs;
        const int output = output0 + index % S::kOutputs;
        if (output >= p.n) continue;
        float sum = 0;
#pragma unroll
        for (int slice = 0; slice < S::kSlices; ++slice)
            sum += meeting[slice * S::kMeetingFloats + row * S::kMeetingPitch + index % S::kOutputs];
        if (p.partials != nullptr)
            p.partials[(static_cast<std::int64_t>(blockIdx.y) * p.x.rows + row) * p.n + output] = sum;
        else
            finishOutput<typename S::Element>(p.epilogue, S::kGrouped ? nullptr : p.scales, p.n, row, output, sum);
    }
}

/// y of a product whose columns were shared by `shares` blocks.
template <class T>
__global__ void __launch_bounds__(256) joinSharesKernel(const float* partials, int shares, int n, const float* scales, Epilogue epilogue) {
    allowNextKernel();
    waitForPreviousKernel();
    const int output = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (output >= n) return;
    const std::int64_t plane = static_cast<std::int64_t>(gridDim.y) * n;
    const float* from = partials + static_cast<std::int64_t>(blockIdx.y) * n + output;
    float sum = 0;
#pragma unroll 4
    for (int s = 0; s < shares; ++s) sum += from[s * plane];
    finishOutput<T>(epilogue, scales, n, static_cast<int>(blockIdx.y), output, sum);
}

}  // namespace trimtab::cuda::product
