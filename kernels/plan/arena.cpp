#include "kernels/plan/arena.h"

#include <algorithm>
#include <numeric>

#include "core/base/checked.h"

namespace trimtab::plan {
namespace {

constexpr std::int64_t kAlignment = 64;

/// The lowest offset at which `size` bytes fit between `taken`, which is sorted by offset.
std::int64_t lowestGap(const std::vector<std::pair<std::int64_t, std::int64_t>>& taken, std::int64_t size) {
    std::int64_t offset = 0;
    for (const auto& [begin, end] : taken) {
        if (begin - offset >= size) break;
        offset = std::max(offset, end);
    }
    return offset;
}

}  // namespace

Result<ArenaLayout> layOut(const std::vector<Lifetime>& lifetimes) {
    std::vector<std::int64_t> sizes(lifetimes.size());
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
        const auto padded = base::checkedAdd(lifetimes[i].bytes, kAlignment - 1);
        const auto total = padded ? base::checkedAdd(sum, *padded) : std::nullopt;
        if (!total) return fail(ErrorCode::Refused, "the activations of this model are larger than any memory");
        sizes[i] = *padded / kAlignment * kAlignment;
        sum = *total;
    }

    std::vector<std::size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });

    ArenaLayout layout{std::vector<std::int64_t>(lifetimes.size(), 0), 0};
    std::vector<std::size_t> placed;
    std::vector<std::pair<std::int64_t, std::int64_t>> taken;
    for (const std::size_t i : order) {
        if (sizes[i] == 0) continue;
        taken.clear();
        for (const std::size_t other : placed) {
            if (lifetimes[other].first <= lifetimes[i].last && lifetimes[i].first <= lifetimes[other].last) {
                taken.emplace_back(layout.offsets[other], layout.offsets[other] + sizes[other]);
            }
        }
        std::sort(taken.begin(), taken.end());
        layout.offsets[i] = lowestGap(taken, sizes[i]);
        layout.bytes = std::max(layout.bytes, layout.offsets[i] + sizes[i]);
        placed.push_back(i);
    }
    return layout;
}

}  // namespace trimtab::plan
