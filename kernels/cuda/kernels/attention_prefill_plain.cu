// Many rows without tensor cores: Float32, and rows that are not aligned for the other. A block of 16 × 16 threads holds kRows rows; a tile
// of kKeys keys, then of their values, stands in shared memory as numbers. Thread (x, y) has rows y + 16i; of scores the keys x + 16j, of
// sums the columns 4x + 64c … + 3.
#include <cstdint>

#include "kernels/cuda/kernels/attention_paths.h"
#include "kernels/cuda/kernels/attention_rows.cuh"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kSide = 16;
constexpr int kPadding = 4;  // floats behind a shared row: eight rows' 16-byte accesses then lie in different banks

template <int D, int kRows, int kKeys>
struct PlainShape {
    static constexpr int kPitch = D + kPadding;
    static constexpr int kScorePitch = kKeys + kPadding;
    static constexpr int kFloats = (kRows + kKeys) * kPitch + kRows * kScorePitch;
};

/// Four elements at d, those from headSize on as zeros.
template <class T>
__device__ __forceinline__ float4 loadFour(const T* row, int d, int headSize, bool whole) {
    if (whole && d + 4 <= headSize) {
        float four[4];
        loadFloats(row + d, four);
        return make_float4(four[0], four[1], four[2], four[3]);
    }
    const auto at = [&](int i) { return d + i < headSize ? toFloat(row[d + i]) : 0.0F; };
    return make_float4(at(0), at(1), at(2), at(3));
}

__device__ __forceinline__ float dot(const float4& x, const float4& y, float sum) {
    return fmaf(x.x, y.x, fmaf(x.y, y.y, fmaf(x.z, y.z, fmaf(x.w, y.w, sum))));
}
__device__ __forceinline__ void addScaled(float4& sum, float factor, const float4& x) {
    sum = make_float4(fmaf(factor, x.x, sum.x), fmaf(factor, x.y, sum.y), fmaf(factor, x.z, sum.z), fmaf(factor, x.w, sum.w));
}

/// Rows first… of a head's keys or values; rows from `end` on become zero.
template <class T, int D, int kKeys>
__device__ __forceinline__ void loadTile(float* to, const T* from, int first, int end, int headSize, bool whole) {
    for (int i = static_cast<int>(threadIdx.x); i < kKeys * (D / 4); i += kThreads) {
        const int row = i / (D / 4);
        const int d = i % (D / 4) * 4;
        const bool valid = first + row < end;
        const T* const source = from + static_cast<std::int64_t>(valid ? first + row : first) * headSize;
        *reinterpret_cast<float4*>(to + row * (D + kPadding) + d) = valid ? loadFour(source, d, headSize, whole) : make_float4(0, 0, 0, 0);
    }
}

/// One thread's rows: running softmax and its shares of products, scores and sums.
template <int D, int kRows, int kKeys>
struct PlainRows {
    using Shape = PlainShape<D, kRows, kKeys>;
    static constexpr int kMyRows = kRows / kSide;
    static constexpr int kMyKeys = kKeys / kSide;
    static constexpr int kMyColumns = D / (4 * kSide);

    float4 sum[kMyRows][kMyColumns];
    float largest[kMyRows];
    float weight[kMyRows];  // of this thread's keys
    KeyRange seen[kMyRows];
    int x, y;

