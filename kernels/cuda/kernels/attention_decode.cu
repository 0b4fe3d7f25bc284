// Decode on tensor cores, Float16 and BFloat16. A warp takes 16 keys at a time, straight from global memory into the fragments of
// multiplyAdd16816, every load 16 bytes. With r = lane / 4 and c = lane % 4:
//   S = Q Kᵀ     A: rows r (the lower eight of 16 stay zero). B: key r. The sum over d may run in any order, so that the lane's two
//                registers of a step are four consecutive elements of its key: 8 elements at d = 8c serve two steps.
//   Oᵀ = Vᵀ Pᵀ   B: Pᵀ (keys 2c, 2c + 1 of row r) is just what the lane holds of S. A: the lane reads d = 8r … 8r + 7 of keys 2c, 2c + 1,
//                2c + 8, 2c + 9 and pairs equal d's of neighbouring keys; step j takes d = 8r + 2j and the next one.
//   O            The lane holds rows 2c and 2c + 1 at d = 8r … 8r + 7.
#include "kernels/cuda/kernels/attention_parts.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kStepKeys = 16;

/// Sixteen bytes at `from`, or zeros.
__device__ __forceinline__ uint4 loadOrZero(const void* from, bool valid) {
    return valid ? *static_cast<const uint4*>(from) : make_uint4(0, 0, 0, 0);
}

template <class T, int D, bool kWhole>
struct DecodeWarp {
    static constexpr int kKeyChunks = D / 32;
    static constexpr int kValueChunks = D / 64;

    uint4 q[kKeyChunks];
    float o[kValueChunks][4][4] = {};
    float largest = -INFINITY;  // of row r; `weight` is this lane's share of the sum of exponentials
    float weight = 0;
    int headSize, r, c;

    __device__ __forceinline__ DecodeWarp(const AttentionView& a) : headSize(a.headSize) {
        r = static_cast<int>(threadIdx.x) % 32 / 4;
        c = static_cast<int>(threadIdx.x) % 4;
    }
    __device__ __forceinline__ bool inside(int d) const { return kWhole || d < headSize; }

