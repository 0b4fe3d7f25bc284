#pragma once
// Sliding windows of convolutions and pools: attributes read and checked once, extents by the formulas of the ONNX operator texts.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

struct Window {
    std::vector<std::int64_t> kernel;     // one entry for each spatial axis, all > 0
    std::vector<std::int64_t> strides;    // > 0
    std::vector<std::int64_t> dilations;  // > 0
    std::vector<std::int64_t> pads;       // begins, then ends; >= 0
    std::string autoPad;                  // NOTSET, VALID, SAME_UPPER, SAME_LOWER
};

/// Reads strides, dilations, pads and auto_pad of `context.node` for a kernel whose extents are known. Refused for lists of the
/// wrong length and for values out of range.
Result<Window> readWindow(const Context& context, std::vector<std::int64_t> kernel);

/// floor or ceil((in + pads - dilation·(kernel-1) - 1) / stride + 1); SAME: ceil(in / stride). With `ceilMode`, a last window that
/// would begin beyond the input and its begin padding does not count. Refused when a known input is smaller than the kernel.
Result<Extent> slide(const Context& context, const Window& window, std::size_t axis, const Extent& in, bool ceilMode);

/// The kernel_shape attribute, or the spatial dims of the weight in input 1; nullopt when neither is known.
Result<std::optional<std::vector<std::int64_t>>> kernelOf(const Context& context, std::size_t spatialRank,
                                                          const std::optional<Dims>& weight);

}  // namespace trimtab::graph::shapes