    __device__ __forceinline__ PlainRows(const AttentionView& a, int past, int firstRow, int lastRow)
        : x(static_cast<int>(threadIdx.x) % kSide), y(static_cast<int>(threadIdx.x) / kSide) {
#pragma unroll
        for (int i = 0; i < kMyRows; ++i) {
            const int row = firstRow + y + i * kSide;
            seen[i] = keysSeen(a, past, (row < lastRow ? row : lastRow) / a.group);
            largest[i] = -INFINITY;
            weight[i] = 0;
#pragma unroll
            for (int c = 0; c < kMyColumns; ++c) sum[i][c] = make_float4(0, 0, 0, 0);
        }
    }
    __device__ __forceinline__ void multiplyKeys(float (&s)[kMyRows][kMyKeys], const float* queries, const float* tile) const {
#pragma unroll 4
        for (int d = 0; d < D; d += 4) {
            float4 k[kMyKeys];
#pragma unroll
            for (int j = 0; j < kMyKeys; ++j) k[j] = *reinterpret_cast<const float4*>(tile + (x + j * kSide) * Shape::kPitch + d);
#pragma unroll
            for (int i = 0; i < kMyRows; ++i) {
                const float4 row = *reinterpret_cast<const float4*>(queries + (y + i * kSide) * Shape::kPitch + d);
#pragma unroll
                for (int j = 0; j < kMyKeys; ++j) s[i][j] = dot(row, k[j], s[i][j]);
            }
        }
    }
    /// Products with keys first… become exponentials in shared memory; sums so far are brought to the new largest scores.
    __device__ __forceinline__ void exponentiate(const AttentionView& a, float (&s)[kMyRows][kMyKeys], int first, float* exponentials) {
#pragma unroll
        for (int i = 0; i < kMyRows; ++i) {
            float step = largest[i];
#pragma unroll
            for (int j = 0; j < kMyKeys; ++j) {
                const int key = first + x + j * kSide;
                s[i][j] = key >= seen[i].begin && key < seen[i].end ? scoreOf(a, s[i][j]) : -INFINITY;
                step = fmaxf(step, s[i][j]);
            }
            for (int offset = kSide / 2; offset > 0; offset /= 2) step = fmaxf(step, __shfl_xor_sync(0xFFFFFFFFU, step, offset));
            const float base = finiteLargest(step);
            const float shrink = exp2f(largest[i] - base);
            largest[i] = step;
            weight[i] *= shrink;
#pragma unroll
            for (int j = 0; j < kMyKeys; ++j) {
                const float exponential = exp2f(s[i][j] - base);
                weight[i] += exponential;
                exponentials[(y + i * kSide) * Shape::kScorePitch + x + j * kSide] = exponential;
            }
#pragma unroll
            for (int c = 0; c < kMyColumns; ++c)
                sum[i][c] = make_float4(sum[i][c].x * shrink, sum[i][c].y * shrink, sum[i][c].z * shrink, sum[i][c].w * shrink);
        }
    }
    __device__ __forceinline__ void multiplyValues(const float* exponentials, const float* tile) {
#pragma unroll 2
        for (int j = 0; j < kKeys; j += 4) {
            float4 p[kMyRows];
#pragma unroll
            for (int i = 0; i < kMyRows; ++i)
                p[i] = *reinterpret_cast<const float4*>(exponentials + (y + i * kSide) * Shape::kScorePitch + j);
#pragma unroll
            for (int c = 0; c < kMyColumns; ++c) {
                const float* const column = tile + j * Shape::kPitch + 4 * x + c * 4 * kSide;
                const float4 v0 = *reinterpret_cast<const float4*>(column);
                const float4 v1 = *reinterpret_cast<const float4*>(column + Shape::kPitch);
                const float4 v2 = *reinterpret_cast<const float4*>(column + 2 * Shape::kPitch);
                const float4 v3 = *reinterpret_cast<const float4*>(column + 3 * Shape::kPitch);
#pragma unroll
                for (int i = 0; i < kMyRows; ++i) {
                    addScaled(sum[i][c], p[i].x, v0);
                    addScaled(sum[i][c], p[i].y, v1);
                    addScaled(sum[i][c], p[i].z, v2);
                    addScaled(sum[i][c], p[i].w, v3);
                }
            }
        }
    }
    /// o of the rows firstRow… up to lastRow. The whole warp takes part.
    template <class T>
    __device__ __forceinline__ void store(const AttentionView& a, T* o, int batch, int kvHead, int firstRow, int lastRow) {
#pragma unroll
        for (int i = 0; i < kMyRows; ++i) {
            for (int offset = kSide / 2; offset > 0; offset /= 2) weight[i] += __shfl_xor_sync(0xFFFFFFFFU, weight[i], offset);
            const int row = firstRow + y + i * kSide;
            if (row > lastRow) continue;
            T* const to = outputRow(a, o, batch, kvHead, row);
#pragma unroll
            for (int c = 0; c < kMyColumns; ++c) {
                const float columns[4] = {sum[i][c].x, sum[i][c].y, sum[i][c].z, sum[i][c].w};
#pragma unroll
                for (int d = 0; d < 4; ++d) {
                    const int at = 4 * x + c * 4 * kSide + d;
                    if (at < a.headSize) to[at] = fromFloat<T>(columns[d] / weight[i]);
                }
            }
        }
    }
};

