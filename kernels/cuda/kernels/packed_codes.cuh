#pragma once
// Eight weights of a row out of their packed bytes, as four registers of two 16-bit floats each, ready to be an operand of mma. Integers go
// into the mantissa of a number whose unit in the last place is 1 (128 for bfloat16, 1024 for float16), from which an addend takes 128
// (1024), the stored offset and the zero point: exact, and free of conversions (Kim et al. 2022, "Who Says Elephants Can't Run",
// section 3.3).
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/language/language.h"

namespace trimtab::cuda::product {

template <class T>
__device__ __forceinline__ T fromBits(unsigned bits) {
    const auto low = static_cast<unsigned short>(bits);
    T value;
    memcpy(&value, &low, 2);
    return value;
}
template <class T>
__device__ __forceinline__ unsigned toBits(T value) {
    unsigned short bits;
    memcpy(&bits, &value, 2);
    return bits;
}
template <class T>
__device__ __forceinline__ unsigned pack(float low, float high) {
    return toBits(fromFloat<T>(low)) | (toBits(fromFloat<T>(high)) << 16);
}
template <class T>
__device__ __forceinline__ float lowOf(unsigned pair) {
    return toFloat(fromBits<T>(pair));
}
template <class T>
__device__ __forceinline__ float highOf(unsigned pair) {
    return toFloat(fromBits<T>(pair >> 16));
}

/// Both halves of a + b.
template <class T>
__device__ __forceinline__ unsigned addPairs(unsigned a, unsigned b) {
#ifdef TRIMTAB_SIMT
    return pack<T>(lowOf<T>(a) + lowOf<T>(b), highOf<T>(a) + highOf<T>(b));
#else
    unsigned sum;
    if constexpr (sizeof(T) == 2 && std::is_same_v<T, __half>)
        asm("add.f16x2 %0, %1, %2;" : "=r"(sum) : "r"(a), "r"(b));
    else  // a · 1 + b: sm_80 has no plain addition of bfloat16 pairs
        asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(0x3F803F80U), "r"(b));
    return sum;
#endif
}

__device__ __forceinline__ unsigned lowHalves(unsigned a, unsigned b) { return __byte_perm(a, b, 0x5410U); }
__device__ __forceinline__ unsigned highHalves(unsigned a, unsigned b) { return __byte_perm(a, b, 0x7632U); }

template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, __half>;
/// Two numbers whose low mantissa bits count ones: 1024 (float16), 128 (bfloat16).
template <class T>
inline constexpr unsigned kOnes = kIsHalf<T> ? 0x64006400U : 0x43004300U;
template <class T>
inline constexpr float kOnesValue = kIsHalf<T> ? 1024.0F : 128.0F;

/// How a format's weights come in blocks of 32 columns, eight to each of the four lanes that share a row. Words: a lane's eight. kBlocks:
/// blocks in 128 bytes of a row. addend<T>(zero): the pair that decode() is given for a group's zero point. decodeSpread() is decode() with
/// the columns in the order that takes fewest instructions, in which arrange() puts eight 16-bit numbers of x.
struct PlainWeights {
    using Words = uint4;
    static constexpr int kBlocks = 2;
    static constexpr bool kCodes = false;
    template <class T>
    static __device__ __forceinline__ unsigned addend(int) {
        return 0;
    }
    template <class T>
    static __device__ __forceinline__ void decode(const uint4& words, unsigned, unsigned (&pairs)[4]) {
        pairs[0] = words.x, pairs[1] = words.y, pairs[2] = words.z, pairs[3] = words.w;
    }
    template <class T>
    static __device__ __forceinline__ void decodeSpread(const uint4& words, unsigned addend, unsigned (&pairs)[4]) {
        decode<T>(words, addend, pairs);
    }
    static __device__ __forceinline__ uint4 arrange(const uint4& x) { return x; }
};

