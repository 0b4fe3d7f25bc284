// Which graphs generation can rewrite so that keys and values are written where they stand, and what it says of the others.
#include "core/runtime/generation/cached_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/formats/huggingface/small_graph.h"

namespace trimtab::runtime {
namespace {

using formats::huggingface::graphOf;
using formats::huggingface::SmallDecoder;

TEST(CachedDecoder, SaysWhyAGraphCannotGenerate) {
    Graph graph;
    const graph::ValueId ids = graph.addValue(
        {.name = "input_ids", .type = {DataType::Int64, std::vector{graph::Dim::named("batch"), graph::Dim::named("sequence")}}});
    graph.inputs = {ids};
    graph.outputs = {graph.addValue({.name = "logits"})};
    graph.nodes.push_back(
        {.name = "cast", .op = "Cast", .version = 13, .inputs = {ids}, .outputs = graph.outputs, .attributes = {{"to", std::int64_t{1}}}});
    const auto made = cachedDecoder(graph);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("GroupQueryAttention"), std::string::npos) << made.error().text();
}

/// input_ids → embedding → whatever `mix` does → attention in the in-place form's first shape → head.
class Mixing {
public:
    explicit Mixing(const SmallDecoder& small) : m_graph(graphOf(small)) {}
    /// Puts a node between the embedding and its readers.
    Result<CachedDecoder> with(graph::Node node) {
        Graph graph = m_graph;
        const graph::ValueId embedded = graph.nodes[embedding(graph)].outputs[0];
        const graph::ValueId mixed = graph.addValue({.name = "mixed", .type = graph.value(embedded).type});
        for (graph::Node& reader : graph.nodes) std::ranges::replace(reader.inputs, embedded, mixed);
        node.name = "mixing";
        node.version = 17;
        node.inputs.insert(node.inputs.begin(), embedded);
        node.outputs = {mixed};
        graph.nodes.insert(graph.nodes.begin() + static_cast<std::ptrdiff_t>(embedding(graph)) + 1, std::move(node));
        return cachedDecoder(graph);
    }
    graph::ValueId constant(Tensor tensor) { return m_graph.addConstant("mixed.constant", std::move(tensor)); }

private:
    static std::size_t embedding(const Graph& graph) {
        const auto found =
            std::ranges::find_if(graph.nodes, [](const graph::Node& node) { return node.name.find("embed_tokens") != std::string::npos; });
        return static_cast<std::size_t>(found - graph.nodes.begin());
    }
    Graph m_graph;
};

TEST(CachedDecoder, TakesNoGraphThatMixesTokensElsewhere) {
    SmallDecoder small;
    small.draw(3);
    Mixing mixing(small);
    EXPECT_TRUE(mixing.with({.op = "Relu"}));
    const auto row = mixing.constant(Tensor::fromFloats(Shape{1, 1, 24}, std::vector<float>(24, 0.1F)));
    EXPECT_TRUE(mixing.with({.op = "Add", .inputs = {row}}));
    const auto places = mixing.constant(Tensor::fromFloats(Shape{1, 3, 24}, std::vector<float>(72, 0.1F)));
    const auto axis = mixing.constant(Tensor::fromInt64s(Shape{}, {1}));
    const auto kept = mixing.constant(Tensor::fromInt64s(Shape{3}, {0, 0, -1}));
    const auto joined = mixing.constant(Tensor::fromInt64s(Shape{3}, {0, -1, 24}));
    EXPECT_TRUE(mixing.with({.op = "Reshape", .inputs = {kept}}));
    for (const graph::Node& node :
         {graph::Node{.op = "Add", .inputs = {places}}, graph::Node{.op = "CumSum", .inputs = {axis}},
          graph::Node{.op = "Reshape", .inputs = {joined}}, graph::Node{.op = "Softmax", .attributes = {{"axis", std::int64_t{1}}}},
          graph::Node{.op = "LayerNormalization", .attributes = {{"axis", std::int64_t{1}}}}}) {
        const auto made = mixing.with(node);
        ASSERT_FALSE(made) << node.op;
        EXPECT_NE(made.error().text().find(node.op + " may mix tokens"), std::string::npos) << made.error().text();
    }
}

}  // namespace
}  // namespace trimtab::runtime
