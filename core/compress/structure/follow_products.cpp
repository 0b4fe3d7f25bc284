// Products: a weight that sums over an axis ends it, and the axis that comes out is a new one.
#include <algorithm>

#include <fmt/format.h>

#include "core/compress/structure/axis_trace.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

std::string at(const Node& node) { return fmt::format("at {} ({}) it", node.name, node.op); }

/// The weight of a product reads the labels along one of its axes.
void read(AxisTrace& trace, int index, int weightAxis, const Labels& labels) {
    trace.parts.push_back({index, 1, weightAxis, Part::Role::Reads, labels});
}

/// The axis that a product makes, with the rows of its weight and its bias.
void make(AxisTrace& trace, int index, int weightAxis, std::int64_t count, int outputAxis) {
    const Labels labels = trace.makeAtoms(index, count);
    trace.parts.push_back({index, 1, weightAxis, Part::Role::Makes, labels});
    trace.set(trace.node(index).output(0), outputAxis, labels);
}

/// A bias as long as the output axis leaves with it; one number for all stays.
void makeBias(AxisTrace& trace, int index, const Labels& labels) {
    const ValueId bias = trace.node(index).input(2);
    if (bias == graph::kNoValue) return;
    const auto* dims = trace.dimsOf(bias);
    if (!dims) return trace.leaveAlone(labels, at(trace.node(index)) + " meets a bias of unknown shape");
    if (dims->empty() || trace.isExtent(bias, static_cast<int>(dims->size()) - 1, 1)) return;
    if (const std::string why = trace.whyKept(bias, true); !why.empty()) return trace.leaveAlone(labels, why);
    trace.parts.push_back({index, 2, static_cast<int>(dims->size()) - 1, Part::Role::Makes, labels});
}

/// Each output channel of a depthwise convolution belongs to one input channel; it keeps the axis.
void followDepthwise(AxisTrace& trace, int index, std::int64_t outputs, const Labels& labels) {
    const std::size_t each = static_cast<std::size_t>(outputs) / labels.size();
    Labels out(static_cast<std::size_t>(outputs));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = labels[i / each];
    trace.parts.push_back({index, 1, 0, Part::Role::Keeps, out});
    if (trace.node(index).input(2) != graph::kNoValue) {
        if (const std::string why = trace.whyKept(trace.node(index).inputs[2], true); !why.empty()) return trace.leaveAlone(labels, why);
        trace.parts.push_back({index, 2, 0, Part::Role::Keeps, out});
    }
    trace.counts.push_back({index, 0, "group", 0, labels, {}});
    trace.set(trace.node(index).output(0), 1, out);
}

/// Axes of the two operands of a product of activations that lie side by side: the same index of both, or of one that spreads.
void followSideBySide(AxisTrace& trace, int index, int axis, int rank) {
    const Node& node = trace.node(index);
    const ValueId a = node.inputs[0], b = node.inputs[1];
    const int ofA = axis - (rank - static_cast<int>(trace.dimsOf(a)->size()));
    const int ofB = axis - (rank - static_cast<int>(trace.dimsOf(b)->size()));
    const Labels* left = trace.labelsOf(a, ofA);
    const Labels* right = trace.labelsOf(b, ofB);
    if (!left && !right) return;
    const Labels& labels = left ? *left : *right;
    if (left && right) trace.join(*left, *right, at(node));
    else if (left ? ofB >= 0 && !trace.isExtent(b, ofB, 1) : ofA >= 0 && !trace.isExtent(a, ofA, 1))
        trace.leaveAlone(labels, at(node) + " meets values that stay");
    for (const int label : labels)
        if (label != kStays) trace.units.markHeads(label);
    trace.set(node.output(0), axis, labels);
}

/// A product of two activations.
void followTwoActivations(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const ValueId a = node.input(0), b = node.input(1);
    const auto *dimsA = trace.dimsOf(a), *dimsB = trace.dimsOf(b);
    if (!dimsA || !dimsB || dimsA->size() < 2 || dimsB->size() < 2)
        return trace.leaveInputsAlone(index, at(node) + " meets an unknown shape");
    const int rankA = static_cast<int>(dimsA->size()), rankB = static_cast<int>(dimsB->size());
    const int rank = std::max(rankA, rankB);
    const std::string summed = at(node) + " is summed over in a product of activations";
    if (const Labels* labels = trace.labelsOf(a, rankA - 1)) trace.leaveAlone(*labels, summed);
    if (const Labels* labels = trace.labelsOf(b, rankB - 2)) trace.leaveAlone(*labels, summed);
    if (const Labels* labels = trace.labelsOf(a, rankA - 2)) trace.set(node.output(0), rank - 2, *labels);
    if (const Labels* labels = trace.labelsOf(b, rankB - 1)) trace.set(node.output(0), rank - 1, *labels);
    for (int axis = 0; axis < rank - 2; ++axis) followSideBySide(trace, index, axis, rank);
}

}  // namespace

