// Decode without tensor cores: Float32, and rows that are not aligned for the other. A warp takes 32 keys at a time: for scores a lane has
// a key of its own (queries stand in shared memory as numbers), for sums of values it has D / 32 neighbouring columns.
#include "kernels/cuda/kernels/attention_parts.cuh"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda {
namespace {

/// kCount elements at d, those from headSize on as zeros; 16 bytes (kCount elements of them) at once when `whole` says that rows allow it.
template <int kCount, class T>
__device__ __forceinline__ void loadOrZero(float (&to)[kCount], const T* row, int d, int headSize, bool whole) {
    if (whole && d + kCount <= headSize) {
        loadFloats(row + d, to);
        return;
    }
#pragma unroll
    for (int i = 0; i < kCount; ++i) to[i] = d + i < headSize ? toFloat(row[d + i]) : 0.0F;
}

/// One lane's scores: products of all rows with its key.
template <class T, int D>
__device__ __forceinline__ void multiplyKey(float (&s)[kDecodeRows], const float* q, const T* key, int rows, int headSize, bool whole) {
    constexpr int kChunk = 16 / sizeof(T);
#pragma unroll 4
    for (int d = 0; d < D; d += kChunk) {
        if (d >= headSize) break;
        float k[kChunk];
        loadOrZero(k, key, d, headSize, whole);
#pragma unroll
        for (int row = 0; row < kDecodeRows; ++row) {
            if (row >= rows) break;
#pragma unroll
            for (int i = 0; i < kChunk; i += 4) {
                const float4 of = *reinterpret_cast<const float4*>(q + row * D + d + i);
                s[row] += of.x * k[i] + of.y * k[i + 1] + of.z * k[i + 2] + of.w * k[i + 3];
            }
        }
    }
}

/// One lane's columns of every row's sum of values, with the running softmax of the warp's keys.
template <int D>
struct PlainWarp {
    static constexpr int kColumns = D / 32;
    float sum[kDecodeRows][kColumns] = {};
    float largest[kDecodeRows];
    float weight[kDecodeRows] = {};  // of this lane's keys
    int rows, lane;

