// Operators that move, cut, repeat and put together: each says where every index goes.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/compress/structure/axis_trace.h"
#include "core/graph/shapes/extent.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;
using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kLongestAxis = std::int64_t{1} << 24;  // a label each: no file makes more of them

std::string at(const Node& node) { return fmt::format("at {} ({}) it", node.name, node.op); }

int absolute(std::int64_t axis, const std::vector<graph::Dim>& dims) {
    return static_cast<int>(axis < 0 ? axis + static_cast<std::int64_t>(dims.size()) : axis);
}

/// A constant list of integers; empty when it is none.
Ints constantList(const AxisTrace& trace, ValueId id) {
    const Tensor* constant = trace.graph.constantOf(id);
    return constant && tensor::isInteger(constant->type()) ? tensor::toInt64s(*constant) : Ints{};
}

Labels slice(const Labels& labels, std::size_t begin, std::size_t end) {
    return {labels.begin() + static_cast<std::ptrdiff_t>(begin), labels.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// The labels along the axis of a Concat; false when an extent is not known, or too long.
bool concatenated(const AxisTrace& trace, const Node& node, int axis, Labels& joined) {
    for (const ValueId input : node.inputs) {
        const auto* dims = trace.dimsOf(input);
        if (!dims || axis >= static_cast<int>(dims->size()) || !(*dims)[static_cast<std::size_t>(axis)].isKnown()) return false;
        const auto extent = static_cast<std::size_t>((*dims)[static_cast<std::size_t>(axis)].extent);
        if (extent > static_cast<std::size_t>(kLongestAxis) - joined.size()) return false;
        const Labels* labels = trace.labelsOf(input, axis);
        const Labels mine = labels ? *labels : Labels(extent, kStays);
        joined.insert(joined.end(), mine.begin(), mine.end());
    }
    return true;
}

/// Along any other axis the parts of a Concat lie side by side.
void followBesideConcat(AxisTrace& trace, int index, int axis) {
    const Node& node = trace.node(index);
    const Labels* labels = nullptr;
    for (const ValueId input : node.inputs)
        if (const Labels* mine = trace.labelsOf(input, axis); mine && !labels) labels = mine;
    if (!labels) return;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId input = node.inputs[i];
        if (const Labels* mine = trace.labelsOf(input, axis)) {
            trace.join(*labels, *mine, at(node));
        } else if (trace.graph.value(input).isConstant() && trace.whyKept(input, true).empty()) {
            trace.parts.push_back({index, i, axis, Part::Role::Keeps, *labels});
        } else {
            trace.leaveAlone(*labels, at(node) + " meets values that stay");
        }
    }
    trace.set(node.output(0), axis, *labels);
}

/// Extents of the outputs of a Split along its axis; empty when they are not known.
std::vector<std::size_t> splitExtents(const AxisTrace& trace, const Node& node, int axis) {
    std::vector<std::size_t> extents;
    for (const ValueId output : node.outputs) {
        const auto* dims = trace.dimsOf(output);
        if (!dims || axis >= static_cast<int>(dims->size()) || !(*dims)[static_cast<std::size_t>(axis)].isKnown()) return {};
        extents.push_back(static_cast<std::size_t>((*dims)[static_cast<std::size_t>(axis)].extent));
    }
    return extents;
}

void followCut(AxisTrace& trace, int index, int axis, const Labels& labels) {
    const Node& node = trace.node(index);
    const auto extents = splitExtents(trace, node, axis);
    std::size_t sum = 0;
    for (const std::size_t extent : extents) sum += extent;
    const bool byAttribute = node.has("split");
    const bool byInput = !byAttribute && node.input(1) != graph::kNoValue;
    if (extents.empty() || sum != labels.size() || (byInput && !trace.graph.constantOf(node.inputs[1])))
        return trace.leaveAlone(labels, at(node) + " is split in a way that is computed");
    const bool attributeOpset = node.version > 0 && node.version < 13;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < extents.size(); ++i, begin += extents[i - 1]) {
        const Labels mine = slice(labels, begin, begin + extents[i]);
        Count count{index, 1, byAttribute || attributeOpset ? "split" : "", i, mine, {}};
        if (!byAttribute && !byInput) count.instead.assign(extents.begin(), extents.end());
        trace.counts.push_back(std::move(count));
        trace.set(node.outputs[i], axis, mine);
    }
}