    __device__ __forceinline__ void loadQuery(const T* row, bool valid) {
#pragma unroll
        for (int i = 0; i < kKeyChunks; ++i) q[i] = loadOrZero(row + i * 32 + c * 8, valid && inside(i * 32 + c * 8));
    }
    __device__ __forceinline__ void loadKeys(uint4 (&k)[2][kKeyChunks], const T* keys, int first, int end) const {
#pragma unroll
        for (int t = 0; t < 2; ++t) {
            const int key = first + t * 8 + r;
            const T* const row = keys + static_cast<std::int64_t>(key) * headSize + c * 8;
#pragma unroll
            for (int i = 0; i < kKeyChunks; ++i) k[t][i] = loadOrZero(row + i * 32, key < end && inside(i * 32 + c * 8));
        }
    }
    /// Columns i · 64 + 8r … + 7 of the lane's four keys.
    __device__ __forceinline__ void loadValues(uint4 (&v)[4], int i, const T* values, int first, int end) const {
#pragma unroll
        for (int n = 0; n < 4; ++n) {
            const int key = first + 2 * c + n % 2 + n / 2 * 8;
            v[n] = loadOrZero(values + static_cast<std::int64_t>(key) * headSize + i * 64 + r * 8, key < end && inside(i * 64 + r * 8));
        }
    }
    /// s[t]: products of row r with keys t · 8 + 2c and the next one.
    __device__ __forceinline__ void multiplyKeys(float (&s)[2][4], const uint4 (&k)[2][kKeyChunks]) const {
#pragma unroll
        for (int i = 0; i < kKeyChunks; ++i) {
#pragma unroll
            for (int t = 0; t < 2; ++t) {
                multiplyAdd16816(s[t], {q[i].x, 0, q[i].y, 0}, {k[t][i].x, k[t][i].y}, T{});
                multiplyAdd16816(s[t], {q[i].z, 0, q[i].w, 0}, {k[t][i].z, k[t][i].w}, T{});
            }
        }
    }
    /// Scores become exponentials; sums so far are brought to the new largest score.
    __device__ __forceinline__ void exponentiate(float (&s)[2][4]) {
        float step = fmaxf(fmaxf(s[0][0], s[0][1]), fmaxf(s[1][0], s[1][1]));
        step = fmaxf(step, __shfl_xor_sync(0xFFFFFFFFU, step, 1));
        step = fmaxf(step, __shfl_xor_sync(0xFFFFFFFFU, step, 2));
        const float newLargest = fmaxf(largest, step);
        const float base = finiteLargest(newLargest);
        const float shrink = exp2f(largest - base);
        largest = newLargest;
        weight *= shrink;
#pragma unroll
        for (int t = 0; t < 2; ++t) {
            s[t][0] = exp2f(s[t][0] - base);
            s[t][1] = exp2f(s[t][1] - base);
            weight += s[t][0] + s[t][1];
        }
        if (!__any_sync(0xFFFFFFFFU, shrink != 1.0F)) return;
        scaleSums(__shfl_sync(0xFFFFFFFFU, shrink, c * 8), __shfl_sync(0xFFFFFFFFU, shrink, c * 8 + 4));
    }
    __device__ __forceinline__ void scaleSums(float even, float odd) {
#pragma unroll
        for (int i = 0; i < kValueChunks; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                o[i][j][0] *= even;
                o[i][j][1] *= odd;
                o[i][j][2] *= even;
                o[i][j][3] *= odd;
            }
        }
    }
    static __device__ __forceinline__ unsigned word(const uint4& v, int j) { return j == 0 ? v.x : j == 1 ? v.y : j == 2 ? v.z : v.w; }
    __device__ __forceinline__ void multiplyValues(int i, const unsigned (&p)[2], const uint4 (&v)[4]) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const unsigned first = word(v[0], j);
            const unsigned second = word(v[1], j);
            const unsigned third = word(v[2], j);
            const unsigned fourth = word(v[3], j);
            const unsigned pairs[4] = {__byte_perm(first, second, 0x5410), __byte_perm(first, second, 0x7632),
                                       __byte_perm(third, fourth, 0x5410), __byte_perm(third, fourth, 0x7632)};
            multiplyAdd16816(o[i][j], pairs, p, T{});
        }
    }
    /// Into sums [kDecodeRows, D] of this warp, rows 2c and 2c + 1 multiplied by their factors.
    __device__ __forceinline__ void storeSums(float* sums, int rows, float even, float odd) const {
#pragma unroll
        for (int i = 0; i < kValueChunks; ++i) {
            float* const to = sums + 2 * c * D + i * 64 + r * 8;
            if (2 * c < rows) {
                reinterpret_cast<float4*>(to)[0] = make_float4(o[i][0][0] * even, o[i][0][2] * even, o[i][1][0] * even, o[i][1][2] * even);
                reinterpret_cast<float4*>(to)[1] = make_float4(o[i][2][0] * even, o[i][2][2] * even, o[i][3][0] * even, o[i][3][2] * even);
            }
            if (2 * c + 1 < rows) {
                reinterpret_cast<float4*>(to + D)[0] = make_float4(o[i][0][1] * odd, o[i][0][3] * odd, o[i][1][1] * odd, o[i][1][3] * odd);
                reinterpret_cast<float4*>(to + D)[1] = make_float4(o[i][2][1] * odd, o[i][2][3] * odd, o[i][3][1] * odd, o[i][3][3] * odd);
            }
        }
    }
};

