// How each treatment is labelled: what the file holds decides, and evidence where it leaves that open.
#include <gmock/gmock.h>

#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using runtime::Support;
using ::testing::HasSubstr;

Graph product(const std::string& recipe) {
    std::vector<float> values(64 * 32);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50) / 50;
    return compressed(built(support::ModelBuilder()
                                .opset(17)
                                .input("x", DataType::Float32, {"batch", 64})
                                .constant("w", Tensor::fromFloats({64, 32}, values))
                                .node("MatMul", {"x", "w"}, {"y"}, {}, "product")
                                .output("y", DataType::Float32, {"batch", 32})),
                      recipe);
}

Support supportUnder(const std::string& recipe, const Rewritten& rewritten = {}) {
    const Graph graph = product(recipe);
    return supportOf(graph, graph.nodes.front(), formats::onnx::planWeights(graph), rewritten);
}

constexpr char kInt8[] = R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})";

TEST(Forms, UntouchedAndFourBitsAreNative) {
    EXPECT_EQ(supportUnder("{}").level, Support::Level::Native);
    EXPECT_EQ(supportUnder(R"({"weights": {"bits": 4, "group": 16}})").level, Support::Level::Native);
    EXPECT_EQ(supportUnder(R"({"prune": {"ratio": 0.5}})").level, Support::Level::Native);
}

TEST(Forms, WiderCodesAndRoundedValuesAreEmulated) {
    const Support three = supportUnder(R"({"weights": {"bits": 3, "group": 16}})");
    EXPECT_EQ(three.level, Support::Level::Emulated);
    EXPECT_THAT(three.reason, HasSubstr("codes of 3 bits are held in 4"));
    const Support rounded = supportUnder(R"({"weights": {"bits": 4, "group": 8}})");
    EXPECT_EQ(rounded.level, Support::Level::Emulated);
    EXPECT_THAT(rounded.reason, HasSubstr("rounded to 4 bits"));
}

TEST(Forms, SixteenBitProductsAreEmulated) {
    for (const char* type : {"bf16", "fp16"}) {
        const Support support = supportUnder(std::string(R"({"compute": ")") + type + "\"}");
        EXPECT_EQ(support.level, Support::Level::Emulated) << type;
        EXPECT_THAT(support.reason, HasSubstr("products are formed in fp32"));
    }
}

TEST(Forms, WhatNoFileAsksForIsRefused) {
    for (const char* type : {"tf32", "fp8"}) {
        const Support support = supportUnder(std::string(R"({"compute": ")") + type + "\"}");
        EXPECT_EQ(support.level, Support::Level::Refused) << type;
        EXPECT_THAT(support.reason, HasSubstr(type));
    }
}

TEST(Forms, IntegersCountOnEvidenceOnly) {
    EXPECT_EQ(supportUnder(kInt8).level, Support::Level::Emulated);
    EXPECT_EQ(supportUnder(kInt8, {{"product", "MatMul"}, {"w/DequantizeLinear", "DequantizeLinear"}}).level, Support::Level::Emulated);
    EXPECT_EQ(supportUnder(kInt8, {{"product", "MatMulIntegerToFloat"}}).level, Support::Level::Native);
    constexpr char kWeightOnly[] = R"({"weights": {"bits": 8}})";
    EXPECT_EQ(supportUnder(kWeightOnly).level, Support::Level::Emulated);
    EXPECT_EQ(supportUnder(kWeightOnly, {{"product", "MatMul"}}).level, Support::Level::Emulated) << "the codes were folded away";
    EXPECT_EQ(supportUnder(kWeightOnly, {{"product", "MatMulNBits"}}).level, Support::Level::Native);
    EXPECT_EQ(supportUnder(kWeightOnly, {{"w/DequantizeLinear", "DequantizeLinear"}}).level, Support::Level::Native);
}

class FormsOfEngines : public WithLibrary {};

TEST_F(FormsOfEngines, RefusalsNameTheTypeInOneLine) {
    const auto compiled = engine()->compile(product(R"({"compute": "fp8"})"), {});
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(compiled.error().text(), HasSubstr("fp8 products"));
}

}  // namespace
}  // namespace trimtab::onnxruntime