    __device__ __forceinline__ explicit PlainWarp(int count) : rows(count), lane(static_cast<int>(threadIdx.x) % 32) {
#pragma unroll
        for (float& each : largest) each = -INFINITY;
    }
    /// The score of the lane's key for a row becomes an exponential; the row's sum so far is brought to the new largest score.
    __device__ __forceinline__ float exponentiate(int row, float score) {
        float step = score;
        for (int offset = 16; offset > 0; offset /= 2) step = fmaxf(step, __shfl_xor_sync(0xFFFFFFFFU, step, offset));
        step = fmaxf(step, largest[row]);
        const float base = finiteLargest(step);
        const float shrink = exp2f(largest[row] - base);
        const float exponential = exp2f(score - base);
        largest[row] = step;
        weight[row] = weight[row] * shrink + exponential;
#pragma unroll
        for (int i = 0; i < kColumns; ++i) sum[row][i] *= shrink;
        return exponential;
    }
    /// Adds the values of `count` keys, weighted by exponentials [kDecodeRows, 32].
    template <class T>
    __device__ __forceinline__ void addValues(const float* exponentials, const T* values, int count, int headSize, bool whole) {
#pragma unroll 4
        for (int j = 0; j < count; ++j) {
            float v[kColumns];
            loadOrZero(v, values + j * headSize, lane * kColumns, headSize, whole);
#pragma unroll
            for (int row = 0; row < kDecodeRows; ++row) {
                if (row >= rows) break;
#pragma unroll
                for (int i = 0; i < kColumns; ++i) sum[row][i] += exponentials[row * 32 + j] * v[i];
            }
        }
    }
    /// Into this warp's part of `statistics` and `sums` (attention_parts.cuh). The whole block takes part.
    template <int kWarps>
    __device__ __forceinline__ void leave(float* statistics, float* sums) {
        const int first = static_cast<int>(threadIdx.x) / 32 * kDecodeRows;
#pragma unroll
        for (int row = 0; row < kDecodeRows; ++row) {
            if (row >= rows) break;
            for (int offset = 16; offset > 0; offset /= 2) weight[row] += __shfl_xor_sync(0xFFFFFFFFU, weight[row], offset);
            if (lane == 0) {
                statistics[(first + row) * 2] = largest[row];
                statistics[(first + row) * 2 + 1] = weight[row];
            }
        }
        __syncthreads();
#pragma unroll
        for (int row = 0; row < kDecodeRows; ++row) {
            if (row >= rows) break;
            const float factor = factorOfWarp<kWarps>(statistics, first / kDecodeRows, row);
#pragma unroll
            for (int i = 0; i < kColumns; ++i) sums[(first + row) * D + lane * kColumns + i] = sum[row][i] * factor;
        }
        __syncthreads();
    }
};

template <class T, int D, int kWarps>
__global__ void __launch_bounds__(kWarps * 32, 1)
    attentionDecodePlain(AttentionView a, int rowTiles, bool whole, const T* q, const T* keys, const T* values, float* workspace, T* o) {
    SHARED_ARRAY(float, statistics, kWarps * kDecodeRows * 2);
    SHARED_ARRAY(float, sums, kWarps * kDecodeRows * D);
    SHARED_ARRAY(float, queries, kDecodeRows * D);
    SHARED_ARRAY(float, allExponentials, kWarps * kDecodeRows * 32);
    const DecodePlace place = decodePlace(a, rowTiles);
    const std::int64_t head = (static_cast<std::int64_t>(place.batch) * a.kvHeads + place.kvHead) * a.capacity * a.headSize;
    const int warpIndex = static_cast<int>(threadIdx.x) / 32;
    float* const exponentials = allExponentials + warpIndex * kDecodeRows * 32;

    allowNextKernel();
    waitForPreviousKernel();
    const int past = tokensBefore(a, place.batch);
    const KeyRange part = keysOfPart(keysSeen(a, past, place.firstRow, place.firstRow + place.rows - 1), 32);
    for (int i = static_cast<int>(threadIdx.x); i < place.rows * D; i += kWarps * 32) {
        const T* const row = queryRow(a, q, place.batch, place.kvHead, place.firstRow + i / D);
        queries[i] = i % D < a.headSize ? toFloat(row[i % D]) : 0.0F;
    }
    __syncthreads();

    PlainWarp<D> warp(place.rows);
    for (int first = part.begin + warpIndex * 32; first < part.end; first += kWarps * 32) {
        const std::int64_t offset = head + static_cast<std::int64_t>(first) * a.headSize;
        const int key = first + warp.lane;
        float s[kDecodeRows] = {};
        if (key < part.end) multiplyKey<T, D>(s, queries, keys + offset + warp.lane * a.headSize, place.rows, a.headSize, whole);
#pragma unroll
        for (int row = 0; row < kDecodeRows; ++row) {
            if (row >= place.rows) break;
            const KeyRange seen = keysSeen(a, past, (place.firstRow + row) / a.group);
            const bool visible = key < part.end && key >= seen.begin && key < seen.end;
            exponentials[row * 32 + warp.lane] = warp.exponentiate(row, visible ? scoreOf(a, s[row]) : -INFINITY);
        }
        __syncwarp();
        warp.addValues(exponentials, values + offset, part.end - first < 32 ? part.end - first : 32, a.headSize, whole);
        __syncwarp();
    }
    warp.template leave<kWarps>(statistics, sums);
    finishBlock<T, D, kWarps>(a, place, statistics, sums, workspace, o);
}

template <class T, int D>
Status launchFor(Stream stream, const Attention& attention, const DecodeSplit& split, const AttentionOperands& operands) {
    constexpr int kWarps = D == 256 ? 4 : 8;
    const dim3 grid(static_cast<unsigned>(split.parts), static_cast<unsigned>(attention.kvHeads * split.rowTiles),
                    static_cast<unsigned>(attention.batch));
    const auto address = reinterpret_cast<std::uintptr_t>(operands.keys) | reinterpret_cast<std::uintptr_t>(operands.values);
    const bool whole = address % 16 == 0 && attention.headSize * static_cast<std::int64_t>(sizeof(T)) % 16 == 0;
    return launchDependent(attentionDecodePlain<T, D, kWarps>, grid, dim3(kWarps * 32), 0, stream, viewOf(attention), split.rowTiles, whole,
                           static_cast<const T*>(operands.q), static_cast<const T*>(operands.keys), static_cast<const T*>(operands.values),
                           operands.workspace, static_cast<T*>(operands.o));
}

template <class T>
Status launchOf(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    const DecodeSplit split = decodeSplit(attention);
    if (split.paddedHead == 64) {
        TRIMTAB_REQUIRE((launchFor<T, 64>(stream, attention, split, operands)));
    } else if (split.paddedHead == 128) {
        TRIMTAB_REQUIRE((launchFor<T, 128>(stream, attention, split, operands)));
    } else {
        TRIMTAB_REQUIRE((launchFor<T, 256>(stream, attention, split, operands)));
    }
    return launchJoinParts(stream, attention, split, operands);
}

}  // namespace

Status launchPlainDecode(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    return product::withFloat(attention.type, "attention", [&](auto number) {
        return launchOf<typename decltype(number)::type>(stream, attention, operands);
    });
}

}  // namespace trimtab::cuda
