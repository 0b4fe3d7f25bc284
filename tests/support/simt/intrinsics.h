#pragma once
// Arithmetic intrinsics, cached loads and atomics for host C++. Blocks run one after another on one thread and fibers are only switched
// where a thread waits, so that an atomic is a plain read and write here.
#include <math.h>
#include <stdlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/support/simt/runtime.h"

// Names that the C library keeps for itself.
#define __expf(x) expf(x)
#define __exp10f(x) powf(10.0F, x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __log10f(x) log10f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __tanf(x) tanf(x)
#define __powf(x, y) powf(x, y)
#define rsqrtf(x) trimtab::simt::reciprocalRoot(x)

namespace trimtab::simt {
inline float reciprocalRoot(float x) { return static_cast<float>(1.0 / sqrt(static_cast<double>(x))); }
}  // namespace trimtab::simt

inline float __fdividef(float x, float y) { return x / y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float __frcp_rn(float x) { return 1.0F / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return trimtab::simt::reciprocalRoot(x); }
inline float __saturatef(float x) { return x > 0.0F ? (x < 1.0F ? x : 1.0F) : 0.0F; }  // NaN becomes 0

// min and max as CUDA overloads them. fminf's rule for floats: a number wins over NaN.
#define TRIMTAB_SIMT_MIN_MAX(T)                            \
    inline T min(T x, T y) { return y < x ? y : x; }       \
    inline T max(T x, T y) { return x < y ? y : x; }
TRIMTAB_SIMT_MIN_MAX(int)
TRIMTAB_SIMT_MIN_MAX(unsigned)
TRIMTAB_SIMT_MIN_MAX(long)
TRIMTAB_SIMT_MIN_MAX(unsigned long)
TRIMTAB_SIMT_MIN_MAX(long long)
TRIMTAB_SIMT_MIN_MAX(unsigned long long)
#undef TRIMTAB_SIMT_MIN_MAX
inline float min(float x, float y) { return fminf(x, y); }
inline float max(float x, float y) { return fmaxf(x, y); }
inline double min(double x, double y) { return fmin(x, y); }
inline double max(double x, double y) { return fmax(x, y); }

// Conversions saturate and send NaN to 0, as cvt does (PTX ISA, "cvt").
namespace trimtab::simt {
template <class To>
To saturate(double x) {
    if (std::isnan(x)) return 0;
    if (x <= static_cast<double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (x >= static_cast<double>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(x);
}
}  // namespace trimtab::simt
inline int __float2int_rn(float x) { return trimtab::simt::saturate<int>(rint(x)); }
inline int __float2int_rz(float x) { return trimtab::simt::saturate<int>(trunc(x)); }
inline int __float2int_rd(float x) { return trimtab::simt::saturate<int>(floor(x)); }
inline int __float2int_ru(float x) { return trimtab::simt::saturate<int>(ceil(x)); }
inline unsigned __float2uint_rn(float x) { return trimtab::simt::saturate<unsigned>(rint(x)); }
inline unsigned __float2uint_rz(float x) { return trimtab::simt::saturate<unsigned>(trunc(x)); }
inline long long __float2ll_rn(float x) { return trimtab::simt::saturate<long long>(rint(x)); }
inline long long __float2ll_rz(float x) { return trimtab::simt::saturate<long long>(trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }

inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline int __ffsll(long long x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(x)) + 1; }
inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int i = 0; i < 32; ++i) reversed |= (x >> i & 1U) << (31 - i);
    return reversed;
}
inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<std::uint64_t>(x) * y >> 32); }
inline int __mulhi(int x, int y) { return static_cast<int>(static_cast<std::int64_t>(x) * y >> 32); }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    return static_cast<unsigned long long>(static_cast<unsigned __int128>(x) * y >> 64);
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>(((static_cast<std::uint64_t>(high) << 32 | low) << (shift & 31U)) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(high) << 32 | low) >> (shift & 31U));
}
/// Byte i of the result is byte (selector >> 4i) & 7 of y:x; with bit 3 of a selector the byte's sign, repeated.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
    const std::uint64_t bytes = static_cast<std::uint64_t>(y) << 32 | x;
    unsigned result = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned pick = selector >> (4 * i) & 15U;
        unsigned byte = static_cast<unsigned>(bytes >> (8 * (pick & 7U))) & 255U;
        if ((pick & 8U) != 0) byte = (byte & 128U) != 0 ? 255U : 0U;
        result |= byte << (8 * i);
    }
    return result;
}
inline int __dp4a(int a, int b, int c) {
    unsigned sum = static_cast<unsigned>(c);
    for (int i = 0; i < 32; i += 8) sum += static_cast<unsigned>(static_cast<std::int8_t>(a >> i) * static_cast<std::int8_t>(b >> i));
    return static_cast<int>(sum);
}
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
    for (int i = 0; i < 32; i += 8) c += (a >> i & 255U) * (b >> i & 255U);
    return c;
}

