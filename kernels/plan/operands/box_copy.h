#pragma once
// Transpose, Slice, Split, Concat and Expand are all copies of a box of elements between two strided arrangements.
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/plan/implementation.h"

namespace trimtab::plan {

struct BoxCopy {
    std::vector<std::int64_t> extents;
    std::vector<std::int64_t> sourceStrides;       // in elements; 0 repeats, negative runs backwards
    std::vector<std::int64_t> destinationStrides;  // in elements
    std::int64_t sourceOffset = 0;                 // in elements
    std::int64_t destinationOffset = 0;
    std::size_t input = 0;   // of the node: where it reads
    std::size_t output = 0;  // of the node: where it writes

    /// True when no element lies outside the first `source` and `destination` elements: shapes come from files.
    bool staysWithin(std::int64_t source, std::int64_t destination) const;
};

/// Whether the node is one of the five, with elements of 1, 2, 4 or 8 bytes and attributes that copies can express.
runtime::Support judgeCopies(const NodeView& view);
/// Its copies for concrete shapes, each within its input and output. Unsupported where bounds are not constant.
Result<std::vector<BoxCopy>> copiesOf(const NodeView& view);

/// Small integers of a constant input; nullopt when it is not constant.
std::optional<std::vector<std::int64_t>> constantIntegers(const NodeView& view, std::size_t input);
/// Product of the dims [from, to).
std::int64_t extentBetween(const Shape& shape, int from, int to);

}  // namespace trimtab::plan
