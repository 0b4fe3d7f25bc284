// Costs in closed form, and the weights that recipes act on.
#include <gtest/gtest.h>

#include "core/graph/cost.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/graph/weights.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::graph::testing {
namespace {

NodeCost costOfLast(GraphBuilder& builder) {
    const Status status = inferShapes(builder.graph);
    EXPECT_TRUE(status);
    const auto cost = costOf(builder.graph, builder.graph.nodes.back());
    EXPECT_TRUE(cost);
    return cost.value_or(NodeCost{});
}

TEST(Cost, AConvolutionIsTwiceItsMultiplications) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2, 4, 8, 8}));
    builder.add("Conv", {x, builder.zeros(Shape{6, 2, 3, 3}), builder.zeros(Shape{6})},
                {{"group", std::int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}});
    const NodeCost cost = costOfLast(builder);
    EXPECT_EQ(cost.operations, 2.0 * (2 * 6 * 8 * 8) * (2 * 3 * 3) + 2 * 6 * 8 * 8);
    EXPECT_EQ(cost.parameters, 6 * 2 * 3 * 3 + 6);
    EXPECT_EQ(cost.weightBytes, 4 * (6 * 2 * 3 * 3 + 6));
    EXPECT_EQ(cost.activationBytes, 4 * (2 * 4 * 8 * 8 + 2 * 6 * 8 * 8));
}

TEST(Cost, ADeformableConvolutionAlsoReadsEveryTapBetweenElements) {
    GraphBuilder builder(19);
    const ValueId x = builder.input("x", dims({2, 4, 8, 8})), offset = builder.input("offset", dims({2, 18, 6, 6}));
    builder.add("DeformConv", {x, builder.zeros(Shape{6, 2, 3, 3}), offset}, {{"group", std::int64_t{2}}});
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * (2 * 6 * 6 * 6) * (2 * 3 * 3) + 8.0 * (2 * 6 * 6) * (4 * 3 * 3));
}

TEST(Cost, AttentionCountsThePairsThatCausalityLeaves) {
    constexpr int kBatch = 2, kTokens = 3, kHeads = 4, kKvHeads = 2, kSize = 8, kPast = 5, kCapacity = 20;
    for (const std::int64_t window : {-1, 1, 4, 6, 100}) {
        GraphBuilder builder;
        const std::vector<Dim> cache = dims({kBatch, kKvHeads, kCapacity, kSize}), kv = dims({kBatch, kTokens, kKvHeads * kSize});
        const ValueId total = builder.constant(Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{kPast + kTokens}));
        builder.addMany("GroupQueryAttention",
                        {builder.input("q", dims({kBatch, kTokens, kHeads * kSize})), builder.input("k", kv), builder.input("v", kv),
                         builder.input("pk", cache), builder.input("pv", cache), builder.input("lengths", dims({kBatch}), DataType::Int32),
                         total},
                        3,
                        {{"num_heads", std::int64_t{kHeads}}, {"kv_num_heads", std::int64_t{kKvHeads}}, {"local_window_size", window}},
                        "com.microsoft");
        std::int64_t pairs = 0;
        for (std::int64_t s = 0; s < kTokens; ++s)
            for (std::int64_t t = 0; t <= kPast + s; ++t) pairs += window <= 0 || kPast + s - t < window ? 1 : 0;
        const NodeCost cost = costOfLast(builder);
        EXPECT_EQ(cost.operations, static_cast<double>(kBatch * kHeads * pairs * (4 * kSize + 5))) << window;
        const std::int64_t tokens = kBatch * kTokens * (2 * kHeads + 2 * kKvHeads) * kSize;
        const std::int64_t cached = 2 * kBatch * kKvHeads * (kPast + kTokens) * kSize;
        EXPECT_EQ(cost.activationBytes, 4 * (tokens + cached) + 4 * kBatch) << "the empty rows of the caches move no bytes";
    }
}

TEST(Cost, AttentionCountsBothOfItsProductsAndItsProjection) {
    GraphBuilder builder;
    const ValueId q = builder.input("q", dims({2, 3, 4 * 8})), k = builder.input("k", dims({2, 3, 2 * 8})),
        v = builder.input("v", dims({2, 3, 2 * 6}));
    const std::map<std::string, Attribute> heads{{"q_num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{2}}};
    builder.add("Attention", {q, k, v}, heads);
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 4 * (3 * 3) * (2 * 8 + 2 * 6 + 5));
    auto causal = heads;
    causal["is_causal"] = std::int64_t{1};
    builder.add("Attention", {q, k, v}, causal);
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 4 * (1 + 2 + 3) * (2 * 8 + 2 * 6 + 5));
    const std::map<std::string, Attribute> four{{"num_heads", std::int64_t{4}}};
    const ValueId cached = builder.input("c", dims({2, 4, 5, 8}));
    builder.addMany("MultiHeadAttention", {q, cached, cached}, 1, four, "com.microsoft");
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 4 * (3 * 5) * (4 * 8 + 5));
    builder.addMany("Attention", {q, builder.zeros(Shape{32, 96}), builder.zeros(Shape{96})}, 1, four, "com.microsoft");
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 3 * 96 * (2 * 32 + 1) + 2.0 * 4 * (3 * 3) * (4 * 8 + 5));
}

TEST(Cost, ProductsCountTheirInnerExtent) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({3, 5, 7}));
    builder.add("MatMul", {x, builder.zeros(Shape{7, 11})});
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 3 * 5 * 7 * 11);
    const ValueId flat = builder.input("f", dims({7, 5}));
    builder.add("Gemm", {flat, builder.zeros(Shape{7, 11}), builder.zeros(Shape{11})}, {{"transA", std::int64_t{1}}});
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 5 * 7 * 11 + 5 * 11);
    builder.addMany("FusedMatMul", {flat, builder.zeros(Shape{7, 11})}, 1, {{"transA", std::int64_t{1}}}, "com.microsoft");
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 5 * 7 * 11);
    builder.add("Einsum", {x, builder.zeros(Shape{7, 11})}, {{"equation", std::string("bij,jk->bik")}});
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 3 * 5 * 7 * 11);
}

