#pragma once
// A box copy run on this machine's threads.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/plan/operands/box_copy.h"

namespace trimtab::cpu {

struct StridedCopy : plan::BoxCopy {
    int elementBytes = 4;  // 1, 2, 4 or 8

    /// Drops axes of extent one, orders the axes by the destination and joins those that are contiguous on both sides. Call once, before
    /// run().
    void simplify();
    /// Threaded; the sides may not overlap. Allocates nothing.
    void run(const std::byte* source, std::byte* destination) const;
};

}  // namespace trimtab::cpu
