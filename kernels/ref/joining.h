#pragma once
// Joining and cutting tensors along one axis; Concat, Split and the sequence operators share it.
#include "kernels/ref/movement.h"

namespace trimtab::ref {

/// Tensors of one type whose shapes differ in extent `axis` only, one after the other. Refused otherwise.
Result<Tensor> joined(const Call& call, const std::vector<Tensor>& parts, int axis);

/// Consecutive parts of the given extents along `axis`. Refused unless they are >= 0 and sum to the axis' extent.
Result<std::vector<Tensor>> cut(const Call& call, const Tensor& data, int axis, const Ints& extents);

/// Extents of ceil(extent / count) each, the last ones smaller or zero: Split into `count` parts.
Result<Ints> evenExtents(const Call& call, std::int64_t extentOfAxis, std::int64_t count);

}  // namespace trimtab::ref
