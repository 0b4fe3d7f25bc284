// Decoders with a table of positions: behind a cache a token's position goes on where the cache ends.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/cached_decoder.h"
#include "core/runtime/generation/growing_decoder.h"
#include "kernels/cpu/cpu_engine.h"

namespace trimtab::runtime {
namespace {

using Tokens = std::vector<std::int64_t>;

/// ids → embedding, and what makes its positions → a learned table → their sum → attention → head.
Graph learnedPositions(bool areAnInput) {
    using graph::Dim;
    Graph graph;
    graph.opsets = {{"", 17}, {"com.microsoft", 1}};
    const auto add = [&](const std::string& op, std::vector<graph::ValueId> inputs,
                         std::map<std::string, graph::Attribute> attributes = {}) {
        const bool isFused = op == "GroupQueryAttention";
        const std::string name = op + std::to_string(graph.nodes.size());
        graph.nodes.push_back({.name = name, .domain = isFused ? "com.microsoft" : "", .op = op, .version = isFused ? 1 : 17});
        graph.nodes.back().inputs = std::move(inputs);
        graph.nodes.back().attributes = std::move(attributes);
        graph.nodes.back().outputs = {graph.addValue({.name = name + "/y"})};
        return graph.nodes.back().outputs[0];
    };
    const auto constant = [&](Tensor tensor) { return graph.addConstant("c", std::move(tensor)); };
    const auto table = [&](std::int64_t rows, std::uint64_t seed) {
        base::Random random(seed);
        std::vector<float> values;
        for (std::int64_t i = 0; i < rows * 8; ++i) values.push_back(static_cast<float>(random.uniform(-1, 1)));
        return constant(Tensor::fromFloats(Shape{rows, 8}, values));
    };
    const auto input = [&](const std::string& name) {
        graph.inputs.push_back(
            graph.addValue({.name = name, .type = {DataType::Int64, std::vector{Dim::named("batch"), Dim::named("sequence")}}}));
        return graph.inputs.back();
    };
    const auto number = [&](std::int64_t value) { return constant(Tensor::fromInt64s(Shape{}, {value})); };
    const auto ids = input("input_ids");
    const auto shape = add("Shape", {ids}), sequence = add("Gather", {shape, number(1)});
    const auto positions = areAnInput ? input("position_ids") : add("Range", {number(0), sequence, number(1)});
    const auto x = add("Add", {add("Gather", {table(9, 1), ids}), add("Gather", {table(12, 2), positions})});
    const auto total = add("Cast", {sequence}, {{"to", std::int64_t{6}}});
    const auto last = add("Sub", {total, constant(Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{1}))});
    const auto lengths = add("Expand", {last, add("Gather", {shape, constant(Tensor::fromInt64s(Shape{1}, {0}))})});
    const auto mixed = add("GroupQueryAttention", {x, x, x, graph::kNoValue, graph::kNoValue, lengths, total},
                           {{"num_heads", std::int64_t{2}}, {"kv_num_heads", std::int64_t{2}}});
    const auto head = add("Transpose", {table(9, 3)});
    graph.outputs = {add("MatMul", {mixed, head})};
    return graph;
}

class LearnedPositions : public ::testing::Test {
protected:
    std::unique_ptr<Decoder> decoderOf(const Graph& graph, std::int64_t batch, std::int64_t capacity) {
        auto decoder = makeDecoder(*m_engine, graph, {}, batch, capacity);
        EXPECT_TRUE(decoder) << decoder.error().text();
        return std::move(*decoder);
    }
    static std::vector<float> feed(Decoder& decoder, const std::vector<Tokens>& tokens) {
        const auto logits = decoder.feed(tokens);
        EXPECT_TRUE(logits) << logits.error().text();
        return {logits->begin(), logits->end()};
    }

    std::unique_ptr<Engine> m_engine = cpu::makeCpuEngine(1);
};

TEST_F(LearnedPositions, GoOnWhereTheCacheEnds) {
    for (const bool areAnInput : {false, true}) {
        Graph graph = learnedPositions(areAnInput);
        ASSERT_TRUE(graph::inferShapes(graph));
        auto model = cachedDecoder(graph);
        ASSERT_TRUE(model) << model.error().text();
        EXPECT_EQ(model->positionIds, "position_ids");
        EXPECT_EQ(model->positions, 12);
        const auto whole = decoderOf(graph, 2, 12), steps = decoderOf(graph, 2, 12);
        EXPECT_EQ(steps->caching(), "in place");
        const std::vector<Tokens> texts{{1, 5, 8, 0, 3, 3, 7, 2}, {4, 4, 6, 1, 0, 8, 2, 5}};
        const auto expected = feed(*whole, texts);
        std::vector<float> logits;
        for (std::size_t i = 0; i < texts[0].size(); ++i) logits = feed(*steps, {{texts[0][i]}, {texts[1][i]}});
        for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 2e-6);
        EXPECT_FALSE(makeDecoder(*m_engine, graph, {}, 1, 13)) << "the table has twelve positions";
    }
    // The same graph without caches says the same.
    Graph counted = learnedPositions(false);
    ASSERT_TRUE(graph::inferShapes(counted));
    auto again = growingDecoder(counted);
    ASSERT_TRUE(again) << again.error().text();
    const auto recomputed = GrowingDecoder::make(*m_engine, std::move(*again), {}, 1, 12);
    ASSERT_TRUE(recomputed);
    const auto inPlace = decoderOf(counted, 1, 12);
    for (const std::int64_t token : {1, 5, 8, 0}) {
        const auto a = feed(**recomputed, {{token}}), b = feed(*inPlace, {{token}});
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-6);
    }
}

TEST_F(LearnedPositions, AreNotTakenWhereOthersThanTablesReadThem) {
    Graph graph = learnedPositions(false);
    const auto range = std::ranges::find(graph.nodes, "Range", &graph::Node::op);
    const graph::ValueId positions = range->outputs[0];
    const graph::ValueId shifted = graph.addValue({.name = "shifted"});
    graph::Node cast{.name = "shift", .op = "Neg", .version = 17};
    cast.inputs = {positions};
    cast.outputs = {shifted};
    for (graph::Node& node : graph.nodes) std::ranges::replace(node.inputs, positions, shifted);
    graph.nodes.insert(std::ranges::find(graph.nodes, "Range", &graph::Node::op) + 1, cast);
    ASSERT_TRUE(graph::inferShapes(graph));
    const auto made = cachedDecoder(graph);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("may mix tokens"), std::string::npos) << made.error().text();
}

}  // namespace
}  // namespace trimtab::runtime
