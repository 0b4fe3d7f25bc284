#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/tensor/convert.h"
#include "tests/core/compress/model.h"

namespace trimtab::compress {
namespace {

using graph::ComputeType;

constexpr std::int64_t kBytes = 8 * 8 * 4;

/// x → A → B, both by one weight; and a table lookup in it where `isEmbedding`.
Model tied(bool isEmbedding = false) {
    Model model;
    const auto weight = model.weight("w", randomWeight({8, 8}, 9));
    if (isEmbedding) model.node("embed", "Gather", {weight, model.input});
    model.node("B", "MatMul", {model.node("A", "MatMul", {model.input, weight}), weight});
    return model;
}

const graph::Value& weightOf(const Graph& graph, const std::string& node) { return graph.value(nodeOf(graph, node).input(1)); }

const LayerCompression& rowOf(const Compressed& compressed, const std::string& node) {
    return *std::ranges::find(compressed.layers, node, &LayerCompression::node);
}

TEST(TiedLayers, ARuleForOneOfThemHoldsForItAlone) {
    for (const std::string plain : {"A", "B"}) {
        SCOPED_TRACE(plain);
        const std::string other = plain == "A" ? "B" : "A";
        const Model model = tied();
        const auto compressed = compress(
            model.graph, recipeOf((R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8", "rules": [{"match": {"name": ")" +
                                   plain + R"("}, "compute": "fp32", "activations": {"bits": 32}, "weights": {"bits": 32}}]})")
                                      .c_str()));
        ASSERT_TRUE(compressed) << compressed.error().text();
        EXPECT_TRUE(compressed->graph.validate());
        EXPECT_EQ(nodeOf(compressed->graph, plain).treatment, graph::Treatment{});
        EXPECT_EQ(tensor::toFloats(*weightOf(compressed->graph, plain).constant), tensor::toFloats(*weightOf(model.graph, plain).constant));
        EXPECT_EQ(nodeOf(compressed->graph, other).treatment.compute, ComputeType::Int8);
        EXPECT_TRUE(weightOf(compressed->graph, other).quantized);
        ASSERT_EQ(compressed->layers.size(), 2U);
        EXPECT_EQ(rowOf(*compressed, plain).bits, 32);
        EXPECT_EQ(rowOf(*compressed, other).bits, 8);
        EXPECT_EQ(compressed->originalBytes, kBytes);
        EXPECT_EQ(compressed->storedBytes, kBytes + rowOf(*compressed, other).storedBytes) << "both stand in the model";
    }
}

TEST(TiedLayers, OfDifferentWidthsHoldAWeightEachAndTheOriginalLeaves) {
    const auto compressed =
        compress(tied().graph, recipeOf(R"({"weights": {"bits": 8}, "rules": [{"match": {"name": "B"}, "weights": {"bits": 4}}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(weightOf(compressed->graph, "A").quantized->bits, 8);
    EXPECT_EQ(weightOf(compressed->graph, "B").quantized->bits, 4);
    EXPECT_EQ(compressed->storedBytes, rowOf(*compressed, "A").storedBytes + rowOf(*compressed, "B").storedBytes);
}

TEST(TiedLayers, AHeadThatIsLeftAloneKeepsReadingTheEmbedding) {
    const auto compressed =
        compress(tied(true).graph, recipeOf(R"({"weights": {"bits": 4}, "rules": [{"match": {"name": "B"}, "weights": {"bits": 32}}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(nodeOf(compressed->graph, "B").input(1), nodeOf(compressed->graph, "embed").input(0));
    EXPECT_TRUE(weightOf(compressed->graph, "A").quantized);
    EXPECT_EQ(compressed->storedBytes, kBytes + rowOf(*compressed, "A").storedBytes) << "one original for both";
}

TEST(TiedLayers, StayTiedUnderARuleThatSaysTheSame) {
    const auto compressed = compress(tied().graph, recipeOf(R"({"weights": {"bits": 8}, "rules": [{"match": {"name": "B"},
        "weights": {"bits": 8}, "compute": "fp32"}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(nodeOf(compressed->graph, "A").input(1), nodeOf(compressed->graph, "B").input(1));
    EXPECT_EQ(compressed->layers.size(), 1U);
}

TEST(TiedLayers, WhoseWeightsAreLeftAsTheyAreMayFormOtherProductsWithThem) {
    const auto compressed =
        compress(tied().graph, recipeOf(R"({"compute": "bf16", "rules": [{"match": {"name": "B"}, "compute": "fp32"}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(nodeOf(compressed->graph, "A").input(1), nodeOf(compressed->graph, "B").input(1));
    EXPECT_EQ(nodeOf(compressed->graph, "A").treatment.compute, ComputeType::BFloat16);
    EXPECT_EQ(nodeOf(compressed->graph, "B").treatment.compute, ComputeType::Float32);
    EXPECT_EQ(compressed->storedBytes, kBytes);
}

}  // namespace
}  // namespace trimtab::compress