struct Int8Weights {
    using Words = uint2;
    static constexpr int kBlocks = 4;
    static constexpr bool kCodes = true;
    template <class T>
    static __device__ __forceinline__ unsigned addend(int zero) {
        const float value = kIsHalf<T> ? -(kOnesValue<T> + 128.0F) - static_cast<float>(zero) : -static_cast<float>(zero);
        return pack<T>(value, value);
    }
    /// Of the lower bytes of `spread`'s halves. A bfloat16 has seven bits for the code: 128 + low bits, less 128 or (sign bit set) 256.
    template <class T>
    static __device__ __forceinline__ unsigned pairOf(unsigned spread, unsigned addend) {
        if constexpr (kIsHalf<T>) return addPairs<T>(andXor(spread, 0x00FF00FFU, kOnes<T> | 0x00800080U), addend);
        const unsigned code = addPairs<T>(andOr(spread, 0x007F007FU, kOnes<T>), andOr(spread, 0x00800080U, 0xC300C300U));
        return addPairs<T>(code, addend);
    }
    template <class T>
    static __device__ __forceinline__ void decode(const uint2& words, unsigned addend, unsigned (&pairs)[4]) {
        pairs[0] = pairOf<T>(__byte_perm(words.x, 0, 0x4140), addend);
        pairs[1] = pairOf<T>(__byte_perm(words.x, 0, 0x4342), addend);
        pairs[2] = pairOf<T>(__byte_perm(words.y, 0, 0x4140), addend);
        pairs[3] = pairOf<T>(__byte_perm(words.y, 0, 0x4342), addend);
    }
    /// Columns (0, 2), (1, 3), (4, 6), (5, 7).
    template <class T>
    static __device__ __forceinline__ void decodeSpread(const uint2& words, unsigned addend, unsigned (&pairs)[4]) {
        pairs[0] = pairOf<T>(words.x, addend);
        pairs[1] = pairOf<T>(words.x >> 8, addend);
        pairs[2] = pairOf<T>(words.y, addend);
        pairs[3] = pairOf<T>(words.y >> 8, addend);
    }
    static __device__ __forceinline__ uint4 arrange(const uint4& x) {
        return make_uint4(lowHalves(x.x, x.y), highHalves(x.x, x.y), lowHalves(x.z, x.w), highHalves(x.z, x.w));
    }
};

struct Int4Weights {
    using Words = unsigned;
    static constexpr int kBlocks = 8;
    static constexpr bool kCodes = true;
    template <class T>
    static __device__ __forceinline__ unsigned addend(int zero) {
        const float value = -(kOnesValue<T> + 8.0F) - static_cast<float>(zero);
        return pack<T>(value, value);
    }
    /// The byte of two columns comes to both halves, its upper code from a word moved down by four bits: one mask takes both.
    template <class T>
    static __device__ __forceinline__ void decode(unsigned word, unsigned addend, unsigned (&pairs)[4]) {
        const unsigned upper = word >> 4;
#pragma unroll
        for (unsigned i = 0; i < 4; ++i) {
            const unsigned both = __byte_perm(word, upper, 0x0400U + 0x0101U * i);
            pairs[i] = addPairs<T>(andOr(both, 0x000F000FU, kOnes<T>), addend);
        }
    }
    /// Columns (0, 4), (1, 5), (2, 6), (3, 7).
    template <class T>
    static __device__ __forceinline__ void decodeSpread(unsigned word, unsigned addend, unsigned (&pairs)[4]) {
#pragma unroll
        for (unsigned i = 0; i < 4; ++i) pairs[i] = addPairs<T>(andOr(word >> (4 * i), 0x000F000FU, kOnes<T>), addend);
    }
    static __device__ __forceinline__ uint4 arrange(const uint4& x) {
        return make_uint4(lowHalves(x.x, x.z), highHalves(x.x, x.z), lowHalves(x.y, x.w), highHalves(x.y, x.w));
    }
};

}  // namespace trimtab::cuda::product
