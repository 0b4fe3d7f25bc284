#include "kernels/plan/operands/window.h"

#include <algorithm>

namespace trimtab::plan {

Result<SpatialWindow> windowOf(const graph::Node& node, const std::vector<std::int64_t>& kernel, const Shape& input, const Shape& output) {
    const std::size_t axes = kernel.size();
    SpatialWindow window;
    window.kernel = kernel;
    window.strides = node.integers("strides", std::vector<std::int64_t>(axes, 1));
    window.dilations = node.integers("dilations", std::vector<std::int64_t>(axes, 1));
    const auto pads = node.integers("pads", std::vector<std::int64_t>(2 * axes, 0));
    if (window.strides.size() != axes || window.dilations.size() != axes || pads.size() != 2 * axes) {
        return fail(ErrorCode::Unsupported, "its window has another number of axes than its input");
    }
    const std::string automatic = node.string("auto_pad", "NOTSET");
    for (std::size_t i = 0; i < axes; ++i) {
        const int axis = static_cast<int>(i) + 2;
        if (window.strides[i] <= 0 || window.dilations[i] <= 0 || kernel[i] <= 0)
            return fail(ErrorCode::Unsupported, "its window makes no sense");
        const std::int64_t reach = (kernel[i] - 1) * window.dilations[i] + 1;
        const std::int64_t needed = (output[axis] - 1) * window.strides[i] + reach - input[axis];
        std::int64_t begin = automatic == "NOTSET" ? pads[i] : 0;
        if (automatic == "SAME_UPPER") begin = std::max<std::int64_t>(needed, 0) / 2;
        if (automatic == "SAME_LOWER") begin = (std::max<std::int64_t>(needed, 0) + 1) / 2;
        if (begin < 0) return fail(ErrorCode::Unsupported, "its padding is negative");
        window.padBegin.push_back(begin);
        window.padEnd.push_back(std::max<std::int64_t>(needed - begin, 0));
    }
    return window;
}

bool SpatialWindow::isPointwise() const {
    const auto all = [](const std::vector<std::int64_t>& values, std::int64_t wanted) {
        return std::all_of(values.begin(), values.end(), [wanted](std::int64_t value) { return value == wanted; });
    };
    return all(kernel, 1) && all(strides, 1) && all(padBegin, 0) && all(padEnd, 0);
}

}  // namespace trimtab::plan