template <class T, int D, int kRows, int kKeys>
__global__ void __launch_bounds__(kThreads)
    attentionPrefillPlain(AttentionView a, bool wholeQueries, bool wholeKeys, const T* q, const T* keys, const T* values, T* o) {
    using Rows = PlainRows<D, kRows, kKeys>;
    using Shape = PlainShape<D, kRows, kKeys>;
    DYNAMIC_SHARED(float, queries);
    float* const tile = queries + kRows * Shape::kPitch;
    float* const exponentials = tile + kKeys * Shape::kPitch;
    const int batch = static_cast<int>(blockIdx.z);
    const int kvHead = static_cast<int>(blockIdx.y);
    const int firstRow = static_cast<int>(gridDim.x - 1 - blockIdx.x) * kRows;  // those with most keys begin first
    const int lastRow = firstRow + kRows < a.rows ? firstRow + kRows - 1 : a.rows - 1;
    const std::int64_t head = (static_cast<std::int64_t>(batch) * a.kvHeads + kvHead) * a.capacity * a.headSize;

    waitForPreviousKernel();
    allowNextKernel();
    const int past = tokensBefore(a, batch);
    const KeyRange all = keysSeen(a, past, firstRow, lastRow);
    for (int i = static_cast<int>(threadIdx.x); i < kRows * (D / 4); i += kThreads) {
        const int row = firstRow + i / (D / 4) < lastRow ? firstRow + i / (D / 4) : lastRow;
        const int d = i % (D / 4) * 4;
        const float4 four = loadFour(queryRow(a, q, batch, kvHead, row), d, a.headSize, wholeQueries);
        *reinterpret_cast<float4*>(queries + i / (D / 4) * Shape::kPitch + d) = four;
    }
    Rows rows(a, past, firstRow, lastRow);
    for (int first = all.begin; first < all.end; first += kKeys) {
        loadTile<T, D, kKeys>(tile, keys + head, first, all.end, a.headSize, wholeKeys);
        __syncthreads();
        float s[Rows::kMyRows][Rows::kMyKeys] = {};
        rows.multiplyKeys(s, queries, tile);
        __syncthreads();
        loadTile<T, D, kKeys>(tile, values + head, first, all.end, a.headSize, wholeKeys);
        rows.exponentiate(a, s, first, exponentials);
        __syncthreads();
        rows.multiplyValues(exponentials, tile);
        __syncthreads();
    }
    rows.store(a, o, batch, kvHead, firstRow, lastRow);
}

template <class T, int D, int kRows, int kKeys>
Status launchFor(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    const AttentionView view = viewOf(attention);
    const dim3 grid(static_cast<unsigned>((view.rows + kRows - 1) / kRows), static_cast<unsigned>(view.kvHeads),
                    static_cast<unsigned>(view.batch));
    const auto aligned = [](const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % (4 * sizeof(T)) == 0; };
    const bool wholeKeys = aligned(operands.keys) && aligned(operands.values) && view.headSize % 4 == 0;
    const bool wholeQueries =
        aligned(operands.q) && (attention.headSize | attention.qBatchStride | attention.qTokenStride | attention.qHeadStride) % 4 == 0;
    return launchDependent(attentionPrefillPlain<T, D, kRows, kKeys>, grid, dim3(kThreads),
                           PlainShape<D, kRows, kKeys>::kFloats * sizeof(float), stream, view, wholeQueries, wholeKeys,
                           static_cast<const T*>(operands.q), static_cast<const T*>(operands.keys), static_cast<const T*>(operands.values),
                           static_cast<T*>(operands.o));
}

template <class T>
Status launchOf(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    if (attention.headSize > 128) return launchFor<T, 256, 32, 32>(stream, attention, operands);
    if (attention.headSize > 64) return launchFor<T, 128, 64, 32>(stream, attention, operands);
    return launchFor<T, 64, 64, 64>(stream, attention, operands);
}

}  // namespace

Status launchPlainPrefill(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    return product::withFloat(attention.type, "attention", [&](auto number) {
        return launchOf<typename decltype(number)::type>(stream, attention, operands);
    });
}

}  // namespace trimtab::cuda
