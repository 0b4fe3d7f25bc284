#pragma once
// Pruning by magnitude: the smallest weights by absolute value become zero.
#include <cstdint>
#include <span>
#include <vector>

namespace trimtab::compress {

/// floor(ratio · count), taken on the decimal value that was written (0.29 of 100 is 29 although 0.29·100 < 29 in binary).
std::int64_t countToPrune(double ratio, std::int64_t count);

/// Sets exactly countToPrune(ratio, all elements together) elements to zero over all parts: those smallest by absolute value, ties by order
/// of parts, then by index. One part prunes a layer by itself; several share one threshold. Needs a scratch copy of all magnitudes.
/// REQUIRES: no NaN.
void pruneSmallest(std::span<const std::span<float>> parts, double ratio);

}  // namespace trimtab::compress
