#pragma once
// Slice bounds, shared by the shape rule and by the following of contents.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

struct SliceSpec {
    std::vector<Extent> starts;
    std::vector<Extent> ends;
    std::vector<std::int64_t> axes;   // as given, maybe negative
    std::vector<std::int64_t> steps;  // not 0
};

/// From attributes (before opset 10) or inputs; nullopt when axes, steps or the number of bounds are not known.
Result<std::optional<SliceSpec>> readSlice(const Context& context);

/// Elements along an axis of extent `dim`. Bounds clamp as the operator text says; a symbolic bound is taken to lie inside the axis.
Extent sliceExtent(const Extent& dim, const Extent& start, const Extent& end, std::int64_t step);

/// First index and count when everything is known. REQUIRES: dim >= 0, step != 0.
struct SliceRange {
    std::int64_t first = 0;
    std::int64_t count = 0;
};
SliceRange sliceRange(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step);

}  // namespace trimtab::graph::shapes
