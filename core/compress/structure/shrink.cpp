#include "core/compress/structure/shrink.h"

#include <algorithm>

#include "core/compress/structure/own_constant.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

bool goes(const std::vector<bool>& leaves, int unit) { return unit != kStays && leaves[static_cast<std::size_t>(unit)]; }

bool anyGoes(const std::vector<bool>& leaves, const Labels& labels) {
    return std::ranges::any_of(labels, [&](int unit) { return goes(leaves, unit); });
}

std::int64_t staying(const std::vector<bool>& leaves, const Labels& labels) {
    return std::ranges::count_if(labels, [&](int unit) { return !goes(leaves, unit); });
}

/// The tensor as outer × labelled axis × inner bytes; handles each index of the axis in turn.
template <class Use>
void forEachIndex(const Tensor& tensor, int axis, const Use& use) {
    std::int64_t outer = 1;
    for (int d = 0; d < axis; ++d) outer *= tensor.shape()[d];
    const std::int64_t extent = tensor.shape()[axis];
    const std::size_t inner = tensor.bytes().size() / static_cast<std::size_t>(outer * extent);
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < extent; ++i) use(static_cast<std::size_t>(o * extent + i) * inner, inner, static_cast<std::size_t>(i));
}

Result<Tensor> without(const Tensor& tensor, const Part& part, const std::vector<bool>& leaves) {
    std::vector<std::int64_t> dims(tensor.shape().dims().begin(), tensor.shape().dims().end());
    dims[static_cast<std::size_t>(part.axis)] = staying(leaves, part.labels);
    TRIMTAB_TRY(Tensor made, Tensor::allocate(tensor.type(), Shape(dims)));
    auto to = made.mutableBytes().begin();
    forEachIndex(tensor, part.axis, [&](std::size_t offset, std::size_t size, std::size_t index) {
        if (!goes(leaves, part.labels[index])) to = std::ranges::copy(tensor.bytes().subspan(offset, size), to).out;
    });
    return made;
}

Result<Tensor> zeroed(const Tensor& tensor, const Part& part, const std::vector<bool>& leaves) {
    TRIMTAB_TRY(Tensor made, tensor.clone());
    const auto bytes = made.mutableBytes();
    forEachIndex(tensor, part.axis, [&](std::size_t offset, std::size_t size, std::size_t index) {
        if (goes(leaves, part.labels[index])) std::ranges::fill(bytes.subspan(offset, size), std::byte{0});
    });
    return made;
}

void setAttribute(Node& node, const Count& count, std::int64_t number) {
    if (count.attribute != "split") {
        node.attributes[count.attribute] = number;
        return;
    }
    std::vector<std::int64_t> list = node.integers(count.attribute, count.instead);
    list[count.element] = number;
    node.attributes[count.attribute] = std::move(list);
}

void setCount(Graph& graph, const Count& count, std::int64_t number) {
    Node& node = graph.nodes[static_cast<std::size_t>(count.node)];
    node.attributes.erase("num_outputs");  // of a Split, which its sizes replace
    if (!count.attribute.empty()) return setAttribute(node, count, number);
    const Tensor* constant = graph.constantOf(node.input(count.input));
    std::vector<std::int64_t> list = constant ? tensor::toInt64s(*constant) : count.instead;
    list[count.element] = number;
    const Shape shape{static_cast<std::int64_t>(list.size())};
    const DataType type = constant ? constant->type() : DataType::Int64;
    Tensor made = *tensor::convert(Tensor::fromInt64s(shape, list), type);
    if (node.input(count.input) != graph::kNoValue) return replaceConstant(graph, count.node, count.input, std::move(made));
    node.inputs.resize(std::max(node.inputs.size(), count.input + 1), graph::kNoValue);
    const ValueId id = graph.addConstant(node.name + "_sizes", std::move(made));
    graph.nodes[static_cast<std::size_t>(count.node)].inputs[count.input] = id;
}

}  // namespace

Result<Graph> shrunk(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves) {
    Graph made = graph;
    for (const Part& part : found.parts) {
        if (!anyGoes(leaves, part.labels)) continue;
        const ValueId id = made.nodes[static_cast<std::size_t>(part.node)].inputs[part.input];
        TRIMTAB_TRY(Tensor smaller, without(*made.constantOf(id), part, leaves));
        replaceConstant(made, part.node, part.input, std::move(smaller));
    }
    for (const Count& count : found.counts)
        if (anyGoes(leaves, count.labels)) setCount(made, count, staying(leaves, count.labels));
    for (const TracedAxis& axis : found.axes)
        (*made.value(axis.value).type.dims)[static_cast<std::size_t>(axis.axis)] = graph::Dim::known(staying(leaves, axis.labels));
    TRIMTAB_REQUIRE(graph::inferShapes(made));
    made.removeDeadNodes();
    TRIMTAB_REQUIRE(made.validate());
    return made;
}

Result<Graph> masked(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves) {
    Graph made = graph;
    for (const Part& part : found.parts) {
        if (part.role == Part::Role::Keeps || !anyGoes(leaves, part.labels)) continue;
        const ValueId id = made.nodes[static_cast<std::size_t>(part.node)].inputs[part.input];
        TRIMTAB_TRY(Tensor masked, zeroed(*made.constantOf(id), part, leaves));
        replaceConstant(made, part.node, part.input, std::move(masked));
    }
    return made;
}

}  // namespace trimtab::compress
