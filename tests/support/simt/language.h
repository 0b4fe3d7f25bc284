#pragma once
// The names of kernels/cuda/language/language.h for the emulator. The build includes this header before every .cu file that it compiles as
// host C++:
//   -DTRIMTAB_SIMT -include tests/support/simt/language.h -x c++
// What the emulator reports is listed at runtime.h (barriers, warps, shared memory), faults.h (addresses) and heap.h (device memory).
#ifndef TRIMTAB_SIMT
#error "the emulator's language needs -DTRIMTAB_SIMT"
#endif
#include <functional>
#include <tuple>
#include <utility>

#include "tests/support/simt/vector_types.h"

#include "core/base/result.h"
#include "kernels/cuda/device/device.h"
#include "tests/support/simt/half_types.h"
#include "tests/support/simt/intrinsics.h"
#include "tests/support/simt/matrices.h"
#include "tests/support/simt/queue.h"
#include "tests/support/simt/runtime.h"
#include "tests/support/simt/warp.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __grid_constant__
#define __builtin_assume(condition) static_cast<void>(0)

// An array of its own type, so that it decays, and so that the bounds check of UndefinedBehaviorSanitizer sees its extent. The key is
// distinct for every declaration and every instantiation of the template that it stands in.
#define SHARED_ARRAY(T, name, count)         \
    static const char name##SharedKey = 0;   \
    T(&name)[count] = *static_cast<T(*)[count]>(::trimtab::simt::sharedBytes(&name##SharedKey, #name, sizeof(T) * (count)))
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(::trimtab::simt::dynamicSharedBytes())

namespace trimtab::cuda {

inline std::int64_t mostSharedBytes() { return 227 << 10; }
inline unsigned andOr(unsigned a, unsigned b, unsigned c) { return (a & b) | c; }
inline unsigned andXor(unsigned a, unsigned b, unsigned c) { return (a & b) ^ c; }
inline void copyAsync16(void* shared, const void* global, bool valid) { simt::beginCopy16(shared, global, valid); }
inline void commitCopies() { simt::commitCopies(); }
template <int pending>
void waitForCopies() {
    simt::waitForCopies(pending);
}

inline void waitForPreviousKernel() {}
inline void allowNextKernel() {}

template <class... Parameters, class... Arguments>
Status launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes, Stream stream, Arguments&&... arguments) {
    static_assert(sizeof...(Parameters) == sizeof...(Arguments), "as many arguments as the kernel has parameters");
    std::tuple<std::remove_cv_t<Parameters>...> values(static_cast<Parameters>(std::forward<Arguments>(arguments))...);
    return static_cast<simt::Queue*>(stream.handle)
        ->launch({grid, block, sharedBytes, reinterpret_cast<const void*>(kernel), [kernel, values] { std::apply(kernel, values); }});
}
template <class... Parameters, class... Arguments>
Status launchDependent(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes, Stream stream,
                       Arguments&&... arguments) {
    return launch(kernel, grid, block, sharedBytes, stream, std::forward<Arguments>(arguments)...);
}

}  // namespace trimtab::cuda
