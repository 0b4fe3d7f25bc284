// Attention as one operator, and the rotation of its queries and keys: a head of keys and values leaves with all heads of queries that read
// it. Queries, keys and values are [batch, tokens, heads · size] or [batch, heads, tokens, size]; query head h reads head
// h / (query heads / kv heads), as the operators' definitions say.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/compress/structure/axis_trace.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

std::string at(const Node& node) { return fmt::format("at {} ({}) it", node.name, node.op); }

/// Where an operator has what concerns its heads.
struct Layout {
    std::string queryHeads, kvHeads;       // attributes, which hold for inputs of three axes
    std::array<std::size_t, 2> past;       // inputs
    std::array<std::size_t, 2> perHead;    // inputs that have something for each head
    std::size_t mask;                      // input that may have: [..., heads or 1, tokens, tokens]
};

Layout layoutOf(const Node& node) {
    if (node.op == "MultiHeadAttention") return {"num_heads", "num_heads", {6, 7}, {3, 3}, 5};
    if (node.op == "GroupQueryAttention") return {"num_heads", "kv_num_heads", {3, 4}, {11, 11}, 10};
    return {"q_num_heads", "kv_num_heads", {4, 5}, {4, 5}, 3};
}

bool isForAllHeads(const AxisTrace& trace, ValueId mask) {
    if (mask == graph::kNoValue) return true;
    const auto* dims = trace.dimsOf(mask);
    return dims && (dims->size() < 3 || trace.isExtent(mask, static_cast<int>(dims->size()) - 3, 1));
}

/// Why its heads can't leave; empty when they can.
std::string whyNotFollowed(const AxisTrace& trace, const Node& node, const Layout& layout) {
    if (node.is("Attention", "com.microsoft")) return at(node) + " meets an operator that makes its queries, keys and values itself";
    if (node.input(1) == graph::kNoValue || node.input(2) == graph::kNoValue) return at(node) + " meets packed keys and values";
    const auto has = [&](std::size_t input) { return node.input(input) != graph::kNoValue; };
    const auto isUsed = [&](ValueId value) { return value != graph::kNoValue && trace.isUsed(value); };
    if (std::ranges::any_of(layout.past, has) || isUsed(node.output(1)) || isUsed(node.output(2)))
        return at(node) + " meets a cache whose heads are part of the model's inputs and outputs";
    if (isUsed(node.output(3))) return at(node) + " meets scores that are read by others";
    if (std::ranges::any_of(layout.perHead, has) || !isForAllHeads(trace, node.input(layout.mask)))
        return at(node) + " meets a mask or bias of its own for each head";
    return {};
}

int headAxisOf(const AxisTrace& trace, ValueId rows) {
    const auto* dims = trace.dimsOf(rows);
    return !dims ? -1 : dims->size() == 4 ? 1 : dims->size() == 3 ? 2 : -1;
}

/// Joins the channels of each head and gives one label a head; empty where not all of the axis can leave.
Labels headsOf(AxisTrace& trace, ValueId rows, std::int64_t headsOfThreeAxes) {
    const int axis = headAxisOf(trace, rows);
    const Labels* labels = axis < 0 ? nullptr : trace.labelsOf(rows, axis);
    if (!labels || std::ranges::find(*labels, kStays) != labels->end()) return {};
    const std::size_t heads = axis == 1 ? labels->size() : static_cast<std::size_t>(std::max<std::int64_t>(headsOfThreeAxes, 0));
    if (heads == 0 || labels->size() % heads != 0) return {};
    const std::size_t size = labels->size() / heads;
    Labels first;
    for (std::size_t i = 0; i < labels->size(); ++i) {
        if (i % size == 0) first.push_back((*labels)[i]);
        else trace.units.join(first.back(), (*labels)[i]);
    }
    return first;
}

/// Only queries, keys and values have heads that leave; what masks and other axes have stays.
void leaveOtherAxesAlone(AxisTrace& trace, const Node& node, std::size_t input) {
    const int heads = input < 3 ? headAxisOf(trace, node.input(input)) : -1;
    for (const auto& [axis, labels] : trace.axesOf(node.input(input)))
        if (axis != heads) trace.leaveAlone(labels, at(node) + " is no axis of heads");
}

}  // namespace

void followAttention(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const Layout layout = layoutOf(node);
    if (const std::string why = whyNotFollowed(trace, node, layout); !why.empty()) return trace.leaveInputsAlone(index, why);
    const std::int64_t queryHeads = node.integer(layout.queryHeads, 0), kvHeads = node.integer(layout.kvHeads, 0);
    const Labels q = headsOf(trace, node.input(0), queryHeads), k = headsOf(trace, node.input(1), kvHeads),
                 v = headsOf(trace, node.input(2), kvHeads);
    const int axis = headAxisOf(trace, node.input(0));
    const bool areAlike = axis == headAxisOf(trace, node.input(1)) && axis == headAxisOf(trace, node.input(2));
    if (!areAlike || q.empty() || k.empty() || v.size() != k.size() || q.size() % k.size() != 0)
        return trace.leaveInputsAlone(index, at(node) + " meets queries, keys or values that stay");
    for (std::size_t input = 0; input < node.inputs.size(); ++input) leaveOtherAxesAlone(trace, node, input);
    for (std::size_t head = 0; head < q.size(); ++head) trace.units.join(q[head], k[head / (q.size() / k.size())]);
    for (std::size_t head = 0; head < k.size(); ++head) trace.units.join(k[head], v[head]);
    for (const int label : k) trace.units.markHeads(label);
    const bool isFlat = axis == 2;
    if (isFlat) {
        trace.counts.push_back({index, 0, layout.queryHeads, 0, q, {}});
        if (layout.kvHeads != layout.queryHeads) trace.counts.push_back({index, 0, layout.kvHeads, 0, k, {}});
    }
    const int outputAxis = headAxisOf(trace, node.output(0));
    const std::size_t each = outputAxis < 0 ? 0 : isFlat ? trace.labelsOf(node.input(2), 2)->size() / v.size() : 1;
    Labels made;
    for (const int label : q) made.insert(made.end(), each, label);
    trace.set(node.output(0), outputAxis, std::move(made));
}

void followRotary(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const std::int64_t count = node.integer("num_heads", 0);
    const Labels heads = headsOf(trace, node.input(0), count);
    if (heads.empty()) return trace.leaveInputsAlone(index, at(node) + " meets heads that are not told apart");
    leaveOtherAxesAlone(trace, node, 0);
    const int axis = headAxisOf(trace, node.input(0));
    if (axis == 2) trace.counts.push_back({index, 0, "num_heads", 0, heads, {}});
    trace.set(node.output(0), axis, *trace.labelsOf(node.input(0), axis));
}

}  // namespace trimtab::compress