/// One sliced axis of a Slice by inputs.
struct Range {
    std::size_t entry = 0;  // place in starts and ends
    std::int64_t start = 0, end = 0, step = 1;
};

void followSliced(AxisTrace& trace, int index, int axis, const Labels& labels, const Range& range) {
    const Node& node = trace.node(index);
    const auto extent = static_cast<std::int64_t>(labels.size());
    const auto bound = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent); };
    const std::int64_t start = bound(range.start), end = bound(range.end);
    if (range.step != 1 || end <= start || range.start < 0 || range.end < 0)
        return trace.leaveAlone(labels, at(node) + " is sliced in steps, or from its end");
    const auto first = static_cast<std::size_t>(start), last = static_cast<std::size_t>(end);
    trace.counts.push_back({index, 1, {}, range.entry, slice(labels, 0, first), {}});
    if (end < extent) trace.counts.push_back({index, 2, {}, range.entry, slice(labels, 0, last), {}});
    trace.set(node.output(0), axis, slice(labels, first, last));
}

}  // namespace

void followTranspose(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto order = node.integers("perm");
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const auto* dims = trace.dimsOf(node.input(0));
        const auto found = std::ranges::find(order, axis);
        const bool reversed = order.empty() && dims;
        const auto place = reversed ? static_cast<std::ptrdiff_t>(dims->size()) - 1 - axis : found - order.begin();
        if (!reversed && found == order.end()) trace.leaveAlone(labels, at(node) + " has an unknown order");
        else trace.set(node.output(0), static_cast<int>(place), labels);
    }
}

void followExpand(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto *from = trace.dimsOf(node.input(0)), *to = trace.dimsOf(node.output(0));
    if (!from || !to) return trace.leaveInputsAlone(index, at(node) + " takes a shape that is not known");
    const int shift = static_cast<int>(to->size() - from->size());
    Ints instead;
    if (!trace.graph.constantOf(node.input(1))) {  // 1 where the axis is handed on
        const auto in = graph::shapes::toExtents(*from), out = graph::shapes::toExtents(*to);
        for (int j = 0; j < static_cast<int>(out.size()); ++j) {
            const auto place = static_cast<std::size_t>(j);
            const bool same = j >= shift && out[place].same(in[place - static_cast<std::size_t>(shift)]);
            if (!same && !out[place].isKnown()) return trace.leaveInputsAlone(index, at(node) + " takes a shape that is computed");
            instead.push_back(same && !out[place].isKnown() ? 1 : out[place].value());
        }
    }
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const Tensor* target = instead.empty() ? trace.graph.constantOf(node.input(1)) : nullptr;
        const std::int64_t missing = target ? static_cast<std::int64_t>(to->size()) - target->elementCount() : 0;
        const std::int64_t entry = axis + shift - missing;  // a target of lower rank is aligned to the right
        const bool says = entry >= 0 && (!target || tensor::elementAsInt64(*target, entry) != 1);
        if (says) trace.counts.push_back({index, 1, {}, static_cast<std::size_t>(entry), labels, instead});
        trace.set(node.output(0), axis + shift, labels);
    }
}

void followTile(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const Ints repeats = constantList(trace, node.input(1));
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const auto place = static_cast<std::size_t>(axis);
        if (place >= repeats.size() || repeats[place] < 1 || repeats[place] > kLongestAxis / static_cast<std::int64_t>(labels.size())) {
            trace.leaveAlone(labels, at(node) + " is repeated in a way that is computed");
            continue;
        }
        Labels out;
        for (std::int64_t i = 0; i < repeats[place]; ++i) out.insert(out.end(), labels.begin(), labels.end());
        trace.set(node.output(0), axis, std::move(out));
    }
}