template <class T>
T __ldg(const T* from) {
    return *from;
}
template <class T>
T __ldcs(const T* from) {
    return *from;
}
template <class T>
T __ldcg(const T* from) {
    return *from;
}
template <class T>
T __ldca(const T* from) {
    return *from;
}
template <class T>
void __stcs(T* to, T value) {
    *to = value;
}
template <class T>
void __stcg(T* to, T value) {
    *to = value;
}
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() { trimtab::simt::fault("__trap()"); }

namespace trimtab::simt {
/// Replaces *place by next(*place) and returns what stood there. volatile, so that no access is merged with another.
template <class T, class Next>
T exchangeAt(T* place, Next next) {
    volatile T& at = *place;
    const T old = at;
    at = next(old);
    return old;
}
}  // namespace trimtab::simt

#define TRIMTAB_SIMT_ATOMIC(name, T, formula)                                        \
    inline T name(T* place, T value) {                                               \
        return trimtab::simt::exchangeAt(place, [value]([[maybe_unused]] T old) -> T { return formula; }); \
    }
#define TRIMTAB_SIMT_INTEGER_ATOMICS(T)                                                                               \
    TRIMTAB_SIMT_ATOMIC(atomicAdd, T, static_cast<T>(static_cast<unsigned long long>(old) + static_cast<unsigned long long>(value))) \
    TRIMTAB_SIMT_ATOMIC(atomicMax, T, value > old ? value : old)                                                      \
    TRIMTAB_SIMT_ATOMIC(atomicMin, T, value < old ? value : old)                                                      \
    TRIMTAB_SIMT_ATOMIC(atomicExch, T, value)                                                                         \
    TRIMTAB_SIMT_ATOMIC(atomicAnd, T, old & value)                                                                    \
    TRIMTAB_SIMT_ATOMIC(atomicOr, T, old | value)                                                                     \
    TRIMTAB_SIMT_ATOMIC(atomicXor, T, old ^ value)                                                                    \
    inline T atomicCAS(T* place, T expected, T value) {                                                               \
        return trimtab::simt::exchangeAt(place, [=](T old) -> T { return old == expected ? value : old; });           \
    }
TRIMTAB_SIMT_INTEGER_ATOMICS(int)
TRIMTAB_SIMT_INTEGER_ATOMICS(unsigned)
TRIMTAB_SIMT_INTEGER_ATOMICS(unsigned long long)
TRIMTAB_SIMT_ATOMIC(atomicAdd, float, old + value)
TRIMTAB_SIMT_ATOMIC(atomicAdd, double, old + value)
TRIMTAB_SIMT_ATOMIC(atomicExch, float, value)
TRIMTAB_SIMT_ATOMIC(atomicInc, unsigned, old >= value ? 0U : old + 1U)
TRIMTAB_SIMT_ATOMIC(atomicDec, unsigned, old == 0U || old > value ? value : old - 1U)
#undef TRIMTAB_SIMT_INTEGER_ATOMICS
#undef TRIMTAB_SIMT_ATOMIC