TEST(Cost, TransposedConvolutionSpreadsEveryInputElement) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({1, 4, 5, 5}));
    builder.add("ConvTranspose", {x, builder.zeros(Shape{4, 3, 2, 2})}, {{"strides", Ints{2, 2}}});
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * (4 * 5 * 5) * (3 * 2 * 2));
}

TEST(Cost, MovingBytesCostsNoOperations) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2, 3, 4}));
    for (const char* op : {"Transpose", "Flatten", "Identity"}) {
        builder.add(op, {x});
        EXPECT_EQ(costOfLast(builder).operations, 0.0) << op;
        EXPECT_EQ(costOfLast(builder).activationBytes, 2 * 24 * 4) << op;
    }
    builder.add("Relu", {x});
    EXPECT_EQ(costOfLast(builder).operations, 24.0);
    builder.add("Softmax", {x});
    EXPECT_EQ(costOfLast(builder).operations, 5 * 24.0);
    builder.add("ReduceSum", {x});
    EXPECT_EQ(costOfLast(builder).operations, 24.0);
    builder.add("Mul", {x, x});
    EXPECT_EQ(costOfLast(builder).activationBytes, 2 * 24 * 4);
}

TEST(Cost, OpenShapesHaveNone) {
    GraphBuilder builder;
    builder.add("Relu", {builder.input("x", dims({"batch", 4}))});
    ASSERT_TRUE(inferShapes(builder.graph));
    EXPECT_FALSE(costOf(builder.graph, builder.graph.nodes[0]));
}

TEST(Cost, ANodeThatLacksItsInputsIsCountedByWhatItHas) {
    GraphBuilder builder;
    builder.output(builder.add("GroupQueryAttention", {}));
    builder.graph.nodes[0].domain = "local";
    builder.graph.value(builder.graph.nodes[0].outputs[0]).type = {DataType::Float32, dims({2, 3})};
    const auto cost = costOf(builder.graph, builder.graph.nodes[0]);
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->activationBytes, 24);
}

TEST(Cost, CompressedWeightsCountAsStored) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({3, 8}));
    const ValueId weight = builder.zeros(Shape{8, 4});
    builder.add("MatMul", {x, weight});
    builder.graph.nodes[0].treatment.weightBits = 16;
    EXPECT_EQ(costOfLast(builder).weightBytes, 2 * 32);
    auto quantised = std::make_shared<tensor::QuantizedWeight>();
    quantised->originalShape = Shape{8, 4};
    quantised->rows = 4;
    quantised->columns = 8;
    quantised->bits = 4;
    quantised->group = 8;
    builder.graph.value(weight).constant.reset();
    builder.graph.value(weight).quantized = quantised;
    EXPECT_EQ(costOfLast(builder).weightBytes, quantised->storedBytes());
    EXPECT_EQ(costOfLast(builder).parameters, 32);
    EXPECT_EQ(costOfLast(builder).operations, 2.0 * 3 * 8 * 4);
}

TEST(Weights, AreListedWithTheirRowsAndColumns) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4, 8, 8}));
    const ValueId conv = builder.add("Conv", {x, builder.zeros(Shape{6, 2, 3, 3})}, {{"group", std::int64_t{2}}});
    const ValueId flat = builder.add("Flatten", {conv});
    const ValueId shared = builder.zeros(Shape{216, 10});
    const ValueId product = builder.add("MatMul", {flat, shared});
    builder.output(builder.add("Gemm", {product, builder.zeros(Shape{5, 10})}, {{"transB", std::int64_t{1}}}));
    builder.output(builder.add("MatMul", {flat, shared}));
    builder.output(builder.add("MatMul", {product, builder.zeros(Shape{2, 10, 3})}));
    builder.output(builder.add("MatMul", {flat, builder.add("Transpose", {flat})}));
    for (const bool fused : {false, true}) {
        if (fused) {
            ASSERT_TRUE(fuse(builder.graph));
        }
        const auto uses = compressibleWeights(builder.graph);
        ASSERT_EQ(uses.size(), 3U);
        EXPECT_EQ(uses[0].rows, 6);
        EXPECT_EQ(uses[0].columns, 18);
        EXPECT_EQ(uses[0].layout, tensor::WeightLayout::OutputsFirst);
        EXPECT_EQ(uses[1].value, shared);
        EXPECT_EQ(uses[1].rows, 10);
        EXPECT_EQ(uses[1].columns, 216);
        EXPECT_EQ(uses[1].layout, tensor::WeightLayout::OutputsLast);
        EXPECT_EQ(uses[2].rows, 5);
        EXPECT_EQ(uses[2].columns, 10);
        EXPECT_EQ(uses[2].layout, tensor::WeightLayout::OutputsFirst);
    }
}

TEST(Weights, ThatWereNotReadCountByTheirType) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId weight = builder.zeros(Shape{4, 3});
    builder.output(builder.add("MatMul", {x, weight}));
    builder.graph.value(weight).constant.reset();
    builder.graph.value(weight).weightsUnread = true;
    EXPECT_EQ(compressibleWeights(builder.graph).size(), 1U);
    builder.graph.value(weight).type.type = DataType::Int64;
    EXPECT_TRUE(compressibleWeights(builder.graph).empty());
}

}  // namespace
}  // namespace trimtab::graph::testing
