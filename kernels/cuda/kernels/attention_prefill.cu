// Many rows on tensor cores, Float16 and BFloat16: four warps hold 16 · kTiles rows each, of scores and sums in registers; keys and values
// come in tiles through two stages of shared memory, the next one on its way while one is used. Tiles that no row of the block sees are not
// read. A shared row is D elements in 16-byte chunks; chunk i of row r stands at i ^ (r % 8), so that the eight rows of a fragment lie in
// different banks.
#include <algorithm>

#include "kernels/cuda/kernels/attention_paths.h"
#include "kernels/cuda/kernels/attention_rows.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * 32;
constexpr unsigned kAll = 0xFFFFFFFFU;

template <int D, int kTiles>
struct PrefillShape {
    static constexpr int kRows = kWarps * 16 * kTiles;  // of a block
    static constexpr int kKeys = D > 128 ? 32 : 64;     // of a stage
    static constexpr bool kQueryInRegisters = D <= 128;
    static constexpr int kStage = 2 * kKeys * D;  // elements: keys, then values
    // Queries pass through the second stage when they go to registers, and stay behind both when not.
    static constexpr int kQueryAt = kQueryInRegisters ? kStage : 2 * kStage;
    static constexpr int kElements = kQueryInRegisters ? 2 * kStage : 2 * kStage + kRows * D;
    static_assert(!kQueryInRegisters || kRows * D <= kStage, "the queries fit in a stage");
};

template <int D, class T>
__device__ __forceinline__ T* chunkAt(T* rows, int row, int chunk) {
    return rows + row * D + ((chunk ^ (row & 7)) * 8);
}

/// Keys first… of a head into a stage; rows from `end` on and columns from headSize on become zero.
template <class T, int D, int kKeys>
__device__ __forceinline__ void beginStage(T* stage, const T* keys, const T* values, int first, int end, int headSize) {
    constexpr int kStep = kThreads / (D / 8);  // rows between two of a thread's chunks
    const int chunk = static_cast<int>(threadIdx.x) % (D / 8);
    const int row = static_cast<int>(threadIdx.x) / (D / 8);
    const bool inside = chunk * 8 < headSize;
    const std::int64_t offset = static_cast<std::int64_t>(first + row) * headSize + chunk * 8;
    keys += offset;
    values += offset;
#pragma unroll
    for (int i = 0; i < kKeys / kStep; ++i) {
        const bool valid = inside && first + row + i * kStep < end;
        copyAsync16(chunkAt<D>(stage, row + i * kStep, chunk), keys, valid);
        copyAsync16(chunkAt<D>(stage + kKeys * D, row + i * kStep, chunk), values, valid);
        keys += kStep * headSize;
        values += kStep * headSize;
    }
}

template <class T, int D, int kRows>
__device__ __forceinline__ void beginQueries(T* to, const AttentionView& a, const T* q, int batch, int kvHead, int firstRow) {
#pragma unroll 1
    for (int i = 0; i < kRows * (D / 8) / kThreads; ++i) {
        const int index = i * kThreads + static_cast<int>(threadIdx.x);
        const int row = index / (D / 8);
        const int chunk = index % (D / 8);
        const bool valid = firstRow + row < a.rows && chunk * 8 < a.headSize;
        copyAsync16(chunkAt<D>(to, row, chunk), valid ? queryRow(a, q, batch, kvHead, firstRow + row) + chunk * 8 : q, valid);
    }
}

template <class T, int D, int kTiles>
struct PrefillWarp {
    using Shape = PrefillShape<D, kTiles>;
    static constexpr int kKeys = Shape::kKeys;
    static constexpr int kKept = Shape::kQueryInRegisters ? D / 16 : 1;
    static constexpr int kUnrolled = Shape::kQueryInRegisters ? D / 16 : 4;  // more would keep more addresses than there are registers

