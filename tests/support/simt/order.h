#pragma once
#include <cstdint>
#include <numeric>

namespace trimtab::simt {

/// A step that visits all of `count` places and, where it can, leaves no two neighbours together: near the golden section, without a common
/// divisor.
inline std::uint64_t scatterStride(std::uint64_t count) {
    auto step = static_cast<std::uint64_t>(0.6180339887 * static_cast<double>(count));
    while (std::gcd(step, count) != 1) ++step;
    return step;
}

}  // namespace trimtab::simt
