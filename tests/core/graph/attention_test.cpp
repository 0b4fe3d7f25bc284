// Where a graph keeps keys and values, and how a cache of few bits holds them.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/graph/attention/kv_rounding.h"
#include "core/base/random.h"

namespace trimtab::graph {
namespace {

std::vector<float> normals(std::size_t count, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

std::vector<float> kept(const std::vector<float>& values, std::int64_t rows, std::int64_t columns, bool rangePerRow, int bits) {
    std::vector<float> out(values.size());
    roundCache(values, rows, columns, rangePerRow, bits, out);
    return out;
}

TEST(KvRounding, PlacesTheCodesEvenlyBetweenTheExtremes) {
    // −1 … 2 in 15 steps of 0.2.
    EXPECT_EQ(kept({-1, 2, 0.05F, 0.29F}, 1, 4, true, 4), (std::vector<float>{-1, 2, -1 + 5 * 0.2F, -1 + 6 * 0.2F}));
}

TEST(KvRounding, ErrsByHalfAStepAtMostAndKeepsTheExtremes) {
    for (const int bits : {4, 8}) {
        const auto values = normals(12 * 32, 3);
        const auto out = kept(values, 12, 32, true, bits);
        for (std::size_t row = 0; row < 12; ++row) {
            const auto [low, high] = std::minmax_element(values.begin() + static_cast<std::ptrdiff_t>(row * 32),
                                                         values.begin() + static_cast<std::ptrdiff_t>(row * 32 + 32));
            const float step = (*high - *low) / static_cast<float>((1 << bits) - 1);
            for (std::size_t i = row * 32; i < row * 32 + 32; ++i) EXPECT_LE(std::abs(out[i] - values[i]), step * 0.5001F);
            EXPECT_EQ(out[static_cast<std::size_t>(low - values.begin())], *low);
            EXPECT_NEAR(out[static_cast<std::size_t>(high - values.begin())], *high, 1e-6);
        }
    }
}

TEST(KvRounding, KeepsARangeOfOneNumberAndOneThatIsNotFinite) {
    EXPECT_EQ(kept({0.3F, 0.3F, 0.3F}, 1, 3, true, 4), (std::vector<float>{0.3F, 0.3F, 0.3F}));
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(kept({1, infinity, 2}, 1, 3, true, 4), (std::vector<float>{1, infinity, 2}));
    const float most = std::numeric_limits<float>::max();
    for (const float value : kept({-most, 0, most}, 1, 3, true, 8)) EXPECT_TRUE(std::isfinite(value));
}

TEST(KvRounding, OfColumnsIsThatOfRowsTransposed) {
    const auto values = normals(7 * 5, 4);
    std::vector<float> transposed(values.size());
    for (std::size_t r = 0; r < 7; ++r)
        for (std::size_t c = 0; c < 5; ++c) transposed[c * 7 + r] = values[r * 5 + c];
    const auto rows = kept(values, 7, 5, true, 4);
    const auto columns = kept(transposed, 5, 7, false, 4);
    for (std::size_t r = 0; r < 7; ++r)
        for (std::size_t c = 0; c < 5; ++c) EXPECT_EQ(columns[c * 7 + r], rows[r * 5 + c]);
}

TEST(KvRounding, ATokensKeysShareARangeUnlessChannelsDo) {
    const Tensor keys = Tensor::fromFloats(Shape{1, 2, 3}, {0, 0, 0, 1, 10, 100});  // two channels, three tokens
    Treatment treatment;
    treatment.kvBits = 4;
    const auto byHead = roundedCache(treatment, CachePart::Keys, keys);
    ASSERT_TRUE(byHead);
    EXPECT_EQ(byHead->data<float>()[4], 10) << "an end of its token's range";
    treatment.kvPerChannel = true;
    const auto byChannel = roundedCache(treatment, CachePart::Keys, keys);
    EXPECT_NE(byChannel->data<float>()[4], 10) << "inside its channel's range 1 … 100";
    const auto asValues = roundedCache(treatment, CachePart::Values, keys);
    EXPECT_EQ(asValues->data<float>()[4], 10) << "rows are tokens there";
}

class Maker {
public:
    ValueId value(const std::string& name, std::vector<std::int64_t> dims) {
        Value made;
        made.name = name;
        made.type = ValueType::of(DataType::Float32, Shape(dims));
        return graph.addValue(std::move(made));
    }
    ValueId node(const std::string& op, std::vector<ValueId> inputs, std::vector<std::int64_t> dims, const std::string& domain = "") {
        Node made;
        made.op = op;
        made.domain = domain;
        made.version = 13;
        made.name = op + std::to_string(graph.nodes.size());
        made.inputs = std::move(inputs);
        made.outputs = {value(made.name + "_out", std::move(dims))};
        graph.nodes.push_back(made);
        return made.outputs.front();
    }
    Graph graph;
};

TEST(AttentionNodes, AreTheProductsAroundASoftmax) {
    Maker maker;
    const auto q = maker.value("q", {1, 4, 6, 8}), k = maker.value("k", {1, 4, 8, 6}), v = maker.value("v", {1, 4, 6, 8});
    const auto scores = maker.node("MatMul", {q, k}, {1, 4, 6, 6});
    const auto scaled = maker.node("Div", {scores, maker.value("scale", {})}, {1, 4, 6, 6});
    const auto masked = maker.node("Add", {maker.value("mask", {6, 6}), scaled}, {1, 4, 6, 6});
    const auto weights = maker.node("Softmax", {masked}, {1, 4, 6, 6});
    const auto mixed = maker.node("MatMul", {maker.node("Dropout", {weights}, {1, 4, 6, 6}), v}, {1, 4, 6, 8});
    maker.node("MatMul", {mixed, mixed}, {1, 4, 6, 8});
    const auto found = attentionNodes(maker.graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].scores, 0);
    EXPECT_EQ(found[0].mix, 5);
    EXPECT_EQ(cachePartOf(maker.graph, maker.graph.nodes[0]), CachePart::Keys);
    EXPECT_EQ(cachePartOf(maker.graph, maker.graph.nodes[5]), CachePart::Values);
    for (const CachePart part : {CachePart::Keys, CachePart::Values}) {
        const auto row = cacheRowOf(maker.graph, found[0], part);
        ASSERT_TRUE(row);
        EXPECT_EQ(row->heads, 4);
        EXPECT_EQ(row->channels, 8);
    }
}

TEST(AttentionNodes, APartOfAGraphStillShowsWhichProductItIs) {
    Maker maker;
    maker.node("MatMul", {maker.value("p", {1, 4, 6, 6}), maker.value("v", {1, 4, 6, 8})}, {1, 4, 6, 8});
    EXPECT_EQ(cachePartOf(maker.graph, maker.graph.nodes[0]), CachePart::Values) << "the softmax stands in another part";
    Maker keys;
    const auto scores = keys.node("MatMul", {keys.value("q", {1, 4, 6, 8}), keys.value("k", {1, 4, 8, 6})}, {1, 4, 6, 6});
    keys.node("Softmax", {keys.node("Mul", {scores, keys.value("scale", {})}, {1, 4, 6, 6})}, {1, 4, 6, 6});
    EXPECT_EQ(cachePartOf(keys.graph, keys.graph.nodes[0]), CachePart::Keys);
}

TEST(AttentionNodes, AClassifiersSoftmaxIsNone) {
    Maker maker;
    const auto weight = maker.value("w", {8, 3});
    maker.graph.value(weight).constant = Tensor::zeros(DataType::Float32, Shape{8, 3}).value();
    maker.node("Softmax", {maker.node("MatMul", {maker.value("x", {2, 8}), weight}, {2, 3})}, {2, 3});
    EXPECT_TRUE(attentionNodes(maker.graph).empty());
}

TEST(AttentionNodes, AFusedOperatorIsBothAtOnce) {
    Maker maker;
    maker.node("MultiHeadAttention", {maker.value("q", {1, 6, 32}), maker.value("k", {1, 6, 32}), maker.value("v", {1, 6, 64})}, {1, 6, 64},
               "com.microsoft");
    maker.graph.nodes[0].attributes["num_heads"] = std::int64_t{4};
    const auto found = attentionNodes(maker.graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].scores, found[0].mix);
    EXPECT_EQ(cacheRowOf(maker.graph, found[0], CachePart::Keys)->channels, 8);
    EXPECT_EQ(cacheRowOf(maker.graph, found[0], CachePart::Values)->channels, 16);
}

}  // namespace
}  // namespace trimtab::graph
