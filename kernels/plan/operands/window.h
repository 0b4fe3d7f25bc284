#pragma once
// The window of a convolution or pooling as ONNX writes it, settled for concrete shapes.
#include <cstdint>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::plan {

/// Kernel extents for `node` with this many spatial axes over `spatial` extents; auto_pad is resolved. Pads at the end are what the output
/// shape needs, so ceil_mode is covered where a kernel takes it. Unsupported when attributes and shapes disagree.
struct SpatialWindow {
    std::vector<std::int64_t> kernel, strides, dilations, padBegin, padEnd;  // dilations as ONNX: 1 is dense

    /// True for a 1 × 1 window with stride one and no padding.
    bool isPointwise() const;
};

Result<SpatialWindow> windowOf(const graph::Node& node, const std::vector<std::int64_t>& kernel, const Shape& input, const Shape& output);

}  // namespace trimtab::plan
