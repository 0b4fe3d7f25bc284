#include "kernels/plan/operands/axes.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"

namespace trimtab::plan {

AxisBox boxOf(const Shape& shape, int first, int last) {
    AxisBox box;
    for (int axis = 0; axis < shape.rank(); ++axis) (axis < first ? box.outer : axis > last ? box.inner : box.length) *= shape[axis];
    return box;
}

std::optional<std::vector<int>> reducedAxes(const NodeView& view, int rank) {
    std::vector<std::int64_t> given = view.node.integers("axes");
    if (view.has(1)) {
        const Tensor* tensor = view.constant(1);
        if (!tensor) return std::nullopt;
        given = tensor::toInt64s(*tensor);
    }
    std::vector<int> axes;
    for (const std::int64_t axis : given) {
        const auto normal = tensor::normalizeAxis(axis, rank);
        if (!normal) return std::nullopt;
        axes.push_back(*normal);
    }
    if (axes.empty()) {
        if (view.node.integer("noop_with_empty_axes", 0) != 0) return std::nullopt;
        for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
    }
    std::sort(axes.begin(), axes.end());
    axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
    return axes;
}

runtime::Support judgeChannelScaling(const NodeView& view) {
    for (std::size_t i = 1; i <= 4; ++i) {
        const Tensor* constant = view.constant(i);
        if (!constant || constant->type() != DataType::Float32) return refused("its statistics are not constant");
    }
    if (view.node.integer("training_mode", 0) != 0) return refused("it trains");
    for (std::size_t i = 1; i < view.node.outputs.size(); ++i) {
        if (view.node.outputs[i] != graph::kNoValue) return refused("its statistics are read");
    }
    return native();
}

Result<ChannelScaling> channelScaling(const NodeView& view) {
    const Shape shape = view.shape(0);
    if (shape.rank() < 2 || shape.elementCount() == 0) return fail(ErrorCode::Unsupported, "it has no channels");
    if (shape != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    std::vector<std::vector<float>> statistics;
    for (std::size_t i = 1; i <= 4; ++i) {
        statistics.push_back(tensor::toFloats(*view.constant(i)));
        if (static_cast<std::int64_t>(statistics.back().size()) != shape[1])
            return fail(ErrorCode::Unsupported, "its statistics do not fit its channels");
    }
    const float epsilon = view.node.number("epsilon", 1e-5F);
    ChannelScaling scaling;
    for (std::size_t c = 0; c < statistics[0].size(); ++c) {
        const double factor = statistics[0][c] / std::sqrt(static_cast<double>(statistics[3][c]) + epsilon);
        scaling.factors.push_back(static_cast<float>(factor));
        scaling.summands.push_back(static_cast<float>(statistics[1][c] - statistics[2][c] * factor));
    }
    return scaling;
}

}  // namespace trimtab::plan
