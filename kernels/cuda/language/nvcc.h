#pragma once
// The names of language.h on a real GPU. Tensor-core and copy instructions are PTX (PTX ISA 9.0, §9.7.9.27 cp.async, §9.7.15 mma,
// ldmatrix), all of them there from sm_80 on.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <utility>

#include "core/base/result.h"
#include "kernels/cuda/device/device.h"

/// A fixed array in shared memory, 16-byte aligned. REQUIRES: count is a constant expression.
#define SHARED_ARRAY(T, name, count) __shared__ __align__(16) T name[count]
/// The launch's dynamic shared memory as a T*, 16-byte aligned. Every use in a kernel names the same bytes.
#define DYNAMIC_SHARED(T, name)                                      \
    extern __shared__ __align__(16) unsigned char dynamicSharedBytes[]; \
    T* const name = reinterpret_cast<T*>(dynamicSharedBytes)

namespace trimtab::cuda {

__device__ __forceinline__ float toFloat(float x) { return x; }
__device__ __forceinline__ float toFloat(__half x) { return __half2float(x); }
__device__ __forceinline__ float toFloat(__nv_bfloat16 x) { return __bfloat162float(x); }

/// Rounds to nearest even.
template <class T>
__device__ __forceinline__ T fromFloat(float x);
template <>
__device__ __forceinline__ float fromFloat<float>(float x) {
    return x;
}
template <>
__device__ __forceinline__ __half fromFloat<__half>(float x) {
    return __float2half_rn(x);
}
template <>
__device__ __forceinline__ __nv_bfloat16 fromFloat<__nv_bfloat16>(float x) {
    return __float2bfloat16_rn(x);
}

/// 16 bytes from global to shared memory behind the thread's back, zero bytes when !valid (`global` is then not read). Both 16-byte
/// aligned. The bytes may be read after waitForCopies() by the same thread, and after a barrier behind it by the others.
__device__ __forceinline__ void copyAsync16(void* shared, const void* global, bool valid) {
    const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    const std::size_t from = __cvta_generic_to_global(global);
    const int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
/// Closes the group of copies that this thread has begun since the last commit.
__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most `pending` of this thread's latest groups are unfinished.
template <int pending>
__device__ __forceinline__ void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

/// Four 8 × 8 matrices of 16-bit elements; lane 8i + j names row j of matrix i (16 bytes, aligned). Lane l receives of each matrix the
/// elements (l / 4, 2 (l % 4)) and the next one; transposed: (2 (l % 4), l / 4) and the one below it. The whole warp takes part.
__device__ __forceinline__ void loadMatrix4(unsigned (&r)[4], const void* row) {
    const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(from)
                 : "memory");
}
__device__ __forceinline__ void loadMatrix4Transposed(unsigned (&r)[4], const void* row) {
    const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(from)
                 : "memory");
}
/// Two matrices; the rows are those that lanes 0…15 name, the other lanes' addresses are not read.
__device__ __forceinline__ void loadMatrix2(unsigned (&r)[2], const void* row) {
    const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(from) : "memory");
}

