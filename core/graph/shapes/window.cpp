#include "core/graph/shapes/window.h"

#include <algorithm>

namespace trimtab::graph::shapes {

namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // no real stride, kernel or padding comes near

Result<std::vector<std::int64_t>> readList(const Context& context, const std::string& name, std::size_t size, std::int64_t fallback,
                                           std::int64_t lowest) {
    std::vector<std::int64_t> values = context.node.integers(name);
    if (values.empty()) values.assign(size, fallback);
    if (values.size() != size) {
        return context.refuse("attribute " + name + " has " + std::to_string(values.size()) + " entries where " + std::to_string(size) +
                              " are needed");
    }
    for (const std::int64_t value : values) {
        if (value < lowest || value > kLargest)
            return context.refuse("attribute " + name + " holds " + std::to_string(value) + ", which is out of range");
    }
    return values;
}

}  // namespace

Result<Window> readWindow(const Context& context, std::vector<std::int64_t> kernel) {
    Window window;
    const std::size_t rank = kernel.size();
    for (const std::int64_t extent : kernel) {
        if (extent < 1 || extent > kLargest) return context.refuse("a kernel extent of " + std::to_string(extent) + " is out of range");
    }
    window.kernel = std::move(kernel);
    TRIMTAB_TRY(window.strides, readList(context, "strides", rank, 1, 1));
    TRIMTAB_TRY(window.dilations, readList(context, "dilations", rank, 1, 1));
    TRIMTAB_TRY(window.pads, readList(context, "pads", 2 * rank, 0, 0));
    window.autoPad = context.node.string("auto_pad", "NOTSET");
    if (window.autoPad.empty()) window.autoPad = "NOTSET";
    if (window.autoPad != "NOTSET" && window.autoPad != "VALID" && window.autoPad != "SAME_UPPER" && window.autoPad != "SAME_LOWER") {
        return context.refuse("auto_pad \"" + window.autoPad + "\" is not known");
    }
    return window;
}

Result<Extent> slide(const Context& context, const Window& window, std::size_t axis, const Extent& in, bool ceilMode) {
    const Extent stride = Extent::known(window.strides[axis]);
    if (window.autoPad.starts_with("SAME")) return ceilDivide(in, stride);
    const bool padded = window.autoPad == "NOTSET";
    const std::int64_t begin = padded ? window.pads[axis] : 0;
    const std::int64_t end = padded ? window.pads[axis + window.kernel.size()] : 0;
    const std::int64_t reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
    const Extent room = in + Extent::known(begin + end - reach);
    if (room.isKnown() && room.value() < 0) {
        return context.refuse("the kernel spans " + std::to_string(reach) + " where the padded input has " +
                              std::to_string(in.value() + begin + end));
    }
    const Extent one = Extent::known(1);
    if (!ceilMode) return floorDivide(room, stride) + one;
    const Extent count = ceilDivide(room, stride) + one;
    if (count.isKnown() && in.isKnown() && (count.value() - 1) * window.strides[axis] >= in.value() + begin) return count - one;
    return count;
}

Result<std::optional<std::vector<std::int64_t>>> kernelOf(const Context& context, std::size_t spatialRank,
                                                          const std::optional<Dims>& weight) {
    using Kernel = std::optional<std::vector<std::int64_t>>;
    std::vector<std::int64_t> kernel = context.node.integers("kernel_shape");
    if (!kernel.empty() && kernel.size() != spatialRank) {
        return context.refuse("kernel_shape has " + std::to_string(kernel.size()) + " entries for " + std::to_string(spatialRank) +
                              " spatial axes");
    }
    if (!weight) return kernel.empty() ? Kernel() : Kernel(kernel);
    if (weight->size() != spatialRank + 2) {
        return context.refuse("the weight has rank " + std::to_string(weight->size()) + " where the input has rank " +
                              std::to_string(spatialRank + 2));
    }
    std::vector<std::int64_t> fromWeight;
    for (std::size_t i = 2; i < weight->size(); ++i) {
        if (!(*weight)[i].isKnown()) return kernel.empty() ? Kernel() : Kernel(kernel);
        fromWeight.push_back((*weight)[i].value());
    }
    if (!kernel.empty() && kernel != fromWeight)
        return context.refuse("kernel_shape does not agree with the weight's shape " + text(*weight));
    return Kernel(fromWeight);
}

}  // namespace trimtab::graph::shapes