void followConcat(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto* dims = trace.dimsOf(node.output(0));
    if (!dims) return trace.leaveInputsAlone(index, at(node) + " has an unknown rank");
    const int along = absolute(node.integer("axis", 1), *dims);
    for (int axis = 0; axis < static_cast<int>(dims->size()); ++axis)
        if (axis != along) followBesideConcat(trace, index, axis);
    const bool labelled = std::ranges::any_of(node.inputs, [&](ValueId id) { return trace.labelsOf(id, along) != nullptr; });
    if (!labelled) return;
    Labels joined;
    if (concatenated(trace, node, along, joined)) return trace.set(node.output(0), along, std::move(joined));
    for (const ValueId input : node.inputs)
        if (const Labels* labels = trace.labelsOf(input, along)) trace.leaveAlone(*labels, at(node) + " meets an unknown extent");
}

void followSplit(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto* dims = trace.dimsOf(node.input(0));
    if (!dims) return trace.leaveInputsAlone(index, at(node) + " has an unknown rank");
    const int along = absolute(node.integer("axis", 0), *dims);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        if (axis == along) {
            followCut(trace, index, axis, labels);
            continue;
        }
        for (const ValueId output : node.outputs) trace.set(output, axis, labels);
    }
}

void followSlice(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto* dims = trace.dimsOf(node.input(0));
    const bool byInputs = !node.has("starts");
    Ints axes = byInputs ? constantList(trace, node.input(3)) : node.integers("axes");
    const Ints starts = byInputs ? constantList(trace, node.input(1)) : node.integers("starts");
    const Ints ends = byInputs ? constantList(trace, node.input(2)) : node.integers("ends");
    const Ints steps = byInputs ? constantList(trace, node.input(4)) : Ints{};
    const bool axesKnown = !axes.empty() || (byInputs ? node.input(3) == graph::kNoValue : !node.has("axes"));
    if (!dims || !axesKnown) return trace.leaveInputsAlone(index, at(node) + " is sliced along axes that are computed");
    const bool first = axes.empty();  // then all axes from the first on
    const std::size_t count = std::max(starts.size(), ends.size());
    for (std::size_t i = 0; first && i < count; ++i) axes.push_back(static_cast<std::int64_t>(i));
    if (axes.empty()) return trace.leaveInputsAlone(index, at(node) + " is sliced along axes that are computed");
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        const auto found = std::ranges::find_if(axes, [&](std::int64_t other) { return absolute(other, *dims) == axis; });
        const auto entry = static_cast<std::size_t>(found - axes.begin());
        if (found == axes.end()) {
            trace.set(node.output(0), axis, labels);
        } else if (!byInputs || entry >= starts.size() || entry >= ends.size() ||
                   (node.input(4) != graph::kNoValue && entry >= steps.size())) {
            trace.leaveAlone(labels, at(node) + " is sliced where that is computed");
        } else {
            followSliced(trace, index, axis, labels, {entry, starts[entry], ends[entry], steps.empty() ? 1 : steps[entry]});
        }
    }
}

void followGather(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto *dims = trace.dimsOf(node.input(0)), *indices = trace.dimsOf(node.input(1));
    if (!dims || !indices || !trace.axesOf(node.input(1)).empty()) return trace.leaveInputsAlone(index, at(node) + " is looked up");
    const int along = absolute(node.integer("axis", 0), *dims);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) {
        if (axis == along) trace.leaveAlone(labels, at(node) + " is picked from by index");
        else trace.set(node.output(0), axis < along ? axis : axis + static_cast<int>(indices->size()) - 1, labels);
    }
}

// The extents of axes that stay may be read off; where those of units are, something may count on them.
void followShape(AxisTrace& trace, int index) {
    const Node& shape = trace.node(index);
    for (const auto& [axis, labels] : trace.axesOf(shape.input(0))) {
        bool isRead = trace.graph.isOutput(shape.output(0)) || shape.has("start") || shape.has("end");
        for (const Node& reader : trace.graph.nodes) {
            if (std::ranges::find(reader.inputs, shape.output(0)) == reader.inputs.end()) continue;
            const Ints picked = reader.is("Gather") ? constantList(trace, reader.input(1)) : Ints{};
            const auto* dims = trace.dimsOf(shape.input(0));
            const bool other =
                !picked.empty() && dims && std::ranges::none_of(picked, [&](std::int64_t place) { return absolute(place, *dims) == axis; });
            isRead = isRead || !other;
        }
        if (isRead) trace.leaveAlone(labels, at(shape) + " is counted by something that is computed");
    }
}

}  // namespace trimtab::compress
