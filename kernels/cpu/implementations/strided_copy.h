#pragma once
// Copies a box of elements between two strided arrangements: Transpose, Slice, Split, Concat, Expand are all this.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trimtab::cpu {

struct StridedCopy {
    int elementBytes = 4;  // 1, 2, 4 or 8
    std::vector<std::int64_t> extents;
    std::vector<std::int64_t> sourceStrides;       // in elements; 0 repeats, negative runs backwards
    std::vector<std::int64_t> destinationStrides;  // in elements
    std::int64_t sourceOffset = 0;                 // in elements
    std::int64_t destinationOffset = 0;

    /// True when no element lies outside the first `source` and `destination` elements: shapes come from files.
    bool staysWithin(std::int64_t source, std::int64_t destination) const;
    /// Drops axes of extent one, orders the axes by the destination and joins those that are contiguous on both sides. Call once, before
    /// run().
    void simplify();
    /// Threaded; the sides may not overlap. Allocates nothing.
    void run(const std::byte* source, std::byte* destination) const;
};

}  // namespace trimtab::cpu