void followConvolution(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const ValueId x = node.input(0), weight = node.input(1);
    for (const auto& [axis, labels] : trace.axesOf(x))
        if (axis != 1) trace.leaveAlone(labels, at(node) + " is an axis that windows move along");
    if (weight == graph::kNoValue || !trace.axesOf(weight).empty())
        return trace.leaveInputsAlone(index, at(node) + " is the weight of a convolution");
    const Labels* labels = trace.labelsOf(x, 1);
    const std::string why = trace.whyKept(weight, false);
    if (!why.empty()) return trace.leaveInputsAlone(index, why);
    const Shape& shape = trace.graph.constantOf(weight)->shape();
    const std::int64_t groups = node.integer("group", 1);
    if (shape.rank() < 3) return trace.leaveInputsAlone(index, at(node) + " meets a weight of too low a rank");
    if (groups == 1) {
        if (labels) read(trace, index, 1, *labels);
        make(trace, index, 0, shape[0], 1);
        if (const Labels* made = trace.labelsOf(node.output(0), 1)) makeBias(trace, index, *made);
        return;
    }
    if (!labels) return;
    const auto extent = static_cast<std::int64_t>(labels->size());
    if (groups == extent && shape[1] == 1 && shape[0] % groups == 0) return followDepthwise(trace, index, shape[0], *labels);
    trace.leaveAlone(*labels, at(node) + " meets a convolution in groups of several channels");
}

void followMatMul(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const ValueId x = node.input(0), weight = node.input(1);
    if (x == graph::kNoValue || weight == graph::kNoValue) return trace.leaveInputsAlone(index, at(node) + " lacks an operand");
    if (!trace.graph.value(weight).isConstant()) return followTwoActivations(trace, index);
    const auto *dims = trace.dimsOf(x), *weightDims = trace.dimsOf(weight), *outDims = trace.dimsOf(node.output(0));
    if (!dims || dims->size() < 2 || !weightDims || weightDims->size() != 2 || !outDims)
        return trace.leaveInputsAlone(index, at(node) + " meets a weight that is no matrix, or a shape that is not known");
    if (const std::string why = trace.whyKept(weight, false); !why.empty()) return trace.leaveInputsAlone(index, why);
    const int last = static_cast<int>(dims->size()) - 1;
    for (const auto& [axis, labels] : trace.axesOf(x)) {
        if (axis == last) read(trace, index, 0, labels);
        else trace.set(node.output(0), axis, labels);
    }
    make(trace, index, 1, (*weightDims)[1].extent, last);
}

void followGemm(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const ValueId x = node.input(0), weight = node.input(1);
    if (x == graph::kNoValue || weight == graph::kNoValue || !trace.graph.value(weight).isConstant() || node.integer("transA", 0) != 0)
        return trace.leaveInputsAlone(index, at(node) + " meets no constant weight, or is transposed");
    if (const std::string why = trace.whyKept(weight, false); !why.empty()) return trace.leaveInputsAlone(index, why);
    const int outputs = node.integer("transB", 0) != 0 ? 0 : 1;
    for (const auto& [axis, labels] : trace.axesOf(x)) {
        if (axis == 1) read(trace, index, 1 - outputs, labels);
        else trace.leaveAlone(labels, at(node) + " is the axis of rows");
    }
    if (node.input(2) != graph::kNoValue)
        for (const auto& [axis, labels] : trace.axesOf(node.inputs[2])) trace.leaveAlone(labels, at(node) + " is a bias");
    make(trace, index, outputs, trace.graph.constantOf(weight)->shape()[outputs], 1);
    if (const Labels* made = trace.labelsOf(node.output(0), 1)) makeBias(trace, index, *made);
}

}  // namespace trimtab::compress
