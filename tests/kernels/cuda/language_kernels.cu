#include "tests/kernels/cuda/language_kernels.h"

#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

__global__ void shuffleKernel(Shuffle shuffle, unsigned mask, int amount, int width, const float* in, float* out) {
    const unsigned i = threadIdx.x;
    if ((mask >> i % 32 & 1U) == 0) return;
    const float value = in[i];
    if (shuffle == Shuffle::Index) out[i] = __shfl_sync(mask, value, amount, width);
    if (shuffle == Shuffle::Up) out[i] = __shfl_up_sync(mask, value, static_cast<unsigned>(amount), width);
    if (shuffle == Shuffle::Down) out[i] = __shfl_down_sync(mask, value, static_cast<unsigned>(amount), width);
    if (shuffle == Shuffle::Xor) out[i] = __shfl_xor_sync(mask, value, amount, width);
}

__global__ void voteKernel(const int* in, int* out) {
    const unsigned i = threadIdx.x;
    const unsigned left = blockDim.x - i / 32 * 32;
    const unsigned mask = left < 32 ? (1U << left) - 1 : 0xFFFFFFFFU;
    int* to = out + 5 * i;
    to[0] = static_cast<int>(__ballot_sync(mask, in[i] > 0));
    to[1] = __any_sync(mask, in[i] > 0) != 0;
    to[2] = __all_sync(mask, in[i] > 0) != 0;
    to[3] = __reduce_add_sync(mask, in[i]);
    to[4] = __reduce_max_sync(mask, in[i]);
}

__global__ void treeSum(const int* in, int* out) {
    SHARED_ARRAY(int, sums, 1024);
    const int threads = static_cast<int>(blockDim.x * blockDim.y * blockDim.z);
    const int i = static_cast<int>((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x);
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    sums[i] = in[block * static_cast<unsigned>(threads) + static_cast<unsigned>(i)];
    for (int left = threads; left > 1;) {
        const int half = (left + 1) / 2;
        __syncthreads();
        if (i + half < left) sums[i] += sums[i + half];
        left = half;
    }
    if (i == 0) out[block] = sums[0];
}

__global__ void reverse(int count, const int* in, int* out) {
    DYNAMIC_SHARED(int, held);
    for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) held[i] = in[i];
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) out[i] = held[count - 1 - i];
}

__global__ void atomicKernel(int count, const int* in, int* counts, int* extremes, float* sum, unsigned* ticket, int* lasts) {
    SHARED_ARRAY(unsigned, drawn, 1);
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < count) {
        atomicAdd(&counts[in[i] & 15], 1);
        atomicMax(&extremes[0], in[i]);
        atomicMin(&extremes[1], in[i]);
        atomicAdd(&extremes[2], in[i]);
        atomicAdd(sum, static_cast<float>(in[i]));
    }
    __threadfence();
    if (threadIdx.x == 0) drawn[0] = atomicAdd(ticket, 1U);
    __syncthreads();
    if (threadIdx.x == 0 && drawn[0] == gridDim.x - 1) atomicAdd(lasts, extremes[2]);
}

__global__ void pipeline(int count, const int* in, int* out) {
    constexpr int kThreads = 128;
    constexpr int kStage = kThreads * 4;
    SHARED_ARRAY(int, stages, 2 * kStage);
    const int t = static_cast<int>(threadIdx.x);
    const auto begin = [&](int stage) {
        const int at = stage * kStage + 4 * t;
        copyAsync16(stages + stage % 2 * kStage + 4 * t, in + at, at < count);
        commitCopies();
    };
    const int last = (count + kStage - 1) / kStage;
    begin(0);
    for (int stage = 0; stage < last; ++stage) {
        begin(stage + 1);
        waitForCopies<1>();
        __syncthreads();
        const int from = kThreads - 1 - t;  // another thread's bytes
        for (int j = 0; j < 4; ++j) out[stage * kStage + 4 * from + j] = 3 * stages[stage % 2 * kStage + 4 * from + j];
        __syncthreads();
    }
}

