#include "tests/kernels/cuda/emulator_kernels.h"

#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 64;
constexpr int kErring = 37;

/// A read that stays, and a number, that the compiler cannot see through.
__device__ float look(const float* from) { return *static_cast<const volatile float*>(from); }
__device__ int hidden(int value) {
    volatile int seen = value;
    return seen;
}

__device__ __noinline__ int deep(int depth) {
    volatile char frame[1024];
    frame[depth % 1024] = static_cast<char>(depth);
    return depth == 0 ? frame[0] : deep(depth - 1) + frame[depth % 1024];
}

__device__ void readMemory(Mistake mistake, std::int64_t count, float* data) {
    const int i = static_cast<int>(threadIdx.x);
    if (i != kErring) return;
    switch (mistake) {
        case Mistake::WriteBehind: data[count] = 1; break;
        case Mistake::WriteBefore: data[-1] = 1; break;
        case Mistake::ReadBehind: data[i] = look(data + count); break;
        case Mistake::ReadFarBehind: data[i] = look(data + count + 4096); break;
        case Mistake::NullPointer: data[i] = look(data - reinterpret_cast<std::intptr_t>(data) / 4); break;
        case Mistake::MisalignedVector: *reinterpret_cast<float4*>(data + 1) = make_float4(1, 2, 3, 4); break;
        case Mistake::MisalignedPair: *reinterpret_cast<float2*>(data + 1) = make_float2(1, 2); break;
        default: break;
    }
}

__device__ void useShared(Mistake mistake, float* data) {
    SHARED_ARRAY(float, fixed, kThreads);
    DYNAMIC_SHARED(float, dynamic);
    const int i = static_cast<int>(threadIdx.x);
    fixed[i] = static_cast<float>(i);
    dynamic[i] = static_cast<float>(i);
    __syncthreads();
    if (i == kErring) {
        const int end = hidden(kThreads);
        if (mistake == Mistake::SharedIndex) fixed[end] = 1;
        if (mistake == Mistake::SharedPointer) *(&fixed[0] + end) = 1;
        if (mistake == Mistake::DynamicShared) dynamic[end] = 1;
        if (mistake == Mistake::DynamicSharedBefore) dynamic[-1] = 1;
    }
    __syncthreads();
    data[i] = fixed[i] + dynamic[i];
}

__device__ void meet(Mistake mistake, float* data) {
    const int i = static_cast<int>(threadIdx.x);
    if (mistake == Mistake::BarrierAfterReturn) {
        if (i >= 32) return;
        __syncthreads();
    }
    if (mistake == Mistake::TwoBarriers) {
        if (i < 32) {
            __syncthreads();
        } else {
            __syncthreads();
        }
    }
    if (mistake == Mistake::MissingLane) {
        if (i != kErring) data[i] = __shfl_sync(0xFFFFFFFFU, data[i], 0);
        __syncthreads();
    }
    if (mistake == Mistake::ForeignMask && i == kErring) data[i] = __shfl_sync(0x1U, data[i], 0);
}

__device__ void loadRows(Mistake mistake, const float* data) {
    SHARED_ARRAY(std::uint16_t, rows, 16 * 8 * 4);
    const int i = static_cast<int>(threadIdx.x);
    unsigned r[4];
    if (mistake == Mistake::PartialMatrixLoad && i % 32 < 16) loadMatrix4(r, rows + i % 32 * 8);
    if (mistake == Mistake::MisalignedMatrixRow) loadMatrix4(r, rows + i % 32 * 8 + (i == kErring ? 4 : 0));
    if (mistake == Mistake::MisalignedCopy && i == kErring) copyAsync16(rows, data + 1, true);
}

__global__ void err(Mistake mistake, std::int64_t count, float* data) {
    const int i = static_cast<int>(threadIdx.x);
    readMemory(mistake, count, data);
    if (mistake >= Mistake::SharedIndex && mistake <= Mistake::DynamicSharedBefore) useShared(mistake, data);
    meet(mistake, data);
    loadRows(mistake, data);
    if (i == kErring) {
        SHARED_ARRAY(float4, line, 1);
        float own[4] = {data[0], data[1], data[2], data[3]};
        const int four = hidden(4);
        if (mistake == Mistake::LocalIndex) data[i] = own[four];
        if (mistake == Mistake::CopyToGlobal) copyAsync16(data, data + 4, true);
        if (mistake == Mistake::CopyFromBehind) copyAsync16(line, data + count, true);
        if (mistake == Mistake::DivisionByZero) data[i] = static_cast<float>(i / (four - 4));
        if (mistake == Mistake::ShiftTooFar) data[i] = static_cast<float>(i << four * 8);
        if (mistake == Mistake::DeepRecursion) data[i] = static_cast<float>(deep(1000000));
        if (mistake == Mistake::Trap) __trap();
    }
}

__global__ void takeTooMuch(float* data) {
    SHARED_ARRAY(float, first, 8192);
    SHARED_ARRAY(float, second, 8192);
    first[threadIdx.x] = second[threadIdx.x] = data[threadIdx.x];
}

__global__ void readNeighbour(int* out) {
    SHARED_ARRAY(int, numbers, kThreads);
    const int i = static_cast<int>(threadIdx.x);
    numbers[i] = i;
    out[i] = numbers[(i + 1) % kThreads];
}

__global__ void readBeforeArrival(bool leavesOnePending, const int* in, int* out) {
    SHARED_ARRAY(int, line, kThreads * 4);
    const int i = static_cast<int>(threadIdx.x);
    copyAsync16(line + 4 * i, in + 4 * i, true);
    commitCopies();
    if (leavesOnePending) waitForCopies<1>();
    for (int j = 0; j < 4; ++j) out[4 * i + j] = line[4 * i + j];
}

__global__ void readUnwritten(float* out) {
    SHARED_ARRAY(float, numbers, kThreads);
    out[threadIdx.x] = numbers[threadIdx.x];
}

__global__ void readOtherBlock(int* flags, int* out) {
    const int b = static_cast<int>(blockIdx.x);
    out[b] = b == 0 ? 1 : flags[b - 1];
    flags[b] = 1;
}

}  // namespace

Status launchMistake(Stream stream, Mistake mistake, std::int64_t count, float* data) {
    if (mistake == Mistake::FixedSharedTooLarge) return launch(takeTooMuch, 1, kThreads, 0, stream, data);
    return launch(err, 1, kThreads, kThreads * sizeof(float), stream, mistake, count, data);
}
Status launchMissingBarrier(Stream stream, int* out) { return launch(readNeighbour, 1, kThreads, 0, stream, out); }
Status launchMissingWait(Stream stream, bool leavesOnePending, const int* in, int* out) {
    return launch(readBeforeArrival, 1, kThreads, 0, stream, leavesOnePending, in, out);
}
Status launchUnwritten(Stream stream, float* out) { return launch(readUnwritten, 1, kThreads, 0, stream, out); }
Status launchDependentBlocks(Stream stream, int blocks, int* flags, int* out) {
    return launch(readOtherBlock, blocks, 1, 0, stream, flags, out);
}

}  // namespace trimtab::cuda