template <class T, int D, int kWarps, bool kWhole>
__global__ void __launch_bounds__(kWarps * 32, 1) attentionDecode(AttentionView a, int rowTiles, const T* q, const T* keys, const T* values,
                                                               float* workspace, T* o) {
    using Warp = DecodeWarp<T, D, kWhole>;
    constexpr bool kAhead = D < 256;  // registers hold a step's keys and values at once
    SHARED_ARRAY(float, statistics, kWarps * kDecodeRows * 2);
    SHARED_ARRAY(float, sums, kWarps * kDecodeRows * D);
    const DecodePlace place = decodePlace(a, rowTiles);
    const std::int64_t head = (static_cast<std::int64_t>(place.batch) * a.kvHeads + place.kvHead) * a.capacity * a.headSize;
    keys += head;
    values += head;
    const int warpIndex = static_cast<int>(threadIdx.x) / 32;
    Warp warp(a);
    const bool hasRow = warp.r < place.rows;
    const int row = place.firstRow + (hasRow ? warp.r : 0);

    allowNextKernel();
    waitForPreviousKernel();
    const int past = tokensBefore(a, place.batch);
    const KeyRange seen = keysSeen(a, past, row / a.group);
    const KeyRange all = keysSeen(a, past, place.firstRow, place.firstRow + place.rows - 1);
    const KeyRange part = keysOfPart(all, kStepKeys);
    warp.loadQuery(queryRow(a, q, place.batch, place.kvHead, row), hasRow);
    for (int first = part.begin + warpIndex * kStepKeys; first < part.end; first += kWarps * kStepKeys) {
        uint4 k[2][Warp::kKeyChunks];
        uint4 v[Warp::kValueChunks][4];
        warp.loadKeys(k, keys, first, part.end);
        if (kAhead) {
#pragma unroll
            for (int i = 0; i < Warp::kValueChunks; ++i) warp.loadValues(v[i], i, values, first, part.end);
        }
        float s[2][4] = {};
        warp.multiplyKeys(s, k);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int key = first + i / 2 * 8 + 2 * warp.c + i % 2;
            const bool visible = key < part.end && key >= seen.begin && key < seen.end;
            s[i / 2][i % 2] = visible ? scoreOf(a, s[i / 2][i % 2]) : -INFINITY;
        }
        warp.exponentiate(s);
        const unsigned p[2] = {packPair<T>(s[0][0], s[0][1]), packPair<T>(s[1][0], s[1][1])};
#pragma unroll
        for (int i = 0; i < Warp::kValueChunks; ++i) {
            if (!kAhead) warp.loadValues(v[i], i, values, first, part.end);
            warp.multiplyValues(i, p, v[i]);
        }
    }

    float weight = warp.weight;
    weight += __shfl_xor_sync(0xFFFFFFFFU, weight, 1);
    weight += __shfl_xor_sync(0xFFFFFFFFU, weight, 2);
    if (warp.c == 0) {
        statistics[(warpIndex * kDecodeRows + warp.r) * 2] = warp.largest;
        statistics[(warpIndex * kDecodeRows + warp.r) * 2 + 1] = weight;
    }
    __syncthreads();
    warp.storeSums(sums + warpIndex * kDecodeRows * D, place.rows, factorOfWarp<kWarps>(statistics, warpIndex, 2 * warp.c),
                   factorOfWarp<kWarps>(statistics, warpIndex, 2 * warp.c + 1));
    __syncthreads();
    finishBlock<T, D, kWarps>(a, place, statistics, sums, workspace, o);
}

template <class T, int D>
Status launchFor(Stream stream, const Attention& attention, const DecodeSplit& split, const AttentionOperands& operands) {
    constexpr int kWarps = D == 256 ? 4 : 8;
    const dim3 grid(static_cast<unsigned>(split.parts), static_cast<unsigned>(attention.kvHeads * split.rowTiles),
                    static_cast<unsigned>(attention.batch));
    const auto kernel = attention.headSize == D ? attentionDecode<T, D, kWarps, true> : attentionDecode<T, D, kWarps, false>;
    return launchDependent(kernel, grid, dim3(kWarps * 32), 0, stream, viewOf(attention), split.rowTiles, static_cast<const T*>(operands.q),
                           static_cast<const T*>(operands.keys), static_cast<const T*>(operands.values), operands.workspace,
                           static_cast<T*>(operands.o));
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

Status launchDecode(Stream stream, const Attention& attention, const AttentionOperands& operands) {
    if (attention.type == DataType::Float16) return launchOf<__half>(stream, attention, operands);
    return launchOf<__nv_bfloat16>(stream, attention, operands);
}

}  // namespace trimtab::cuda
