#pragma once
// Checked index tensors for the Gather and Scatter operators.
#include "kernels/ref/movement.h"

namespace trimtab::ref {

/// int32 or int64 indices as Int64 in 0…bound−1, negative ones counted from the back. Refused outside.
Result<Tensor> boundedIndices(const Call& call, const Tensor& indices, std::int64_t bound);

/// Refused unless indices have the rank of data and no larger extent than it, except on `axis`.
Status requireWithin(const Call& call, const Shape& indices, const Shape& data, int axis);

/// The last axis of `indices` as index tuples into the axes of `data` after its first batchDims.
struct IndexTuples {
    Tensor offsets;                // Int64, one first element for each tuple
    int prefix = 0;                // axes of data that a batch index and a tuple consume
    std::int64_t sliceLength = 0;  // elements that one tuple names
};
Result<IndexTuples> indexTuples(const Call& call, const Tensor& indices, const Shape& data, std::int64_t batchDims);

}  // namespace trimtab::ref