    unsigned q[kTiles][kKept][4];
    float o[kTiles][D / 8][4];
    float largest[kTiles][2];  // of rows lane / 4 and lane / 4 + 8; `weight` is this lane's share
    float weight[kTiles][2];
    const T* queries;  // this warp's rows in shared memory
    int lane;

    __device__ __forceinline__ PrefillWarp(const T* blockQueries) {
        lane = static_cast<int>(threadIdx.x) % 32;
        queries = blockQueries + static_cast<int>(threadIdx.x) / 32 * 16 * kTiles * D;
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                largest[m][h] = -INFINITY;
                weight[m][h] = 0;
            }
#pragma unroll
            for (int n = 0; n < D / 8; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i) o[m][n][i] = 0;
            }
        }
    }
    __device__ __forceinline__ void loadQuery(unsigned (&to)[4], int tile, int step) const {
        loadMatrix4(to, chunkAt<D>(queries, tile * 16 + lane % 16, step * 2 + lane / 16));
    }
    __device__ __forceinline__ void keepQueries() {
        if constexpr (Shape::kQueryInRegisters) {
#pragma unroll
            for (int m = 0; m < kTiles; ++m) {
#pragma unroll
                for (int step = 0; step < kKept; ++step) loadQuery(q[m][step], m, step);
            }
        }
    }
    __device__ __forceinline__ void multiplyKeys(float (&s)[kTiles][kKeys / 8][4], const T* keys) {
#pragma unroll kUnrolled
        for (int step = 0; step < D / 16; ++step) {
            if constexpr (!Shape::kQueryInRegisters) {
#pragma unroll
                for (int m = 0; m < kTiles; ++m) loadQuery(q[m][0], m, step);
            }
#pragma unroll
            for (int n = 0; n < kKeys / 16; ++n) {
                unsigned k[4];
                loadMatrix4(k, chunkAt<D>(keys, n * 16 + lane / 16 * 8 + lane % 8, step * 2 + lane / 8 % 2));
#pragma unroll
                for (int m = 0; m < kTiles; ++m) {
                    const unsigned(&rows)[4] = q[m][Shape::kQueryInRegisters ? step : 0];
                    multiplyAdd16816(s[m][2 * n], rows, {k[0], k[1]}, T{});
                    multiplyAdd16816(s[m][2 * n + 1], rows, {k[2], k[3]}, T{});
                }
            }
        }
    }
    /// Scores become exponentials; sums so far are brought to the new largest scores.
    __device__ __forceinline__ void exponentiate(float (&s)[kTiles][kKeys / 8][4]) {
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                float step = -INFINITY;
#pragma unroll
                for (int n = 0; n < kKeys / 8; ++n) step = fmaxf(step, fmaxf(s[m][n][2 * h], s[m][n][2 * h + 1]));
                step = fmaxf(step, __shfl_xor_sync(kAll, step, 1));
                step = fmaxf(step, __shfl_xor_sync(kAll, step, 2));
                step = fmaxf(step, largest[m][h]);
                const float base = finiteLargest(step);
                const float shrink = exp2f(largest[m][h] - base);
                largest[m][h] = step;
                float sum = 0;
#pragma unroll
                for (int n = 0; n < kKeys / 8; ++n) {
                    s[m][n][2 * h] = exp2f(s[m][n][2 * h] - base);
                    s[m][n][2 * h + 1] = exp2f(s[m][n][2 * h + 1] - base);
                    sum += s[m][n][2 * h] + s[m][n][2 * h + 1];
                }
                weight[m][h] = weight[m][h] * shrink + sum;
#pragma unroll
                for (int n = 0; n < D / 8; ++n) {
                    o[m][n][2 * h] *= shrink;
                    o[m][n][2 * h + 1] *= shrink;
                }
            }
        }
    }
    __device__ __forceinline__ void multiplyValues(const float (&s)[kTiles][kKeys / 8][4], const T* values) {
#pragma unroll
        for (int step = 0; step < kKeys / 16; ++step) {
            unsigned p[kTiles][4];
#pragma unroll
            for (int m = 0; m < kTiles; ++m) {
#pragma unroll
                for (int i = 0; i < 4; ++i) p[m][i] = packPair<T>(s[m][2 * step + i / 2][i % 2 * 2], s[m][2 * step + i / 2][i % 2 * 2 + 1]);
            }
#pragma unroll
            for (int n = 0; n < D / 16; ++n) {
                unsigned v[4];
                loadMatrix4Transposed(v, chunkAt<D>(values, step * 16 + lane % 16, n * 2 + lane / 16));
#pragma unroll
                for (int m = 0; m < kTiles; ++m) {
                    multiplyAdd16816(o[m][2 * n], p[m], {v[0], v[1]}, T{});
                    multiplyAdd16816(o[m][2 * n + 1], p[m], {v[2], v[3]}, T{});
                }
            }
        }
    }
    /// Sums over their weights, as rows in shared memory (this warp's own).
    __device__ __forceinline__ void finish(T* to) {
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                float sum = weight[m][h];
                sum += __shfl_xor_sync(kAll, sum, 1);
                sum += __shfl_xor_sync(kAll, sum, 2);
                const float inverse = sum > 0 ? 1 / sum : 0.0F;
#pragma unroll
                for (int n = 0; n < D / 8; ++n) {
                    T* const chunk = chunkAt<D>(to, m * 16 + h * 8 + lane / 4, n);
                    reinterpret_cast<unsigned*>(chunk)[lane % 4] = packPair<T>(o[m][n][2 * h] * inverse, o[m][n][2 * h + 1] * inverse);
                }
            }
        }
    }
};

