#pragma once
// Operators that only move elements work on bytes of a fixed width, whatever the type means.
#include <cstring>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// Bytes of one element; Unsupported for types below a byte.
Result<std::int64_t> elementBytes(const Call& call, const Tensor& tensor);

/// Copies `count` elements of `width` bytes each.
inline void copyElements(Tensor& to, std::int64_t toElement, const Tensor& from, std::int64_t fromElement, std::int64_t count,
                         std::int64_t width) {
    if (count <= 0) return;
    std::memcpy(to.mutableBytes().data() + toElement * width, from.bytes().data() + fromElement * width,
                static_cast<std::size_t>(count * width));
}

/// An element-by-element copy along a pattern: out[i over `shape`] = from[offset + Σ index_d · steps[d]]; a step may be 0 or negative.
/// REQUIRES: every element so named lies inside `from`.
Result<Tensor> gatherStrided(const Tensor& from, const Shape& shape, std::int64_t offset, const Ints& steps, std::int64_t width);

}  // namespace trimtab::ref
