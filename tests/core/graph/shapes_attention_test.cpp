// Attention with a cache, rotary embedding and the simplified normalisations of ONNX Runtime's model builders.
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

struct Attention {
    GraphBuilder builder;
    std::vector<ValueId> outputs;

    /// `total`: −1 leaves the length to an input of the graph.
    Attention(std::vector<Dim> query, std::optional<std::vector<Dim>> cache, std::int32_t total, bool packed = false,
              DataType type = DataType::Float16) {
        const ValueId q = builder.input("q", query, type);
        const ValueId kv = packed ? kNoValue : builder.input("kv", dims({"batch", "tokens", 16}), type);
        const ValueId pastKey = cache ? builder.input("pk", cache, type) : kNoValue,
                      pastValue = cache ? builder.input("pv", cache, type) : kNoValue;
        const ValueId length = total < 0 ? builder.input("total", dims({}), DataType::Int32)
                                         : builder.constant(Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{total}));
        outputs = builder.addMany("GroupQueryAttention",
                                  {q, kv, kv, pastKey, pastValue, builder.input("lengths", dims({"batch"}), DataType::Int32), length}, 3,
                                  {{"num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{2}}}, "com.microsoft");
    }
    std::string text(std::size_t i) {
        const Status status = inferShapes(builder.graph);
        return status ? builder.typeOf(outputs[i]) : "refused: " + status.error().text();
    }
};

TEST(AttentionShape, TheOutputHasTheHeadsOfTheQuery) {
    EXPECT_EQ(Attention(dims({"batch", "tokens", 32}), dims({"batch", 2, "past", 8}), -1).text(0), "float16[batch, tokens, 32]");
    EXPECT_EQ(Attention(dims({2, 3, 64}), dims({2, 2, 9, 8}), -1, true).text(0), "float16[2, 3, 32]");
    EXPECT_EQ(Attention(dims({2, 3, 64}), dims({2, 2, 9, 8}), -1, true, DataType::BFloat16).text(0), "bfloat16[2, 3, 32]");
}

TEST(AttentionShape, CachesGrowToTheTotalLengthOrStayAsLargeAsTheyAre) {
    EXPECT_EQ(Attention(dims({2, 3, 32}), dims({2, 2, 9, 8}), 12).text(1), "float16[2, 2, 12, 8]");
    EXPECT_EQ(Attention(dims({2, 3, 32}), dims({2, 2, 9, 8}), 7).text(2), "float16[2, 2, 9, 8]");
    EXPECT_EQ(Attention(dims({2, 3, 32}), dims({2, 2, 9, 8}), -1).text(1), "float16[2, 2, ?, 8]") << "known when it runs";
    EXPECT_EQ(Attention(dims({2, 3, 32}), std::nullopt, 3).text(1), "float16[2, 2, 3, 8]");
    EXPECT_EQ(Attention(dims({2, "tokens", 32}), std::nullopt, -1).text(1), "float16[2, 2, tokens, 8]")
        << "without a past the new tokens are all";
}

using Named = std::map<std::string, Attribute>;

/// The outputs' types of one node whose inputs have these dims (nullopt: left out).
std::vector<std::string> typesOf(const std::string& op, const std::string& domain,
                                 const std::vector<std::optional<std::vector<Dim>>>& given,
                                 std::size_t outputs, Named attributes) {
    GraphBuilder builder;
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < given.size(); ++i)
        inputs.push_back(given[i] ? builder.input("in" + std::to_string(i), *given[i]) : kNoValue);
    const auto made = builder.addMany(op, inputs, outputs, std::move(attributes), domain);
    std::vector<std::string> types;
    const Status status = inferShapes(builder.graph);
    for (const ValueId id : made) types.push_back(status ? builder.typeOf(id) : "refused");
    return types;
}

TEST(AttentionShape, TheStandardOperatorTakesHeadsApartOrTogether) {
    using Types = std::vector<std::string>;
    const auto past = dims({"b", 2, "p", 8}), pastValue = dims({"b", 2, "p", 6});
    EXPECT_EQ(typesOf("Attention", "",
                      {dims({"b", 4, "s", 8}), dims({"b", 2, "t", 8}), dims({"b", 2, "t", 6}), std::nullopt, past, pastValue}, 4, {}),
              (Types{"float32[b, 4, s, 6]", "float32[b, 2, p + t, 8]", "float32[b, 2, p + t, 6]", "float32[b, 4, s, p + t]"}));
    const Named heads{{"q_num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{2}}};
    EXPECT_EQ(typesOf("Attention", "", {dims({"b", "s", 32}), dims({"b", "t", 16}), dims({"b", "t", 12})}, 2, heads),
              (Types{"float32[b, s, 24]", "float32[b, 2, t, 8]"}));
    EXPECT_EQ(typesOf("Attention", "", {dims({"b", "s", 33}), dims({"b", "t", 16}), dims({"b", "t", 12})}, 1, heads), Types{"refused"});
    EXPECT_EQ(typesOf("Attention", "", {dims({"b", "s", 32}), dims({"b", "t", 16}), dims({"b", "t", 12})}, 1, {}), Types{"refused"});
}

TEST(AttentionShape, PackedAndCachedHeadsAreTold) {
    using Types = std::vector<std::string>;
    const std::string domain = "com.microsoft";
    const Named two{{"num_heads", std::int64_t{2}}};
    EXPECT_EQ(typesOf("MultiHeadAttention", domain, {dims({"b", "s", 2, 3, 8})}, 3, two),
              (Types{"float32[b, s, 16]", "float32[b, 2, s, 8]", "float32[b, 2, s, 8]"}));
    EXPECT_EQ(typesOf("MultiHeadAttention", domain, {dims({"b", "s", 16}), dims({"b", 2, "t", 8}), dims({"b", 2, "t", 8})}, 1, two),
              Types{"float32[b, s, 16]"});
    EXPECT_EQ(typesOf("MultiHeadAttention", domain, {dims({"b", "s", 3, 3, 8})}, 1, two), Types{"refused"});
    EXPECT_EQ(typesOf("Attention", domain, {dims({"b", "s", 5}), dims({5, 48}), dims({48}), std::nullopt, dims({2, "b", 2, "p", 8})}, 2,
                      two),
              (Types{"float32[b, s, 16]", "float32[2, b, 2, p + s, 8]"}));
    EXPECT_EQ(typesOf("Attention", domain, {dims({"b", "s", 5}), dims({6, 48})}, 1, two), Types{"refused"});
}

TEST(AttentionShape, ALengthTakenFromAMaskIsFollowed) {
    GraphBuilder builder;
    const ValueId mask = builder.input("mask", dims({"batch", "total"}), DataType::Int64);
    const ValueId index = builder.constant(Tensor::fromValues(DataType::Int64, Shape{}, std::vector<std::int64_t>{1}));
    const ValueId total = builder.add("Cast", {builder.add("Gather", {builder.add("Shape", {mask}), index})}, {{"to", std::int64_t{6}}});
    const ValueId cache = builder.input("cache", dims({"batch", 2, "past", 8}));
    const auto outputs = builder.addMany("GroupQueryAttention",
                                         {builder.input("q", dims({"batch", "tokens", 64})), kNoValue, kNoValue, cache, cache,
                                          builder.input("lengths", dims({"batch"}), DataType::Int32), total},
                                         3, {{"num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{2}}}, "com.microsoft");
    EXPECT_EQ(inferred(builder, outputs[1]), "float32[batch, 2, max(past, total), 8]");
    ASSERT_TRUE(bindInputShapes(builder.graph,
                                {{"mask", Shape{1, 7}}, {"cache", Shape{1, 2, 6, 8}}, {"q", Shape{1, 1, 64}}, {"lengths", Shape{1}}}));
    EXPECT_EQ(builder.typeOf(outputs[1]), "float32[1, 2, 7, 8]");
}

TEST(AttentionShape, HeadsThatDoNotDivideAreRefused) {
    EXPECT_REFUSED(Attention(dims({2, 3, 33}), dims({2, 2, 9, 8}), 7).text(0), "33 values");
    EXPECT_REFUSED(Attention(dims({2, 33}), dims({2, 2, 9, 8}), 7).text(0), "must be [batch, tokens, values]");
    EXPECT_REFUSED(Attention(dims({2, 3, 32}), dims({2, 9, 8}), 7).text(0), "cache");
    Attention heads(dims({2, 3, 32}), dims({2, 2, 9, 8}), 7);
    heads.builder.graph.nodes[0].attributes["kv_num_heads"] = std::int64_t{3};
    EXPECT_REFUSED(heads.text(0), "no multiple");
}

TEST(RotaryShape, KeepsTheInput) {
    GraphBuilder builder;
    const ValueId table = builder.input("table", dims({9, 4}));
    const ValueId y = builder.add("RotaryEmbedding",
                                  {builder.input("x", dims({"b", "s", 32})), builder.input("p", dims({1}), DataType::Int64), table, table},
                                  {}, "com.microsoft");
    EXPECT_EQ(inferred(builder, y), "float32[b, s, 32]");
}

TEST(SimplifiedNormalizationShape, StatisticsKeepTheLeadingAxes) {
    GraphBuilder builder;
    const auto plain =
        builder.addMany("SimplifiedLayerNormalization", {builder.input("x", dims({"b", "s", 32})), builder.zeros(Shape{32})}, 2);
    EXPECT_EQ(inferred(builder, plain[0]), "float32[b, s, 32]");
    EXPECT_EQ(builder.typeOf(plain[1]), "float32[b, s, 1]");

    GraphBuilder skip;
    const auto all = skip.addMany("SkipSimplifiedLayerNormalization",
                                  {skip.input("x", dims({"b", "s", 32}), DataType::BFloat16),
                                   skip.input("r", dims({"b", "s", 32}), DataType::BFloat16), skip.zeros(Shape{32}, DataType::BFloat16)},
                                  4, {}, "com.microsoft");
    EXPECT_EQ(inferred(skip, all[0]), "bfloat16[b, s, 32]");
    EXPECT_EQ(skip.typeOf(all[2]), "float32[b, s, 1]");
    EXPECT_EQ(skip.typeOf(all[3]), "bfloat16[b, s, 32]");

    GraphBuilder wrong;
    const ValueId y =
        wrong.add("SkipSimplifiedLayerNormalization",
                  {wrong.input("x", dims({3, 32})), wrong.input("r", dims({2, 3, 32})), wrong.zeros(Shape{32})}, {}, "com.microsoft");
    EXPECT_REFUSED(inferred(wrong, y), "does not fit");
}

}  // namespace
}  // namespace trimtab::graph::testing