__global__ void matrixLoads(const std::uint16_t* in, unsigned* out) {
    SHARED_ARRAY(std::uint16_t, rows, 32 * 8);
    const unsigned lane = threadIdx.x;
    for (unsigned i = 0; i < 8; ++i) rows[lane * 8 + i] = in[lane * 8 + i];
    __syncthreads();
    unsigned r[4];
    loadMatrix4(r, rows + lane * 8);
    for (unsigned i = 0; i < 4; ++i) out[lane * 4 + i] = r[i];
    loadMatrix4Transposed(r, rows + lane * 8);
    for (unsigned i = 0; i < 4; ++i) out[128 + lane * 4 + i] = r[i];
    unsigned pair[2];
    loadMatrix2(pair, rows + lane % 16 * 8);
    for (unsigned i = 0; i < 2; ++i) out[256 + lane * 4 + i] = pair[i];
}

/// The fragments of an instruction straight from row-major memory, as nvcc.h states them.
template <class Element, int perRegister>
__device__ void loadFragments(const Element* a, const Element* b, unsigned (&fragmentA)[4], unsigned (&fragmentB)[2]) {
    constexpr int depth = 8 * perRegister;
    const int g = static_cast<int>(threadIdx.x) / 4;
    const int t = static_cast<int>(threadIdx.x) % 4 * perRegister;
    for (int r = 0; r < 4; ++r) {
        fragmentA[r] = *reinterpret_cast<const unsigned*>(a + (g + r % 2 * 8) * depth + t + r / 2 * (depth / 2));
    }
    for (int r = 0; r < 2; ++r) fragmentB[r] = *reinterpret_cast<const unsigned*>(b + g * depth + t + r * (depth / 2));
}
template <class D>
__device__ D* place(D* d, int r) {
    const int g = static_cast<int>(threadIdx.x) / 4;
    return d + (g + r / 2 * 8) * 8 + static_cast<int>(threadIdx.x) % 4 * 2 + r % 2;
}

template <class T>
__global__ void halfProduct(const T* a, const T* b, float* d) {
    unsigned fragmentA[4];
    unsigned fragmentB[2];
    loadFragments<T, 2>(a, b, fragmentA, fragmentB);
    float sums[4];
    for (int r = 0; r < 4; ++r) sums[r] = *place(d, r);
    multiplyAdd16816(sums, fragmentA, fragmentB, T{});
    for (int r = 0; r < 4; ++r) *place(d, r) = sums[r];
}

__global__ void byteProduct(const std::int8_t* a, const std::int8_t* b, int* d) {
    unsigned fragmentA[4];
    unsigned fragmentB[2];
    loadFragments<std::int8_t, 4>(a, b, fragmentA, fragmentB);
    int sums[4];
    for (int r = 0; r < 4; ++r) sums[r] = *place(d, r);
    multiplyAdd16832(sums, fragmentA, fragmentB);
    for (int r = 0; r < 4; ++r) *place(d, r) = sums[r];
}

__global__ void integers(int count, const unsigned* xs, const unsigned* ys, unsigned* out) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= count) return;
    const unsigned x = xs[i];
    const unsigned y = ys[i];
    unsigned* to = out + i * kIntegerResults;
    to[0] = static_cast<unsigned>(__popc(x));
    to[1] = static_cast<unsigned>(__clz(static_cast<int>(x)));
    to[2] = static_cast<unsigned>(__ffs(static_cast<int>(x)));
    to[3] = __brev(x);
    to[4] = __umulhi(x, y);
    to[5] = __funnelshift_l(x, y, x % 32);
    to[6] = __funnelshift_r(x, y, x % 32);
    to[7] = __byte_perm(x, y, y >> 16);
    to[8] = static_cast<unsigned>(__dp4a(static_cast<int>(x), static_cast<int>(y), 5));
    to[9] = __dp4a(x, y, 5U);
    to[10] = min(x, y);
    to[11] = static_cast<unsigned>(max(static_cast<int>(x), static_cast<int>(y)));
    to[12] = static_cast<unsigned>(__float2int_rn(__uint_as_float(x)));
    to[13] = static_cast<unsigned>(__float2int_rz(__uint_as_float(x)));
}

