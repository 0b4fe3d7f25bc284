#pragma once
// Random numbers without a state: number `index` of a stream is a function of the stream's key and the index alone, so that parts of a
// large tensor can be drawn apart. splitmix64's output function of a counter (Steele, Lea, Flood 2014).
#include <cstdint>

namespace trimtab::base {

inline std::uint64_t mixedBits(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// Near normal(0, 1): the sum of four uniforms of 16 bits, brought to mean 0 and variance 1 (4/12 of a square).
inline float nearNormal(std::uint64_t key, std::uint64_t index) {
    constexpr float kScale = 1.7320508F / 65536;
    const std::uint64_t bits = mixedBits(key + index * 0x9e3779b97f4a7c15ULL);
    const auto sum = static_cast<std::int64_t>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
    return static_cast<float>(sum - 2 * 65535) * kScale;
}

}  // namespace trimtab::base
