#include "kernels/cuda/kernels/merged_axes.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <limits>

namespace trimtab::cuda {
namespace {

void copyAxis(MergedAxes& axes, std::size_t to, std::size_t from) {
    axes.extents[to] = axes.extents[from];
    for (Strides& strides : axes.arrays) strides[to] = strides[from];
}

bool walksAsOne(const MergedAxes& axes, std::size_t outer, std::size_t inner) {
    return std::all_of(axes.arrays.begin(), axes.arrays.end(),
                       [&](const Strides& strides) { return strides[outer] == strides[inner] * axes.extents[inner]; });
}

}  // namespace

std::int64_t MergedAxes::count() const {
    std::int64_t product = 1;
    for (int a = 0; a < rank; ++a) product *= extents[static_cast<std::size_t>(a)];
    return product;
}

std::int64_t MergedAxes::span(std::size_t array) const {
    std::int64_t sum = 0;
    for (std::size_t a = 0; a < static_cast<std::size_t>(rank); ++a) sum += (extents[a] - 1) * std::abs(arrays[array][a]);
    return sum;
}

void mergeAxes(MergedAxes& axes) {
    std::size_t kept = 0;
    for (std::size_t a = 0; a < static_cast<std::size_t>(axes.rank); ++a) {
        assert(axes.extents[a] > 0);
        if (axes.extents[a] == 1) continue;
        if (kept > 0 && walksAsOne(axes, kept - 1, a)) {
            const std::int64_t joined = axes.extents[kept - 1] * axes.extents[a];
            copyAxis(axes, kept - 1, a);
            axes.extents[kept - 1] = joined;
        } else {
            copyAxis(axes, kept++, a);
        }
    }
    axes.rank = static_cast<int>(kept);
}

bool fitsNarrowIndex(const MergedAxes& axes) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int32_t>::max();
    if (axes.count() > kLimit) return false;
    for (std::size_t i = 0; i < axes.arrays.size(); ++i)
        if (axes.span(i) > kLimit) return false;
    return true;
}

void moveAxis(MergedAxes& axes, int from, int to) {
    const auto rotate = [from, to](auto& values) {
        const auto first = values.begin();
        if (from < to) std::rotate(first + from, first + from + 1, first + to + 1);
        else std::rotate(first + to, first + from, first + from + 1);
    };
    rotate(axes.extents);
    for (Strides& strides : axes.arrays) rotate(strides);
}

}  // namespace trimtab::cuda
