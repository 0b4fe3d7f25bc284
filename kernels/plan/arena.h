#pragma once
// Places buffers in one arena so that buffers that live at the same time never overlap. Greedy by size: the largest first, each at the
// lowest offset that is free throughout its life (Pisarchyk, Lee 2020, "Efficient Memory Management for Deep Neural Net Inference").
#include <cstdint>
#include <vector>

#include "core/base/result.h"

namespace trimtab::plan {

struct Lifetime {
    std::int64_t bytes = 0;
    int first = 0;  // inclusive, in steps
    int last = 0;   // inclusive
};

struct ArenaLayout {
    std::vector<std::int64_t> offsets;  // as the lifetimes; multiples of 64
    std::int64_t bytes = 0;
};

/// Refused when the sum overflows.
Result<ArenaLayout> layOut(const std::vector<Lifetime>& lifetimes);

}  // namespace trimtab::plan