/// Products become scores, −∞ for keys that a row does not see; `seen` holds the ranges of the lane's rows.
template <int kTiles, int kKeys>
__device__ __forceinline__ void score(float (&s)[kTiles][kKeys / 8][4], const AttentionView& a, const KeyRange (&seen)[kTiles][2],
                                      int first, bool masked) {
    const int column = first + static_cast<int>(threadIdx.x) % 4 * 2;
    const float scale = a.softCap > 0 ? 1.0F : a.scale * kLog2E;
#pragma unroll
    for (int i = 0; i < kTiles * kKeys / 2; ++i) {
        float& of = s[i / (kKeys / 2)][i / 4 % (kKeys / 8)][i % 4];
        if (a.softCap > 0) of = scoreOf(a, of);
        of *= scale;
    }
    if (!masked) return;
#pragma unroll
    for (int i = 0; i < kTiles * kKeys / 2; ++i) {
        const KeyRange range = seen[i / (kKeys / 2)][i % 4 / 2];
        const int key = column + i / 4 % (kKeys / 8) * 8 + i % 2;
        if (key < range.begin || key >= range.end) s[i / (kKeys / 2)][i / 4 % (kKeys / 8)][i % 4] = -INFINITY;
    }
}

template <class T, int D, int kTiles>
__global__ void __launch_bounds__(kThreads) attentionPrefill(AttentionView a, const T* q, const T* keys, const T* values, T* o) {
    using Shape = PrefillShape<D, kTiles>;
    constexpr int kRows = Shape::kRows;
    constexpr int kKeys = Shape::kKeys;
    DYNAMIC_SHARED(T, shared);
    const int batch = static_cast<int>(blockIdx.z);
    const int kvHead = static_cast<int>(blockIdx.y);
    const int firstRow = static_cast<int>(gridDim.x - 1 - blockIdx.x) * kRows;  // those with most keys begin first
    const int lastRow = firstRow + kRows < a.rows ? firstRow + kRows - 1 : a.rows - 1;
    const int warpRow = static_cast<int>(threadIdx.x) / 32 * 16 * kTiles;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const std::int64_t head = (static_cast<std::int64_t>(batch) * a.kvHeads + kvHead) * a.capacity * a.headSize;

    waitForPreviousKernel();
    allowNextKernel();
    const int past = tokensBefore(a, batch);
    const KeyRange all = keysSeen(a, past, firstRow, lastRow);
    // Keys that every row sees need no mask.
    const KeyRange common = {keysSeen(a, past, lastRow / a.group).begin, keysSeen(a, past, firstRow / a.group).end};
    KeyRange seen[kTiles][2];
#pragma unroll
    for (int i = 0; i < 2 * kTiles; ++i) {
        const int row = firstRow + warpRow + i * 8 + lane / 4;
        seen[i / 2][i % 2] = keysSeen(a, past, (row < lastRow ? row : lastRow) / a.group);
    }

    beginQueries<T, D, kRows>(shared + Shape::kQueryAt, a, q, batch, kvHead, firstRow);
    commitCopies();
    beginStage<T, D, kKeys>(shared, keys + head, values + head, all.begin, all.end, a.headSize);
    commitCopies();
    PrefillWarp<T, D, kTiles> warp(shared + Shape::kQueryAt);
    waitForCopies<1>();
    __syncthreads();
    warp.keepQueries();
    __syncthreads();
    int stage = 0;
    for (int first = all.begin; first < all.end; first += kKeys) {
        if (first + kKeys < all.end)
            beginStage<T, D, kKeys>(shared + (stage ^ 1) * Shape::kStage, keys + head, values + head, first + kKeys, all.end, a.headSize);
        commitCopies();
        waitForCopies<1>();
        __syncthreads();
        const T* const tile = shared + stage * Shape::kStage;
        float s[kTiles][kKeys / 8][4] = {};
        warp.multiplyKeys(s, tile);
        score<kTiles, kKeys>(s, a, seen, first, first < common.begin || first + kKeys > common.end);
        warp.exponentiate(s);
        warp.multiplyValues(s, tile + kKeys * D);
        __syncthreads();
        stage ^= 1;
    }

    T* const own = shared + warpRow * D;
    warp.finish(own);
    __syncwarp();
#pragma unroll 4
    for (int i = lane; i < 16 * kTiles * (D / 8); i += 32) {
        const int row = i / (D / 8);
        const int chunk = i % (D / 8);
        if (firstRow + warpRow + row > lastRow || chunk * 8 >= a.headSize) continue;
        T* const to = outputRow(a, o, batch, kvHead, firstRow + warpRow + row) + chunk * 8;
        *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(chunkAt<D>(own, row, chunk));
    }
}