/// (a & b) | c and (a & b) ^ c in one instruction also where b and c are constants, of which the compiler would make two.
__device__ __forceinline__ unsigned andOr(unsigned a, unsigned b, unsigned c) {
    unsigned d;
    asm("lop3.b32 %0, %1, %2, %3, 0xEA;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}
__device__ __forceinline__ unsigned andXor(unsigned a, unsigned b, unsigned c) {
    unsigned d;
    asm("lop3.b32 %0, %1, %2, %3, 0x6A;" : "=r"(d) : "r"(a), "r"(b), "r"(c));
    return d;
}

/// d[16, 8] += a[16, 16] · b[16, 8], float32 sums. With g = lane / 4 and t = 2 (lane % 4), two 16-bit elements a register, the first in the
/// low half:
///   a[0]: (g, t)  a[1]: (g + 8, t)  a[2]: (g, t + 8)  a[3]: (g + 8, t + 8)    b[0]: (t, g)  b[1]: (t + 8, g)
///   d[0], d[1]: (g, t), (g, t + 1)  d[2], d[3]: (g + 8, t), (g + 8, t + 1)
__device__ __forceinline__ void multiplyAdd16816(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], __half) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ void multiplyAdd16816(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], __nv_bfloat16) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// d[16, 8] += a[16, 32] · b[32, 8] over signed bytes, four a register, the first in the low byte. With g = lane / 4 and t = 4 (lane % 4):
///   a[0]: (g, t)  a[1]: (g + 8, t)  a[2]: (g, t + 16)  a[3]: (g + 8, t + 16)    b[0]: (t, g)  b[1]: (t + 16, g)    d as above
__device__ __forceinline__ void multiplyAdd16832(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Programmatic dependent launch: a kernel started by launchDependent() may begin before the one in front of it has ended. Nothing that the
/// earlier kernel wrote may be read, and nothing that it reads written, before waitForPreviousKernel(). allowNextKernel() lets the next one
/// begin when every block has called it or ended. No effect before sm_90.
__device__ __forceinline__ void waitForPreviousKernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
__device__ __forceinline__ void allowNextKernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

namespace detail {

/// What CUDA says, and the kernel it was said of.
inline Status launchStatus(cudaError_t error, const void* kernel) {
    if (error == cudaSuccess) return {};
    cudaGetLastError();  // so that the next launch does not meet this error again
    const char* name = nullptr;
    if (cudaFuncGetName(&name, kernel) != cudaSuccess || name == nullptr) name = "a kernel";
    cudaGetLastError();
    const ErrorCode code = error == cudaErrorMemoryAllocation ? ErrorCode::OutOfMemory : ErrorCode::Failed;
    return fail(code, std::string("starting ") + name + ": " + cudaGetErrorString(error));
}

/// Whether the current device overlaps dependent launches.
inline bool overlapsLaunches() {
    int device = 0;
    int major = 0;
    if (cudaGetDevice(&device) != cudaSuccess) return false;
    return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess && major >= 9;
}

template <class... Parameters, class... Arguments>
Status enqueue(bool dependent, void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes, Stream stream,
               Arguments&&... arguments) {
    static_assert(sizeof...(Parameters) == sizeof...(Arguments), "as many arguments as the kernel has parameters");
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return {};
    const auto* symbol = reinterpret_cast<const void*>(kernel);
    if (sharedBytes > 48 * 1024) {  // above this a kernel must ask (CUDA C++ Programming Guide, "Shared Memory" of compute capability 8.x)
        const auto raised = cudaFuncSetAttribute(symbol, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes));
        TRIMTAB_REQUIRE(launchStatus(raised, symbol));
    }
    cudaLaunchAttribute overlap{};
    overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    overlap.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = sharedBytes;
    config.stream = static_cast<cudaStream_t>(stream.handle);
    config.attrs = &overlap;
    config.numAttrs = dependent && overlapsLaunches() ? 1 : 0;
    return launchStatus(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), symbol);
}

}  // namespace detail

/// Shared bytes that a block may have on the current device (227 KB on an H100, 163 on an A100, 99 on GPUs of compute capability 8.6 and
/// 8.9).
inline std::int64_t mostSharedBytes() {
    int device = 0;
    int bytes = 0;
    const bool told = cudaGetDevice(&device) == cudaSuccess &&
                      cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) == cudaSuccess;
    return told ? bytes : 48 << 10;
}

/// Enqueues a kernel; arguments are converted to the kernel's parameter types. An empty grid succeeds and does nothing.
template <class... Parameters, class... Arguments>
Status launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes, Stream stream, Arguments&&... arguments) {
    return detail::enqueue(false, kernel, grid, block, sharedBytes, stream, std::forward<Arguments>(arguments)...);
}
/// The same for a kernel that calls waitForPreviousKernel(): it may begin early on devices that can (sm_90 on).
template <class... Parameters, class... Arguments>
Status launchDependent(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes, Stream stream,
                       Arguments&&... arguments) {
    return detail::enqueue(true, kernel, grid, block, sharedBytes, stream, std::forward<Arguments>(arguments)...);
}

}  // namespace trimtab::cuda
