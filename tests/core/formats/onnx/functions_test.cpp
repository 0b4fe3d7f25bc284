#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/formats/onnx/reader.h"
#include "tests/support/model_builder.h"

namespace trimtab::formats::onnx {
namespace {

using support::Attr;
using support::FunctionSpec;
using support::ModelBuilder;
using support::NodeSpec;
using testing::ElementsAre;
using testing::HasSubstr;

Result<ReadResult> readModel(const ModelBuilder& builder) {
    const std::string bytes = builder.bytes();
    return readBytes(std::as_bytes(std::span(bytes)), nullptr, ".");
}

Graph graphOf(const ModelBuilder& builder) {
    auto result = readModel(builder);
    EXPECT_TRUE(result) << result.error().text();
    EXPECT_TRUE(result->graph.validate());
    return std::move(result->graph);
}

std::string refusal(const ModelBuilder& builder) {
    const auto result = readModel(builder);
    EXPECT_FALSE(result);
    return result ? "" : result.error().text();
}

ModelBuilder calling(const std::vector<FunctionSpec>& functions, const std::vector<std::string>& inputs = {"x"},
                     const std::vector<Attr>& attributes = {}) {
    ModelBuilder builder;
    builder.opset(1, "local")
        .input("x", DataType::Float32, {1})
        .node(functions.at(0).name, inputs, {"y"}, attributes, "call", "local")
        .output("y");
    for (const FunctionSpec& function : functions) builder.function(function);
    return builder;
}

TEST(OnnxFunctions, AreInlinedWithTheirNamesBehindTheCalls) {
    const Graph graph =
        graphOf(calling({{"local", "F", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"t"}, {}, "inner"}, {"Mul", {"t", "a"}, {"b"}}}, 15}}));
    ASSERT_EQ(graph.nodes.size(), 2u);
    EXPECT_EQ(graph.nodes[0].name, "call/inner");
    EXPECT_THAT(graph.nodes[0].origins, ElementsAre("call/inner"));
    EXPECT_EQ(graph.nodes[0].version, 15) << "the body's own operator set counts";
    EXPECT_EQ(graph.nodes[0].input(0), graph.inputs[0]);
    EXPECT_EQ(graph.value(graph.nodes[0].output(0)).name, "call/t");
    EXPECT_EQ(graph.nodes[1].output(0), graph.outputs[0]);
    EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
}

TEST(OnnxFunctions, PassAttributesThroughReferences) {
    const FunctionSpec inner{"local",
                             "G",
                             {"a"},
                             {"b"},
                             {"slope", "missing"},
                             {{"Elu", {"a"}, {"b"}, {Attr::reference("alpha", "slope"), Attr::reference("other", "missing")}}}};
    const FunctionSpec outer{"local", "F",       {"a"},
                             {"b"},   {"alpha"}, {{"G", {"a"}, {"b"}, {Attr::reference("slope", "alpha")}, "g", "local"}}};
    const Graph graph = graphOf(calling({outer, inner}, {"x"}, {{"alpha", 0.25f}}));
    ASSERT_EQ(graph.nodes.size(), 1u);
    EXPECT_EQ(graph.nodes[0].number("alpha", 0), 0.25f);
    EXPECT_FALSE(graph.nodes[0].has("other"));
    EXPECT_EQ(graph.nodes[0].name, "call/g/Elu_b");
}

TEST(OnnxFunctions, MayPassInputsThroughLeaveThemOutAndHoldConstants) {
    const FunctionSpec function{"local", "F", {"a", "unused"}, {"a"}, {}, {{"Constant", {}, {"c"}, {{"value_float", 2.0f}}}}};
    const Graph graph = graphOf(calling({function}));
    ASSERT_EQ(graph.nodes.size(), 1u);
    EXPECT_EQ(graph.nodes[0].op, "Identity");
    EXPECT_EQ(graph.nodes[0].input(0), graph.inputs[0]);

    const Graph optional = graphOf(calling({{"local", "F", {"a", "b"}, {"c"}, {}, {{"Clip", {"a", "b"}, {"c"}}}}}));
    EXPECT_EQ(optional.nodes[0].input(1), graph::kNoValue);

    const Graph constant = graphOf(calling({{"local", "F", {"a"}, {"b"}, {}, {{"Constant", {}, {"b"}, {{"value_int", 3}}}}}}));
    EXPECT_TRUE(constant.nodes.empty());
    EXPECT_TRUE(constant.constantOf(constant.outputs[0]));
}

