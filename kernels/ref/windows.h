#pragma once
// The sliding windows of convolutions and pools: how attributes kernel_shape, strides, dilations, pads and auto_pad map input positions
// to output positions, in any number of spatial dimensions.
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

struct Windows {
    Ints in, kernel, strides, dilations, begin, end, out;  // one entry for each spatial axis; begin and end are the pads

    std::size_t rank() const { return in.size(); }
    std::int64_t inCount() const;
    std::int64_t outCount() const;  // REQUIRES: the output has been allocated, else the product may overflow

    /// First input position (may be negative) of the window of output `at` on `axis`.
    std::int64_t start(std::size_t axis, std::int64_t at) const { return at * strides[axis] - begin[axis]; }
};

/// Reads the attributes. `ceilMode` rounds output extents up, without windows that would begin beyond the input.
/// Refused, naming the attribute, for values that make no sense and for windows larger than the padded input.
Result<Windows> windows(const Call& call, const Ints& in, const Ints& kernel, bool ceilMode);

/// Steps `index` through 0…extents−1 row-major; false when it wrapped to the start. An empty index wraps at once.
inline bool advance(Ints& index, const Ints& extents) {
    for (std::size_t d = index.size(); d-- > 0;) {
        if (++index[d] < extents[d]) return true;
        index[d] = 0;
    }
    return false;
}

}  // namespace trimtab::ref
