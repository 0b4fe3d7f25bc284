#include "tests/fuzz/onnx_corpus.h"

#include <cstdlib>

#include "core/formats/onnx/reader.h"
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

}  // namespace

std::vector<std::string> onnxCorpus() { return {plain().bytes(), subgraphs().bytes(), functions().bytes(), constants().bytes()}; }

bool readEverything(const std::string& bytes, const std::string& folder) {
    const auto span = std::as_bytes(std::span(bytes));
    const auto strict = formats::onnx::readBytes(span, nullptr, folder);
    if (strict) {
        volatile double sum = touch(strict->graph, 0);
        (void)sum;
        if (!strict->graph.validate()) std::abort();  // what is accepted without a problem must be sound
    } else if (strict.error().message.empty() || strict.error().message.size() > 10'000) {
        std::abort();  // every refusal gives a reason that can be shown
    }
    const auto shown = formats::onnx::readBytes(span, nullptr, folder, {.readWeights = false, .tolerant = true});
    if (strict && !shown) std::abort();
    if (shown) (void)touch(shown->graph, 0);
    return strict.has_value();
}

}  // namespace trimtab::fuzz
