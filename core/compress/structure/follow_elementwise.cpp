// Operators that keep an axis as it is: one by one, along other axes, or over windows of other axes.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/compress/structure/axis_trace.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

std::string at(const Node& node) { return fmt::format("at {} ({}) it", node.name, node.op); }

/// A constant of the elements along `axis`, which shrinks with them.
void keepConstant(AxisTrace& trace, int index, std::size_t input, int axis, const Labels& labels) {
    const ValueId id = trace.node(index).inputs[input];
    if (const std::string why = trace.whyKept(id, true); !why.empty()) return trace.leaveAlone(labels, why);
    trace.parts.push_back({index, input, axis, Part::Role::Keeps, labels});
}

/// One axis of an element-wise result: its labels are those of any input that has some; the others spread over it or shrink too.
void followOneAxis(AxisTrace& trace, int index, int axis, int rank) {
    const Node& node = trace.node(index);
    const Labels* labels = nullptr;
    std::vector<std::pair<std::size_t, int>> constants;
    bool meetsFixed = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        if (id == graph::kNoValue) continue;
        const int own = axis - (rank - static_cast<int>(trace.dimsOf(id)->size()));
        if (own < 0) continue;
        if (const Labels* mine = trace.labelsOf(id, own)) {
            if (labels) trace.join(*labels, *mine, at(node));
            else labels = mine;
        } else if (!trace.isExtent(id, own, 1)) {
            if (trace.graph.value(id).isConstant()) constants.emplace_back(i, own);
            else meetsFixed = true;
        }
    }
    if (!labels) return;
    if (meetsFixed) trace.leaveAlone(*labels, at(node) + " meets values that stay");
    for (const auto& [input, own] : constants) keepConstant(trace, index, input, own, *labels);
    trace.set(node.output(0), axis, *labels);
}

std::optional<std::vector<std::int64_t>> listOf(const AxisTrace& trace, const Node& node, const char* attribute, std::size_t input) {
    if (node.has(attribute)) return node.integers(attribute);
    if (node.input(input) == graph::kNoValue) return std::vector<std::int64_t>{};
    const Tensor* constant = trace.graph.constantOf(node.input(input));
    if (!constant || !tensor::isInteger(constant->type())) return std::nullopt;
    return tensor::toInt64s(*constant);
}

/// The axes that the operator works over; nullopt when that is computed.
std::optional<std::vector<int>> axesWorkedOver(const AxisTrace& trace, const Node& node, int rank) {
    const auto absolute = [&](std::int64_t axis) { return static_cast<int>(axis < 0 ? axis + rank : axis); };
    std::vector<int> axes;
    const auto fromOn = [&](std::int64_t first) {
        for (int axis = absolute(first); axis < rank; ++axis) axes.push_back(axis);
    };
    const bool isSoftmax = node.op.ends_with("max") && !node.op.starts_with("Reduce");  // LogSoftmax and Hardmax too
    if (isSoftmax) {  // one axis since opset 13, all from it on before
        const bool oneAxis = node.version == 0 || node.version >= 13;
        if (oneAxis) axes.push_back(absolute(node.integer("axis", -1)));
        else fromOn(node.integer("axis", 1));
    } else if (node.op.ends_with("Normalization") && node.op != "LpNormalization") {
        fromOn(node.integer("axis", -1));
    } else if (node.op == "LpNormalization") {
        axes.push_back(absolute(node.integer("axis", -1)));
    } else {
        const auto list = listOf(trace, node, "axes", 1);
        if (!list) return std::nullopt;
        for (const std::int64_t axis : *list) axes.push_back(absolute(axis));
        if (list->empty() && node.integer("noop_with_empty_axes", 0) == 0) fromOn(0);
    }
    return axes;
}

}  // namespace

void followElementwise(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto* dims = trace.dimsOf(node.output(0));
    const bool known = dims && std::ranges::all_of(node.inputs, [&](ValueId id) { return id == graph::kNoValue || trace.dimsOf(id); });
    if (!known || node.output(1) != graph::kNoValue) return trace.leaveInputsAlone(index, at(node) + " meets shapes that are not known");
    const int rank = static_cast<int>(dims->size());
    for (int axis = 0; axis < rank; ++axis) followOneAxis(trace, index, axis, rank);
}

void followBatchNormalization(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        if (axis != 1 || node.output(1) != graph::kNoValue) {
            trace.leaveAlone(labels, at(node) + " is averaged over");
            continue;
        }
        for (std::size_t i = 1; i < node.inputs.size(); ++i) keepConstant(trace, index, i, 0, labels);
        trace.set(node.output(0), axis, labels);
    }
}

void followAlongAxes(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto* dims = trace.dimsOf(node.input(0));
    if (!dims) return trace.leaveInputsAlone(index, at(node) + " has an unknown rank");
    const auto worked = node.op == "CumSum" ? std::nullopt : axesWorkedOver(trace, node, static_cast<int>(dims->size()));
    if (!worked || node.output(1) != graph::kNoValue) return trace.leaveInputsAlone(index, at(node) + " works over axes that are computed");
    const bool dropsAxes = node.op.starts_with("Reduce") && node.integer("keepdims", 1) == 0;
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        if (std::ranges::find(*worked, axis) != worked->end()) {
            trace.leaveAlone(labels, at(node) + " is worked over as a whole, so what stays would change");
            continue;
        }
        const auto before = dropsAxes ? std::ranges::count_if(*worked, [&](int other) { return other < axis; }) : 0;
        trace.set(node.output(0), axis - static_cast<int>(before), labels);
    }
}

void followPooling(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        if (axis > 1 || node.output(1) != graph::kNoValue) trace.leaveAlone(labels, at(node) + " is pooled over");
        else trace.set(node.output(0), axis, labels);
    }
}

void followResize(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const std::size_t scalesAt = node.op == "Upsample" || (node.version > 0 && node.version < 11) ? 1 : 2;
    const Tensor* scales = trace.graph.constantOf(node.input(scalesAt));
    const Tensor* sizes = trace.graph.constantOf(node.input(3));
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const auto extent = static_cast<std::int64_t>(labels.size());
        const bool plain = !node.has("axes") && trace.isExtent(node.output(0), axis, extent);
        const bool byScale = scales && axis < scales->elementCount() && tensor::elementAsDouble(*scales, axis) == 1;
        const bool bySize = sizes && axis < sizes->elementCount() && !node.has("keep_aspect_ratio_policy");
        if (!plain || (!byScale && !bySize) || axis > 1) {
            trace.leaveAlone(labels, at(node) + " is resized");
            continue;
        }
        if (!byScale) trace.counts.push_back({index, 3, {}, static_cast<std::size_t>(axis), labels, {}});
        trace.set(node.output(0), axis, labels);
    }
}

void followPad(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto pads = listOf(trace, node, node.has("paddings") ? "paddings" : "pads", 1);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const auto place = static_cast<std::size_t>(axis);
        const bool untouched = pads && node.input(3) == graph::kNoValue && place < pads->size() / 2 && (*pads)[place] == 0 &&
                               (*pads)[place + pads->size() / 2] == 0;
        if (untouched) trace.set(node.output(0), axis, labels);
        else trace.leaveAlone(labels, at(node) + " is padded");
    }
}

}  // namespace trimtab::compress