TEST(OnnxFunctions, KeepTwoCallsApartAlsoInTheirSubgraphs) {
    const auto branch = ModelBuilder().node("Neg", {"t"}, {"r"}).output("r");
    const FunctionSpec function{"local", "F", {"c", "a"}, {"b"}, {},
                                {{"Abs", {"a"}, {"t"}}, {"If", {"c"}, {"b"}, {{"then_branch", branch}, {"else_branch", branch}}}}};
    const Graph graph = graphOf(ModelBuilder()
                                    .opset(1, "local")
                                    .function(function)
                                    .input("c", DataType::Bool, {})
                                    .input("x", DataType::Float32, {1})
                                    .node("F", {"c", "x"}, {"h"}, {}, "one", "local")
                                    .node("F", {"c", "h"}, {"y"}, {}, "two", "local")
                                    .output("y"));
    ASSERT_EQ(graph.nodes.size(), 4u);
    const auto branchOf = [&](std::size_t node) {
        return std::get<std::shared_ptr<const Graph>>(graph.nodes[node].attributes.at("then_branch"));
    };
    EXPECT_THAT(branchOf(1)->outerNames, ElementsAre("one/t"));
    EXPECT_THAT(branchOf(3)->outerNames, ElementsAre("two/t"));
}

TEST(OnnxFunctions, ThatCallThemselvesAreRefused) {
    EXPECT_THAT(refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"F", {"a"}, {"b"}, {}, "", "local"}}}})), HasSubstr("calls itself"));
    EXPECT_THAT(refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"G", {"a"}, {"b"}, {}, "", "local"}}},
                                 {"local", "G", {"a"}, {"b"}, {}, {{"F", {"a"}, {"b"}, {}, "", "local"}}}})), HasSubstr("calls itself"));
    const auto hidden = ModelBuilder().node("F", {"a"}, {"r"}, {}, "", "local").output("r");
    EXPECT_THAT(
        refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"If", {"a"}, {"b"}, {{"then_branch", hidden}, {"else_branch", hidden}}}}}})),
        HasSubstr("calls itself"));
}

TEST(OnnxFunctions, ThatExpandWithoutEndAreRefused) {
    std::vector<FunctionSpec> doubling;
    for (int level = 0; level < 40; ++level) {
        const std::string next = "F" + std::to_string(level + 1);
        doubling.push_back({"local",
                            "F" + std::to_string(level),
                            {"a"},
                            {"b"},
                            {},
                            {{next, {"a"}, {"t"}, {}, "", "local"}, {next, {"t"}, {"b"}, {}, "", "local"}}});
    }
    doubling.push_back({"local", "F40", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"b"}}}});
    EXPECT_THAT(refusal(calling(doubling)), HasSubstr("1000000 nodes"));

    std::vector<FunctionSpec> chain;
    for (int level = 0; level < 100; ++level)
        chain.push_back(
            {"local", "F" + std::to_string(level), {"a"}, {"b"}, {}, {{"F" + std::to_string(level + 1), {"a"}, {"b"}, {}, "", "local"}}});
    chain.push_back({"local", "F100", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"b"}}}});
    EXPECT_THAT(refusal(calling(chain)), HasSubstr("chain of more than 64"));
    ModelBuilder middleFirst;  // the end of the chain is known to be short enough before the whole chain is met
    middleFirst.opset(1, "local")
        .input("x", DataType::Float32, {1})
        .node("F50", {"x"}, {"h"}, {}, "", "local")
        .node("F0", {"h"}, {"y"}, {}, "", "local")
        .output("y");
    for (const FunctionSpec& function : chain) middleFirst.function(function);
    EXPECT_THAT(refusal(middleFirst), HasSubstr("chain of more than 64"));
}

TEST(OnnxFunctions, WithWrongSignaturesAreRefused) {
    const FunctionSpec function{"local", "F", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"b"}}}};
    EXPECT_THAT(refusal(calling({function}, {"x", "x"})), HasSubstr("passes 2 inputs"));
    EXPECT_THAT(refusal(calling({function, function})), HasSubstr("twice"));
    EXPECT_THAT(refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"c"}}}}})), HasSubstr("never makes its output 'b'"));
    EXPECT_THAT(refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"Neg", {"x"}, {"b"}}}}})), HasSubstr("'x'"))
        << "a body does not see the caller's names";
    EXPECT_THAT(refusal(calling({{"local", "F", {"a"}, {"b"}, {}, {{"Neg", {"a"}, {"b"}}, {"Neg", {"a"}, {"b"}}}}})),
                HasSubstr("defined twice"));
}

}  // namespace
}  // namespace trimtab::formats::onnx
