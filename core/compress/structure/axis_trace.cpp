#include "core/compress/structure/axis_trace.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::compress {

using graph::Node;
using graph::ValueId;

AxisTrace::AxisTrace(const Graph& traced) : graph(traced), m_axes(traced.values.size()), m_readers(traced.consumers()) {}

const std::map<int, Labels>& AxisTrace::axesOf(ValueId value) const {
    static const std::map<int, Labels> kNone;
    return value == graph::kNoValue ? kNone : m_axes[static_cast<std::size_t>(value)];
}

const Labels* AxisTrace::labelsOf(ValueId value, int axis) const {
    const auto& axes = axesOf(value);
    const auto found = axes.find(axis);
    return found == axes.end() ? nullptr : &found->second;
}

const std::vector<graph::Dim>* AxisTrace::dimsOf(ValueId value) const {
    if (value == graph::kNoValue || !graph.value(value).type.dims) return nullptr;
    return &*graph.value(value).type.dims;
}

bool AxisTrace::isExtent(ValueId value, int axis, std::int64_t extent) const {
    const auto* dims = dimsOf(value);
    return dims && axis >= 0 && axis < static_cast<int>(dims->size()) && (*dims)[static_cast<std::size_t>(axis)].extent == extent;
}

bool AxisTrace::isUsed(ValueId value) const { return !m_readers[static_cast<std::size_t>(value)].empty() || graph.isOutput(value); }

std::string AxisTrace::whyKept(ValueId constant, bool shared) const {
    const graph::Value& value = graph.value(constant);
    if (value.quantized) return fmt::format("the weight {} is codes already", value.name);
    if (!value.constant) return fmt::format("{} is computed", value.name);
    if (!tensor::isFloatingPoint(value.constant->type()) || tensor::bitWidth(value.constant->type()) % 8 != 0)
        return fmt::format("{} is not of a floating-point type", value.name);
    if (!shared && (m_readers[static_cast<std::size_t>(constant)].size() > 1 || graph.isOutput(constant)))
        return fmt::format("the weight {} is shared with another layer", value.name);
    return {};
}

Labels AxisTrace::makeAtoms(int node, std::int64_t count) {
    const int first = units.add(static_cast<int>(count));
    makers.resize(static_cast<std::size_t>(units.size()), node);
    Labels labels(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = first + static_cast<int>(i);
    return labels;
}

void AxisTrace::set(ValueId value, int axis, Labels labels) {
    if (value == graph::kNoValue) return;
    if (std::ranges::all_of(labels, [](int label) { return label == kStays; })) return;
    if (!isExtent(value, axis, static_cast<std::int64_t>(labels.size())))
        return leaveAlone(labels, fmt::format("the shape of {} is not known", graph.value(value).name));
    if (graph.isOutput(value)) leaveAlone(labels, fmt::format("it reaches the model's output {}", graph.value(value).name));
    m_axes[static_cast<std::size_t>(value)][axis] = std::move(labels);
}

void AxisTrace::join(const Labels& a, const Labels& b, const std::string& where) {
    if (a.size() != b.size()) {
        leaveAlone(a, where + " meets another extent");
        return leaveAlone(b, where + " meets another extent");
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != kStays && b[i] != kStays) units.join(a[i], b[i]);
        else if (a[i] != kStays || b[i] != kStays) units.leaveAlone(std::max(a[i], b[i]), where + " meets values that stay");
    }
}

void AxisTrace::leaveAlone(const Labels& labels, const std::string& reason) {
    for (const int label : labels)
        if (label != kStays) units.leaveAlone(label, reason);
}

void AxisTrace::leaveInputsAlone(int index, const std::string& reason) {
    for (const ValueId input : node(index).inputs)
        for (const auto& [axis, labels] : axesOf(input)) leaveAlone(labels, reason);
}

std::vector<TracedAxis> AxisTrace::traced() const {
    std::vector<TracedAxis> all;
    for (std::size_t value = 0; value < m_axes.size(); ++value)
        for (const auto& [axis, labels] : m_axes[value]) all.push_back({static_cast<ValueId>(value), axis, labels});
    return all;
}

void AxisTrace::run() {
    for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
        const bool labelled = std::ranges::any_of(node(i).inputs, [&](ValueId id) { return !axesOf(id).empty(); });
        if (!labelled && !makesUnits(node(i))) continue;
        if (const FollowRule rule = followRule(node(i))) rule(*this, i);
        else leaveInputsAlone(i, fmt::format("it reaches {} ({}), through which units are not followed", node(i).name, node(i).op));
    }
}

}  // namespace trimtab::compress
