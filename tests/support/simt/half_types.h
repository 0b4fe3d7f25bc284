#pragma once
// CUDA's 16-bit floats for host C++, over core/tensor's conversions (nearest even). Trivial types, so that they may stand in unions.
#include <type_traits>

#include "core/tensor/data_type.h"
#include "tests/support/simt/vector_types.h"

struct __half {
    unsigned short bits;
    __half() = default;
    __half(float value) : bits(trimtab::tensor::floatToHalf(value)) {}
    operator float() const { return trimtab::tensor::halfToFloat(bits); }
};
struct __nv_bfloat16 {
    unsigned short bits;
    __nv_bfloat16() = default;
    __nv_bfloat16(float value) : bits(trimtab::tensor::floatToBfloat(value)) {}
    operator float() const { return __builtin_bit_cast(float, static_cast<unsigned>(bits) << 16); }
};
struct alignas(4) __half2 {
    __half x, y;
};
struct alignas(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
};
static_assert(std::is_trivially_copyable_v<__half> && std::is_trivially_default_constructible_v<__nv_bfloat16>);

inline float __half2float(__half x) { return x; }
inline __half __float2half(float x) { return x; }
inline __half __float2half_rn(float x) { return x; }
inline float __bfloat162float(__nv_bfloat16 x) { return x; }
inline __nv_bfloat16 __float2bfloat16(float x) { return x; }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return x; }
inline __half2 __floats2half2_rn(float x, float y) { return {x, y}; }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {x, y}; }
inline float2 __half22float2(__half2 pair) { return {pair.x, pair.y}; }
inline float2 __bfloat1622float2(__nv_bfloat162 pair) { return {pair.x, pair.y}; }
inline __half2 __halves2half2(__half x, __half y) { return {x, y}; }
inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) { return {x, y}; }

inline unsigned short __half_as_ushort(__half x) { return x.bits; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.bits; }
inline __half __ushort_as_half(unsigned short bits) { return __builtin_bit_cast(__half, bits); }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return __builtin_bit_cast(__nv_bfloat16, bits); }

namespace trimtab::cuda {

inline float toFloat(float x) { return x; }
inline float toFloat(__half x) { return x; }
inline float toFloat(__nv_bfloat16 x) { return x; }
template <class T>
T fromFloat(float x) {
    return T(x);
}

}  // namespace trimtab::cuda
