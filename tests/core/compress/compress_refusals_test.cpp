// What compression refuses, naming the rule or the layer that is wrong.
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/tensor/convert.h"
#include "tests/core/compress/model.h"

namespace trimtab::compress {
namespace {

using testing::HasSubstr;

std::string refusal(const Graph& graph, const char* recipe) {
    const auto compressed = compress(graph, recipeOf(recipe));
    if (compressed) return "accepted";
    EXPECT_EQ(compressed.error().code, ErrorCode::Refused);
    return compressed.error().text();
}

TEST(Compress, RefusesWhatCanNeverApply) {
    const Model model = smallModel();
    EXPECT_THAT(refusal(model.graph, R"({"rules": [{"match": {"op": "Gemm"}, "compute": "bf16"}]})"),
                testing::AllOf(HasSubstr("rules[0] matches no node"), HasSubstr("Gemm")));
    EXPECT_THAT(refusal(model.graph, R"({"rules": [{"match": {"op": "Relu"}, "weights": {"bits": 4}}]})"),
                HasSubstr("rules[0].weights can never apply"));
    EXPECT_THAT(refusal(model.graph, R"({"rules": [{"match": {"op": "Relu"}, "compute": "bf16"}]})"),
                HasSubstr("rules[0].compute can never apply"));
    EXPECT_THAT(refusal(model.graph, R"({"rules": [{"match": {"name": "/scores"}, "prune": {"ratio": 0.5}}]})"),
                HasSubstr("rules[0].prune can never apply"));
    Model bare;
    bare.node("relu", "Relu", {bare.input});
    EXPECT_THAT(refusal(bare.graph, R"({"weights": {"bits": 4}})"), HasSubstr("weights can never apply"));
    EXPECT_THAT(refusal(bare.graph, R"({"compute": "bf16"})"), HasSubstr("compute can never apply"));
    EXPECT_TRUE(compress(bare.graph, {}));
}

TEST(Compress, NamesTheLayerWithNaN) {
    Model model = smallModel();
    model.graph.value(nodeOf(model.graph, "/head/fc").input(1)).constant = Tensor::fromFloats({2, 2}, {1, NAN, 2, 3});
    EXPECT_THAT(refusal(model.graph, "{}"), testing::AllOf(HasSubstr("/head/fc"), HasSubstr("NaN")));
    for (const DataType type : {DataType::Float16, DataType::BFloat16, DataType::Float64}) {
        Model other;
        other.node("layer", "Add", {other.input, other.weight("w", *tensor::convert(Tensor::fromFloats({2}, {1, -NAN}), type))});
        ASSERT_FALSE(checkForNaN(other.graph)) << tensor::name(type);
        EXPECT_EQ(checkForNaN(other.graph).error().context, "layer layer");
    }
}

TEST(Compress, NamesTheLayerWhoseScalesAreNaN) {
    Model model = smallModel();
    graph::Value& value = model.graph.value(nodeOf(model.graph, "/head/fc").input(1));
    tensor::QuantizedWeight codes;
    codes.originalShape = Shape{2, 2};
    codes.layout = tensor::WeightLayout::OutputsLast;
    codes.rows = codes.columns = codes.group = 2;
    codes.codes = {1, 2, 3, 4};
    codes.scales = {1, NAN};
    value.constant.reset();
    value.quantized = std::make_shared<const tensor::QuantizedWeight>(codes);
    ASSERT_FALSE(checkForNaN(model.graph));
    EXPECT_EQ(checkForNaN(model.graph).error().context, "layer /head/fc");
    codes.scales = {1, 2};
    value.quantized = std::make_shared<const tensor::QuantizedWeight>(codes);
    EXPECT_TRUE(checkForNaN(model.graph));
}

TEST(Compress, InfinitiesAreOrdinaryUntilIntegersMustHoldThem) {
    Model model;
    model.node("mask", "Add", {model.input, model.weight("m", Tensor::fromFloats({2}, {0, -INFINITY}))});
    model.node("fc", "MatMul", {model.input, model.weight("w", Tensor::fromFloats({2, 2}, {1, INFINITY, 2, 3}))});
    EXPECT_TRUE(checkForNaN(model.graph));
    EXPECT_TRUE(compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5}})")));
    EXPECT_TRUE(compress(model.graph, recipeOf(R"({"weights": {"bits": 16}})")));
    EXPECT_THAT(refusal(model.graph, R"({"weights": {"bits": 8}})"), testing::AllOf(HasSubstr("layer fc"), HasSubstr("infinit")));
}

TEST(Compress, WeightsBeyondHalfPrecisionAreRefusedByLayer) {
    Model model;
    model.node("fc", "MatMul", {model.input, model.weight("w", Tensor::fromFloats({1, 1}, {1e5F}))});
    EXPECT_THAT(refusal(model.graph, R"({"weights": {"bits": 16, "format": "fp16"}})"),
                testing::AllOf(HasSubstr("layer fc"), HasSubstr("bf16")));
}

TEST(Compress, WeightsThatWereNotReadAreRefused) {
    Model model = smallModel();
    auto& value = model.graph.value(nodeOf(model.graph, "/head/fc").input(1));
    value.constant.reset();
    value.weightsUnread = true;
    EXPECT_THAT(refusal(model.graph, "{}"), HasSubstr("not read"));
}

}  // namespace
}  // namespace trimtab::compress
