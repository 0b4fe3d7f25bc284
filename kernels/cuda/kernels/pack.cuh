#pragma once
// Neighbouring elements that move as one access.
#include <cstdint>
#include <cstring>

#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

/// N elements as one access, aligned to its size.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
    T item[N];
};

/// Elements of an access of 16 bytes.
template <class T>
inline constexpr int kPackWidth = 16 / static_cast<int>(sizeof(T));

template <int N, class T>
__device__ __forceinline__ Pack<T, N> loadPack(const T* from) {
    return *reinterpret_cast<const Pack<T, N>*>(from);
}
template <int N, class T>
__device__ __forceinline__ void storePack(T* to, const Pack<T, N>& pack) {
    *reinterpret_cast<Pack<T, N>*>(to) = pack;
}

/// N floats from N elements, in accesses of at most 16 bytes.
template <int N, class T>
__device__ __forceinline__ void loadFloats(const T* from, float (&to)[N]) {
    constexpr int kPart = N < kPackWidth<T> ? N : kPackWidth<T>;
#pragma unroll
    for (int part = 0; part < N; part += kPart) {
        const Pack<T, kPart> pack = loadPack<kPart>(from + part);
#pragma unroll
        for (int i = 0; i < kPart; ++i) to[part + i] = toFloat(pack.item[i]);
    }
}

template <int N, class T>
__device__ __forceinline__ void storeFloats(T* to, const float (&from)[N]) {
    Pack<T, N> pack;
#pragma unroll
    for (int i = 0; i < N; ++i) pack.item[i] = fromFloat<T>(from[i]);
    storePack<N>(to, pack);
}

/// The low bytes of one value as another.
template <class To, class From>
__device__ __forceinline__ To bitsAs(const From& from) {
    static_assert(sizeof(To) <= sizeof(From));
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}

}  // namespace trimtab::cuda