template <class T, int D, int kTiles>
Status launchFor(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    using Shape = PrefillShape<D, kTiles>;
    const AttentionView view = viewOf(attention);
    const dim3 grid(static_cast<unsigned>((view.rows + Shape::kRows - 1) / Shape::kRows), static_cast<unsigned>(view.kvHeads),
                    static_cast<unsigned>(view.batch));
    return launchDependent(attentionPrefill<T, D, kTiles>, grid, dim3(kThreads), Shape::kElements * sizeof(T), stream, view,
                           static_cast<const T*>(operands.q), static_cast<const T*>(operands.keys), static_cast<const T*>(operands.values),
                           static_cast<T*>(operands.o));
}

template <class T>
Status launchOf(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    constexpr std::int64_t kBlocksToFill = 2 * 132;
    const std::int64_t rows = attention.queries * (attention.heads / attention.kvHeads);
    if (attention.headSize > 128) return launchFor<T, 256, 1>(stream, attention, operands);
    if (attention.headSize > 64) return launchFor<T, 128, 1>(stream, attention, operands);
    // Twice the rows a warp read shared memory half as often; worth it once there are blocks for every multiprocessor.
    if ((rows + 127) / 128 * attention.kvHeads * attention.batch >= kBlocksToFill) return launchFor<T, 64, 2>(stream, attention, operands);
    return launchFor<T, 64, 1>(stream, attention, operands);
}

}  // namespace

Status launchPrefill(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    if (attention.type == DataType::Float16) return launchOf<__half>(stream, attention, operands);
    return launchOf<__nv_bfloat16>(stream, attention, operands);
}

}  // namespace trimtab::cuda