__global__ void widen(float* halves, float* bfloats) {
    const unsigned bits = blockIdx.x * blockDim.x + threadIdx.x;
    halves[bits] = toFloat(__ushort_as_half(static_cast<unsigned short>(bits)));
    bfloats[bits] = toFloat(__ushort_as_bfloat16(static_cast<unsigned short>(bits)));
}
__global__ void narrow(int count, const float* in, std::uint16_t* halves, std::uint16_t* bfloats) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= count) return;
    halves[i] = __half_as_ushort(fromFloat<__half>(in[i]));
    bfloats[i] = __bfloat16_as_ushort(fromFloat<__nv_bfloat16>(in[i]));
}

struct Pair {
    float first;
    long long second;
};
__global__ void takeArguments(float narrowed, long long widened, const float* pointer, Pair pair, float* out) {
    out[0] = narrowed + static_cast<float>(widened) + (pointer == nullptr ? 100.0F : 0.0F) + pair.first + static_cast<float>(pair.second);
}
__global__ void increment(int* out) { *out += 1; }
__global__ void nothing() {}

}  // namespace

Status launchShuffle(Stream stream, Shuffle shuffle, unsigned mask, int amount, int width, int threads, const float* in, float* out) {
    return launch(shuffleKernel, 1, threads, 0, stream, shuffle, mask, amount, width, in, out);
}
Status launchVotes(Stream stream, int threads, const int* in, int* out) { return launch(voteKernel, 1, threads, 0, stream, in, out); }
Status launchTreeSum(Stream stream, const unsigned (&grid)[3], const unsigned (&block)[3], const int* in, int* out) {
    return launch(treeSum, dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]), 0, stream, in, out);
}
Status launchReverse(Stream stream, int count, const int* in, int* out) {
    return launchDependent(reverse, 1, 256, static_cast<std::size_t>(count) * sizeof(int), stream, count, in, out);
}
Status launchAtomics(Stream stream, int count, const int* in, int* counts, int* extremes, float* sum, unsigned* ticket, int* lasts) {
    return launch(atomicKernel, (count + 63) / 64, 64, 0, stream, count, in, counts, extremes, sum, ticket, lasts);
}
Status launchPipeline(Stream stream, int count, const int* in, int* out) { return launch(pipeline, 1, 128, 0, stream, count, in, out); }
Status launchMatrixLoads(Stream stream, const std::uint16_t* in, unsigned* out) { return launch(matrixLoads, 1, 32, 0, stream, in, out); }
Status launchHalfProduct(Stream stream, bool bfloat, const void* a, const void* b, float* d) {
    const auto start = [&]<class T>(T) {
        return launch(halfProduct<T>, 1, 32, 0, stream, static_cast<const T*>(a), static_cast<const T*>(b), d);
    };
    return bfloat ? start(__nv_bfloat16{}) : start(__half{});
}
Status launchByteProduct(Stream stream, const std::int8_t* a, const std::int8_t* b, int* d) {
    return launch(byteProduct, 1, 32, 0, stream, a, b, d);
}
Status launchIntegers(Stream stream, int count, const unsigned* x, const unsigned* y, unsigned* out) {
    return launch(integers, (count + 63) / 64, 64, 0, stream, count, x, y, out);
}
Status launchWiden(Stream stream, float* halves, float* bfloats) { return launch(widen, 256, 256, 0, stream, halves, bfloats); }
Status launchNarrow(Stream stream, int count, const float* in, std::uint16_t* halves, std::uint16_t* bfloats) {
    return launch(narrow, (count + 255) / 256, 256, 0, stream, count, in, halves, bfloats);
}
Status launchArguments(Stream stream, double wide, int narrowed, const float* pointer, float* out) {
    return launch(takeArguments, 1, 1, 0, stream, static_cast<float>(wide), narrowed, pointer, Pair{0.25F, 1000}, out);
}
Status launchIncrement(Stream stream, int* out) { return launch(increment, 1, 1, 0, stream, out); }
Status launchNothing(Stream stream, unsigned blocks, unsigned threads, std::size_t sharedBytes) {
    return launch(nothing, blocks, threads, sharedBytes, stream);
}

}  // namespace trimtab::cuda
