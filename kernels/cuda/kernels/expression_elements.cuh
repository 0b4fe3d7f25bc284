#pragma once
// Elements of any type ↔ the accumulator's type, for groups of V neighbours that move through at most 16 bytes of registers.
#include <cstdint>

#include "core/tensor/data_type.h"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

/// Truncated; saturated at the ends of 64 bits; NaN becomes 0: what tensor::convert does.
__device__ __forceinline__ long long truncated(float x) {
    if (isnan(x)) return 0;
    if (x >= 0x1p63f) return 0x7FFFFFFFFFFFFFFFLL;
    if (x <= -0x1p63f) return -0x7FFFFFFFFFFFFFFFLL - 1;
    return static_cast<long long>(x);
}

template <class Stored>
__device__ __forceinline__ float widen(Stored x, float) {
    return static_cast<float>(x);
}
__device__ __forceinline__ float widen(__half x, float) { return toFloat(x); }
__device__ __forceinline__ float widen(__nv_bfloat16 x, float) { return toFloat(x); }
template <class Stored>
__device__ __forceinline__ long long widen(Stored x, long long) {
    return static_cast<long long>(x);
}
// Chains in int64 have no floating inputs; these only complete the set of types.
__device__ __forceinline__ long long widen(__half x, long long) { return truncated(toFloat(x)); }
__device__ __forceinline__ long long widen(__nv_bfloat16 x, long long) { return truncated(toFloat(x)); }

/// Integers wrap, floats round to nearest even.
template <class Stored>
struct Narrow {
    static __device__ __forceinline__ Stored of(float x) { return static_cast<Stored>(truncated(x)); }
    static __device__ __forceinline__ Stored of(long long x) { return static_cast<Stored>(x); }
};
template <>
struct Narrow<bool> {
    static __device__ __forceinline__ bool of(float x) { return x != 0; }
    static __device__ __forceinline__ bool of(long long x) { return x != 0; }
};
template <>
struct Narrow<float> {
    static __device__ __forceinline__ float of(float x) { return x; }
    static __device__ __forceinline__ float of(long long x) { return static_cast<float>(x); }
};
template <>
struct Narrow<__half> {
    static __device__ __forceinline__ __half of(float x) { return fromFloat<__half>(x); }
    static __device__ __forceinline__ __half of(long long x) { return fromFloat<__half>(static_cast<float>(x)); }
};
template <>
struct Narrow<__nv_bfloat16> {
    static __device__ __forceinline__ __nv_bfloat16 of(float x) { return fromFloat<__nv_bfloat16>(x); }
    static __device__ __forceinline__ __nv_bfloat16 of(long long x) { return fromFloat<__nv_bfloat16>(static_cast<float>(x)); }
};

/// Calls body(Stored{}) with the C++ type of `type`; the same for all threads.
template <class Body>
__device__ __forceinline__ void withElementType(DataType type, Body body) {
    switch (type) {
        case DataType::Float32: body(float{}); break;
        case DataType::Float16: body(__half{}); break;
        case DataType::BFloat16: body(__nv_bfloat16{}); break;
        case DataType::Bool: body(false); break;
        case DataType::Int8: body(std::int8_t{}); break;
        case DataType::UInt8: body(std::uint8_t{}); break;
        case DataType::Int16: body(std::int16_t{}); break;
        case DataType::UInt16: body(std::uint16_t{}); break;
        case DataType::Int32: body(std::int32_t{}); break;
        case DataType::UInt32: body(std::uint32_t{}); break;
        default: body(static_cast<long long>(0)); break;
    }
}

/// `bytes` (1, 2, 4, 8 or 16; aligned to it) in the low bytes of the result.
__device__ __forceinline__ uint4 loadBytes(const void* from, int bytes) {
    uint4 raw = make_uint4(0, 0, 0, 0);
    switch (bytes) {
        case 16: raw = *static_cast<const uint4*>(from); break;
        case 8: {
            const uint2 half = *static_cast<const uint2*>(from);
            raw.x = half.x;
            raw.y = half.y;
            break;
        }
        case 4: raw.x = *static_cast<const unsigned*>(from); break;
        case 2: raw.x = *static_cast<const std::uint16_t*>(from); break;
        default: raw.x = *static_cast<const std::uint8_t*>(from); break;
    }
    return raw;
}

/// V elements out of 16 bytes; all of them the first one when `repeated`. Only types of which V fit into 16 bytes are walked.
template <int V, class T>
__device__ __forceinline__ void decode(const uint4& raw, DataType type, bool repeated, T (&out)[V]) {
    withElementType(type, [&](auto zero) {
        using Stored = decltype(zero);
        if constexpr (V > 1 && sizeof(Stored) * V <= sizeof(uint4)) {
            if (!repeated) {
                const auto pack = bitsAs<Pack<Stored, V>>(raw);
#pragma unroll
                for (int i = 0; i < V; ++i) out[i] = widen(pack.item[i], T{});
                return;
            }
        }
        const T value = widen(bitsAs<Stored>(raw), T{});
#pragma unroll
        for (int i = 0; i < V; ++i) out[i] = value;
    });
}

template <int V, class T>
__device__ __forceinline__ void store(const T (&values)[V], DataType type, void* y, std::int64_t element) {
    withElementType(type, [&](auto zero) {
        using Stored = decltype(zero);
        if constexpr (sizeof(Stored) * V <= sizeof(uint4)) {
            Pack<Stored, V> pack;
#pragma unroll
            for (int i = 0; i < V; ++i) pack.item[i] = Narrow<Stored>::of(values[i]);
            storePack<V>(static_cast<Stored*>(y) + element, pack);
        }
    });
}

/// As if stored in `type` and read again.
template <int V, class T>
__device__ __forceinline__ void roundTo(DataType type, T (&values)[V]) {
    withElementType(type, [&](auto zero) {
#pragma unroll
        for (int i = 0; i < V; ++i) values[i] = widen(Narrow<decltype(zero)>::of(values[i]), T{});
    });
}

}  // namespace trimtab::cuda
