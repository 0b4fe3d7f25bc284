#include "tests/fuzz/onnx_corpus.h"

#include <cstdlib>
#include <map>

#include "core/formats/onnx/reader.h"
#include "core/graph/cost.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "tests/support/model_builder.h"

namespace trimtab::fuzz {
namespace {

using support::Attr;
using support::ModelBuilder;

ModelBuilder plain() {
    return ModelBuilder()
        .producer("fuzz")
        .input("x", DataType::Float32, {"batch", 3, 8, 8})
        .constant("w", Tensor::fromFloats({2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}))
        .node("Conv", {"x", "w"}, {"h"}, {{"kernel_shape", {1, 1}}, {"pads", {0, 0, 0, 0}}, {"auto_pad", "NOTSET"}})
        .node("Relu", {"h"}, {"y"})
        .valueInfo("h", DataType::Float32, {"batch", 2, 8, 8})
        .output("y", DataType::Float32, {"batch", 2, ""});
}

ModelBuilder subgraphs() {
    const auto inner = ModelBuilder().node("Mul", {"h", "k"}, {"r"}).output("r");
    const auto then = ModelBuilder()
                          .constant("k", Tensor::scalar(2))
                          .node("If", {"c"}, {"t"}, {{"then_branch", inner}, {"else_branch", inner}})
                          .output("t");
    return ModelBuilder().input("x", DataType::Float32, {4}).input("c", DataType::Bool, {}).node("Relu", {"x"}, {"h"})
        .node("If", {"c"}, {"y"}, {{"then_branch", then}, {"else_branch", then}}).output("y");
}

ModelBuilder functions() {
    return ModelBuilder()
        .opset(1, "local")
        .input("x", DataType::Float32, {1})
        .function({"local",
                   "F",
                   {"a", "b"},
                   {"r"},
                   {"alpha"},
                   {{"Elu", {"a"}, {"t"}, {Attr::reference("alpha", "alpha")}}, {"G", {"t"}, {"r"}, {}, "g", "local"}}})
        .function({"local",
                   "G",
                   {"a"},
                   {"r"},
                   {},
                   {{"Constant", {}, {"c"}, {{"value_floats", std::vector<float>{1, 2}}}}, {"Mul", {"a", "c"}, {"r"}}}})
        .node("F", {"x"}, {"h"}, {{"alpha", 0.5f}}, "call", "local")
        .node("F", {"h", "x"}, {"y"}, {}, "", "local")
        .output("y");
}

ModelBuilder constants() {
    ModelBuilder builder;
    builder.typedConstant("f", Tensor::fromFloats({2}, {1, 2}))
        .typedConstant("i", Tensor::fromInt64s({2}, {1, 2}))
        .typedConstant("b", Tensor::fromValues<std::uint8_t>(DataType::Bool, {2}, {0, 1}))
        .typedConstant("h", Tensor::fromValues<std::uint16_t>(DataType::Float16, {2}, {1, 2}))
        .externalConstant("e", DataType::Float32, {4}, "data", 16, 16)
        .constant("large", Tensor::fromFloats({400}, std::vector<float>(400, 1.0f)))
        .node("Constant", {}, {"c"}, {{"value", Tensor::fromInt64s({1}, {3})}})
        .node("Concat", {"f", "i", "b", "h", "e", "large", "c"}, {"y"}, {{"axis", 0}})
        .output("y");
    return builder;
}

ModelBuilder shapeArithmetic() {
    return ModelBuilder()
        .opset(17)
        .input("x", DataType::Float32, {"batch", "length", 8})
        .constant("two", Tensor::fromInt64s({1}, {2}))
        .constant("minus", Tensor::fromInt64s({1}, {-1}))
        .constant("zero", Tensor::fromInt64s({}, {0}))
        .constant("axes", Tensor::fromInt64s({1}, {0}))
        .constant("w", Tensor::fromFloats({8, 8}, std::vector<float>(64, 0.5f)))
        .node("Shape", {"x"}, {"s"})
        .node("Gather", {"s", "zero"}, {"b"}, {{"axis", 0}})
        .node("Unsqueeze", {"b", "axes"}, {"b1"})
        .node("Concat", {"b1", "minus", "two", "two", "two"}, {"t"}, {{"axis", 0}})
        .node("Reshape", {"x", "t"}, {"r"})
        .node("Transpose", {"r"}, {"p"}, {{"perm", {0, 2, 1, 3, 4}}})
        .node("Slice", {"p", "axes", "two", "axes"}, {"c"})
        .node("ReduceMean", {"c"}, {"m"}, {{"axes", {3, 4}}, {"keepdims", 0}})
        .node("MatMul", {"x", "w"}, {"h"})
        .node("Softmax", {"h"}, {"y"}, {{"axis", -1}})
        .output("y")
        .output("m");
}

ModelBuilder loops() {
    const auto body = ModelBuilder()
                          .input("i", DataType::Int64, {})
                          .input("go", DataType::Bool, {})
                          .input("v", DataType::Float32, {"n"})
                          .node("Identity", {"go"}, {"on"})
                          .node("Concat", {"v", "x"}, {"w"}, {{"axis", 0}})
                          .output("on", DataType::Bool)
                          .output("w")
                          .output("x");
    const auto slices = ModelBuilder()
                            .input("state", DataType::Float32, {4})
                            .input("slice", DataType::Float32, {4})
                            .node("Add", {"state", "slice"}, {"next"})
                            .output("next")
                            .output("slice");
    return ModelBuilder()
        .opset(16)
        .input("x", DataType::Float32, {4})
        .input("n", DataType::Int64, {})
        .node("Loop", {"n", "", "x"}, {"grown", "all"}, {{"body", body}})
        .node("Scan", {"x", "all"}, {"last", "seen"}, {{"body", slices}, {"num_scan_inputs", 1}})
        .node("SplitToSequence", {"seen"}, {"parts"}, {{"axis", 0}})
        .node("ConcatFromSequence", {"parts"}, {"y"}, {{"axis", 0}})
        .output("y")
        .output("last")
        .output("grown");
}

ModelBuilder convolutions() {
    return ModelBuilder()
        .opset(17)
        .input("x", DataType::Float32, {1, 4, 16, 16})
        .constant("w", Tensor::fromFloats({4, 2, 3, 3}, std::vector<float>(72, 0.1f)))
        .constant("s", Tensor::fromFloats({4}, {1, 2, 3, 4}))
        .constant("up", Tensor::fromFloats({4}, {1, 1, 2, 2}))
        .constant("scale", Tensor::scalar(0.5f))
        .node("Conv", {"x", "w"}, {"c"}, {{"group", 2}, {"auto_pad", "SAME_UPPER"}, {"strides", {2, 2}}, {"dilations", {1, 1}}})
        .node("BatchNormalization", {"c", "s", "s", "s", "s"}, {"b"}, {{"epsilon", 1e-5f}})
        .node("Relu", {"b"}, {"r"})
        .node("MaxPool", {"r"}, {"p"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}, {"ceil_mode", 1}})
        .node("Resize", {"p", "", "up"}, {"u"}, {{"mode", "linear"}})
        .node("ConvTranspose", {"u", "w"}, {"t"}, {{"group", 2}, {"output_padding", {1, 1}}, {"strides", {2, 2}}})
        .node("QuantizeLinear", {"t", "scale"}, {"q"})
        .node("DequantizeLinear", {"q", "scale"}, {"d"})
        .node("GlobalAveragePool", {"d"}, {"g"})
        .node("Flatten", {"g"}, {"y"})
        .output("y");
}

/// Every refusal gives a reason that can be shown.
void requireReason(const Error& error) {
    if (error.message.empty() || error.message.size() > 10'000) std::abort();
}

/// Walks the graph as its users do; what is inconsistent aborts or is caught by the sanitizers.
double touch(const Graph& graph, int depth) {
    double sum = 0;
    if (!graph.validate() || depth > 40) return -1;
    for (const graph::Value& value : graph.values)
        if (value.constant && tensor::bitWidth(value.constant->type()) <= 64)
            for (std::int64_t i = 0; i < value.constant->elementCount(); i += 17)
                if (value.constant->type() != DataType::Complex64) sum += tensor::elementAsDouble(*value.constant, i);
    for (const graph::Node& node : graph.nodes)
        for (const auto& [key, attribute] : node.attributes)
            if (const auto* inner = std::get_if<std::shared_ptr<const Graph>>(&attribute)) sum += touch(**inner, depth + 1);
    return sum;
}

/// For the passes that would compute: nothing is computed here.
class NoKernels final : public graph::NodeEvaluator {
public:
    Result<std::vector<Tensor>> evaluate(const graph::Node& node, std::span<const Tensor>) override {
        return fail(ErrorCode::Unsupported, "nothing is computed", node.name);
    }
};

double costs(const Graph& graph) {
    double sum = 0;
    for (const graph::Node& node : graph.nodes)
        if (const auto cost = graph::costOf(graph, node)) sum += cost->operations + static_cast<double>(cost->activationBytes);
    return sum;
}

/// What follows the reading: shapes, as declared and with every open extent bound to 2; costs; the passes. Each refuses with a reason or
/// leaves a sound graph.
void follow(const Graph& read) {
    Graph graph = read;
    if (const Status inferred = graph::inferShapes(graph); !inferred) return requireReason(inferred.error());
    volatile double sum = costs(graph);
    std::map<std::string, Shape> shapes;
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        if (!input.type.dims) continue;
        std::vector<std::int64_t> dims;
        for (const graph::Dim& dim : *input.type.dims) dims.push_back(dim.isKnown() ? dim.extent : 2);
        shapes[input.name] = Shape(std::move(dims));
    }
    Graph bound = graph;
    if (const Status done = graph::bindInputShapes(bound, shapes); !done) requireReason(done.error());
    else sum = sum + costs(bound);
    NoKernels kernels;
    if (const Status done = graph::simplify(graph, kernels); !done) return requireReason(done.error());
    if (!graph.validate()) std::abort();
    if (const Status done = graph::fuse(graph); !done) return requireReason(done.error());
    if (!graph.validate()) std::abort();
}

}  // namespace

std::vector<std::string> onnxCorpus() {
    std::vector<std::string> corpus;
    for (const ModelBuilder& model : {plain(), subgraphs(), functions(), constants(), shapeArithmetic(), loops(), convolutions()})
        corpus.push_back(model.bytes());
    return corpus;
}

bool readEverything(const std::string& bytes, const std::string& folder) {
    const auto span = std::as_bytes(std::span(bytes));
    const auto strict = formats::onnx::readBytes(span, nullptr, folder);
    if (strict) {
        volatile double sum = touch(strict->graph, 0);
        (void)sum;
        if (!strict->graph.validate()) std::abort();  // what is accepted without a problem must be sound
        follow(strict->graph);
    } else {
        requireReason(strict.error());
    }
    const auto shown = formats::onnx::readBytes(span, nullptr, folder, {.readWeights = false, .tolerant = true});
    if (strict && !shown) std::abort();
    if (shown) (void)touch(shown->graph, 0);
    return strict.has_value();
}

}  // namespace trimtab::fuzz
