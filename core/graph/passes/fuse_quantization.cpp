// DequantizeLinear → operator → QuantizeLinear becomes one operator on codes. What cannot be, stays as the file has it: floats between the
// pairs.
#include <algorithm>
#include <array>

#include "core/graph/passes/affine.h"
#include "core/graph/passes/lookup.h"
#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"

namespace trimtab::graph {

namespace {

/// A value that a DequantizeLinear makes.
struct Source {
    int node = -1;
    ValueId codes = kNoValue;
    Affine affine;
};

std::optional<Source> sourceOf(const Rewriter& rewriter, ValueId value) {
    const int maker = rewriter.producer(value);
    if (maker < 0 || !rewriter.usable(maker)) return std::nullopt;
    const auto affine = dequantizerOf(rewriter.graph, rewriter.node(maker));
    if (!affine) return std::nullopt;
    return Source{maker, rewriter.node(maker).inputs[0], *affine};
}

/// The quantiser that alone reads the value.
struct Sink {
    int node = -1;
    Affine affine;
};

std::optional<Sink> sinkOf(const Rewriter& rewriter, ValueId value) {
    const int reader = rewriter.onlyReader(value);
    if (reader < 0 || rewriter.node(reader).input(0) != value) return std::nullopt;
    const auto affine = quantizerOf(rewriter.graph, rewriter.node(reader));
    if (!affine) return std::nullopt;
    return Sink{reader, *affine};
}

void write(Node& node, const std::string& side, const Affine& affine) {
    node.attributes[side + "_scale"] = affine.scale;
    node.attributes[side + "_zero"] = affine.zero;
}

constexpr std::int64_t kUInt8 = 2, kInt8 = 3;  // of ONNX's TensorProto.DataType

void writeResult(Node& node, const Affine& affine) {
    write(node, "y", affine);
    node.attributes["output_dtype"] = affine.type == DataType::UInt8 ? kUInt8 : kInt8;
}

/// The DequantizeLinear goes with the node where nobody else reads it.
void absorbSource(const Rewriter& rewriter, const Source& source, int reader, std::vector<int>& absorbed) {
    if (rewriter.readOnlyBy(rewriter.node(source.node).outputs[0], {reader}) && std::ranges::find(absorbed, source.node) == absorbed.end())
        absorbed.push_back(source.node);
}

/// Symmetric 8-bit codes with one scale for each output.
bool isIntegerWeight(const Graph& graph, ValueId weight) {
    if (weight == kNoValue || !graph.value(weight).quantized) return false;
    const tensor::QuantizedWeight& codes = *graph.value(weight).quantized;
    return codes.format == tensor::CodeFormat::Integer && codes.bits == 8 && codes.symmetric && codes.group == codes.columns;
}

void fuseProduct(Rewriter& rewriter, int index, const char* op) {
    const Node& product = rewriter.node(index);
    if (product.treatment != Treatment{} || !isIntegerWeight(rewriter.graph, product.input(1))) return;
    const auto source = sourceOf(rewriter, product.inputs[0]);
    if (!source || product.input(3) == product.inputs[0]) return;
    Node fused = fusedNode(rewriter.graph, product, op);
    fused.attributes = product.attributes;
    fused.inputs = product.inputs;
    fused.inputs[0] = source->codes;
    fused.outputs = {product.outputs[0]};
    write(fused, "x", source->affine);
    int slot = index;
    std::vector<int> absorbed;
    absorbSource(rewriter, *source, index, absorbed);
    // A residual is added to floats, which stay floats.
    if (const auto sink = sinkOf(rewriter, product.outputs[0]); sink && product.input(3) == kNoValue) {
        writeResult(fused, sink->affine);
        fused.outputs = {rewriter.node(sink->node).outputs[0]};
        absorbed.push_back(index);
        slot = sink->node;
    }
    rewriter.replace(slot, std::move(fused), absorbed);
}

/// Add or Mul of two values that were codes, a Relu behind it or not, then codes again.
void fuseBinary(Rewriter& rewriter, int index) {
    const Node& node = rewriter.node(index);
    if (node.inputs.size() != 2) return;
    const auto a = sourceOf(rewriter, node.inputs[0]), b = sourceOf(rewriter, node.inputs[1]);
    if (!a || !b) return;
    std::vector<int> absorbed{index};
    Node fused = fusedNode(rewriter.graph, node, "Quantized" + node.op);
    ValueId result = node.outputs[0];
    if (const int next = rewriter.onlyReader(result); next >= 0 && rewriter.node(next).is("Relu")) {
        fused.attributes["activation"] = std::string("Relu");
        absorbed.push_back(next);
        result = rewriter.node(next).outputs[0];
    }
    const auto sink = sinkOf(rewriter, result);
    if (!sink) return;
    absorbSource(rewriter, *a, index, absorbed);
    absorbSource(rewriter, *b, index, absorbed);
    fused.inputs = {a->codes, b->codes};
    fused.outputs = {rewriter.node(sink->node).outputs[0]};
    write(fused, "a", a->affine);
    write(fused, "b", b->affine);
    writeResult(fused, sink->affine);
    rewriter.replace(sink->node, std::move(fused), absorbed);
}

/// Operators that hand elements on, or the greatest of some: they do the same to codes of one scale.
bool passesOn(const Node& node) {
    static constexpr std::array<std::string_view, 10> kOperators = {"Reshape", "Flatten",   "Squeeze", "Unsqueeze", "Transpose",
                                                                    "Slice",   "Identity", "Concat",  "MaxPool",   "Expand"};
    if (node.is("Resize"))
        return node.string("mode", "nearest") == "nearest" && node.string("coordinate_transformation_mode", "") != "tf_crop_and_resize";
    return node.domain.empty() && std::ranges::find(kOperators, node.op) != kOperators.end() && node.output(1) == kNoValue;
}

/// Codes on another scale: a table at the place of the DequantizeLinear. REQUIRES: one reader.
ValueId requantized(Rewriter& rewriter, const Source& source, Tensor table) {
    const Node& old = rewriter.node(source.node);
    Graph& graph = rewriter.graph;
    Value codes;
    codes.name = graph.uniqueValueName(graph.value(old.outputs[0]).name + "_codes");
    codes.type = graph.value(old.outputs[0]).type;
    codes.type.type = table.type();
    Node lookup = fusedNode(graph, old, "Lookup");
    const ValueId made = graph.addValue(std::move(codes));
    lookup.inputs = {source.codes, graph.addConstant(lookup.name + "_table", std::move(table))};
    lookup.outputs = {made};
    rewriter.replace(source.node, std::move(lookup), {});
    return made;
}

void passCodesOn(Rewriter& rewriter, int index, NodeEvaluator& evaluator) {
    const auto sink = sinkOf(rewriter, rewriter.node(index).outputs[0]);
    if (!sink) return;
    Node moved = rewriter.node(index);
    const std::size_t parts = moved.op == "Concat" ? moved.inputs.size() : 1;
    std::vector<Source> sources;
    std::vector<std::optional<Tensor>> tables(parts);  // where the scales differ
    for (std::size_t i = 0; i < parts; ++i) {
        const auto source = sourceOf(rewriter, moved.inputs[i]);
        if (!source) return;
        const bool fits = source->affine == sink->affine;
        if (!fits && (std::ranges::count(moved.inputs, moved.inputs[i]) != 1 ||
                      !rewriter.readOnlyBy(rewriter.node(source->node).outputs[0], {index})))
            return;
        if (!fits) {
            tables[i] = requantizationTable(rewriter.graph, evaluator, rewriter.node(source->node), rewriter.node(sink->node));
            if (!tables[i]) return;
        }
        sources.push_back(*source);
    }
    std::vector<int> absorbed{index};
    for (std::size_t i = 0; i < parts; ++i) {
        if (!tables[i]) {
            moved.inputs[i] = sources[i].codes;
            absorbSource(rewriter, sources[i], index, absorbed);
        } else {
            moved.inputs[i] = requantized(rewriter, sources[i], std::move(*tables[i]));
        }
    }
    moved.outputs = {rewriter.node(sink->node).outputs[0]};
    rewriter.replace(sink->node, std::move(moved), absorbed);
}

}  // namespace

Status fuseQuantization(Graph& graph, NodeEvaluator& evaluator) {
    TRIMTAB_REQUIRE(inferShapes(graph));
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i)) continue;
        const Node& node = rewriter.node(i);
        if (node.is("FusedConv", "trimtab")) fuseProduct(rewriter, i, "QuantizedConv");
        else if (node.is("FusedMatMul", "trimtab")) fuseProduct(rewriter, i, "QuantizedMatMul");
        else if (node.is("Add") || node.is("Mul")) fuseBinary(rewriter, i);
        else if (passesOn(node)) passCodesOn(rewriter, i, evaluator);
        else if (quantizerOf(graph, node)) fuseLookup(rewriter, i, evaluator);
    }
    joinLookups(rewriter, evaluator);
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
