// com.microsoft's operators of transformers: the forms that ONNX Runtime's CPU provider has no kernel of, held against those that it has
// (the seeded cases of tests/operators hold those against it), figures worked out by hand, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using tensor::toFloats;

graph::Node microsoft(const std::string& op, Attributes attributes = {}, std::size_t outputs = 1) {
    return node(op, 1, std::move(attributes), outputs, "com.microsoft");
}
graph::Node multiHead(std::int64_t heads, std::size_t outputs = 1) {
    return microsoft("MultiHeadAttention", {{"num_heads", heads}}, outputs);
}

void expectNear(const Tensor& tensor, const std::vector<float>& expected, float tolerance = 1e-6F) {
    const auto values = toFloats(tensor);
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], tolerance) << i;
}

Tensor ints32(Shape shape, const Ints& values) { return *tensor::convert(Tensor::fromInt64s(std::move(shape), values), DataType::Int32); }

/// [batch, rows, heads · size] parts side by side as [batch, rows, heads, parts, size].
Tensor packed(const std::vector<Tensor>& parts, std::int64_t heads) {
    const Shape& shape = parts[0].shape();
    const std::int64_t size = shape[2] / heads;
    std::vector<float> values;
    for (std::int64_t row = 0; row < shape[0] * shape[1]; ++row)
        for (std::int64_t h = 0; h < heads; ++h)
            for (const Tensor& part : parts)
                for (std::int64_t d = 0; d < size; ++d)
                    values.push_back(toFloats(part)[static_cast<std::size_t>((row * heads + h) * size + d)]);
    return floats({shape[0], shape[1], heads, static_cast<std::int64_t>(parts.size()), size}, values);
}

TEST(GroupQueryAttention, ASinkTakesItsShareOfTheWeights) {
    // One key that every query sees with score 0: its weight is 1 / (1 + exp(sink)).
    graph::Node one = node("GroupQueryAttention", 1, {{"num_heads", std::int64_t{2}}, {"kv_num_heads", std::int64_t{1}}}, 3,
                           "com.microsoft");
    std::vector<Tensor> inputs{Tensor::fromFloats({1, 1, 4}, {0, 0, 0, 0}), Tensor::fromFloats({1, 1, 2}, {1, 1}),
                               Tensor::fromFloats({1, 1, 2}, {3, 6}),
                               Tensor(), Tensor(), ints32({1}, {0}), ints32({}, {1})};
    EXPECT_EQ(toFloats(first(one, inputs)), (std::vector<float>{3, 6, 3, 6}));
    inputs.resize(12);
    inputs[11] = Tensor::fromFloats({2}, {0, std::log(2.0F)});
    expectNear(first(one, inputs), {1.5, 3, 1, 2}, 1e-6);
    inputs.resize(7);
    one.attributes["smooth_softmax"] = std::int64_t{1};
    expectNear(first(one, inputs), {1.5, 3, 1.5, 3}, 1e-6);
}

TEST(MultiHeadAttention, PackedHeadsAreTheSameHeads) {
    const Tensor q = noise({2, 3, 8}, 1), k = noise({2, 3, 8}, 2), v = noise({2, 3, 8}, 3);
    const auto apart = call(multiHead(2, 3), {q, k, v});
    const auto keysAndValues = call(multiHead(2, 3), {q, packed({k, v}, 2)});
    const auto together = call(multiHead(2, 3), {packed({q, k, v}, 2)});
    ASSERT_TRUE(apart && keysAndValues && together);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(toFloats((*apart)[i]), toFloats((*keysAndValues)[i])) << i;
        EXPECT_EQ(toFloats((*apart)[i]), toFloats((*together)[i])) << i;
    }
    EXPECT_EQ((*apart)[1].shape(), (Shape{2, 2, 3, 4}));
}

TEST(MultiHeadAttention, MasksShiftScoresByAFilterThatMayBeChosen) {
    graph::Node one = multiHead(1, 4);
    one.attributes["mask_filter_value"] = -std::log(2.0F);
    const Tensor q = floats({1, 1, 1}, {0}), k = floats({1, 3, 1}, {1, 2, 3}), v = floats({1, 3, 1}, {3, 6, 12});
    const auto masked = [&](Tensor mask) { return call(one, {q, k, v, Tensor(), std::move(mask)}); };
    for (const Tensor& mask : {ints32({1}, {2}), ints32({5}, {2, 0, 1, 0, 3}), ints32({1, 3}, {1, 1, 0}), ints32({1, 1, 3}, {1, 1, 0})}) {
        const auto results = masked(mask);
        ASSERT_TRUE(results) << results.error().text();
        expectNear((*results)[0], {(3 + 6 + 6) / 2.5F});
        expectNear((*results)[3], {0, 0, -std::log(2.0F)});
    }
    expectNear(masked(ints32({1, 3}, {0, 0, 0}))->front(), {7});
}

TEST(MultiHeadAttention, WhatMakesNoSenseIsRefused) {
    const Tensor q = noise({2, 3, 8}, 1), cache = noise({2, 2, 3, 4}, 2);
    const auto refused = [&](const std::vector<Tensor>& inputs, std::int64_t heads = 2) { return refusal(multiHead(heads), inputs); };
    EXPECT_EQ(refused({q, q, q}), ErrorCode::Cancelled) << "the call itself is sound";
    for (const std::int64_t heads : {-1, 0, 3, 16}) EXPECT_EQ(refused({q, q, q}, heads), ErrorCode::Refused) << heads;
    EXPECT_EQ(refused({q}), ErrorCode::Refused) << "three axes hold no packed heads";
    EXPECT_EQ(refused({q, noise({2, 3, 6}, 1), q}), ErrorCode::Refused);
    EXPECT_EQ(refused({q, cache, q}), ErrorCode::Refused);
    EXPECT_EQ(refused({q, cache, cache, noise({24}, 1)}), ErrorCode::Refused) << "a bias beside whole caches";
    EXPECT_EQ(refused({q, q, q, noise({23}, 1)}), ErrorCode::Refused);
    EXPECT_EQ(refused({q, q, q, Tensor(), ints32({2, 4}, Ints(8, 1))}), ErrorCode::Refused);
    EXPECT_EQ(refused({q, q, q, Tensor(), ints32({4}, Ints(4, 1))}), ErrorCode::Refused) << "ends and starts are com.microsoft.Attention's";
    EXPECT_EQ(refused({q, q, q, Tensor(), Tensor(), noise({2, 2, 3, 4}, 1)}), ErrorCode::Refused);
    EXPECT_EQ(refused({q, q, q, Tensor(), Tensor(), Tensor(), cache}), ErrorCode::Refused) << "past keys without values";
    EXPECT_EQ(refused({q, q, q, Tensor(), Tensor(), Tensor(), cache, cache, ints32({1}, {1})}), ErrorCode::Unsupported) << "shared buffers";
}

TEST(ProjectedAttention, ProjectsAndThenAttends) {
    const Tensor x = noise({2, 3, 5}, 1), weights = noise({5, 24}, 2), bias = noise({24}, 3);
    const graph::Node slice = node("Split", 13, {{"axis", std::int64_t{2}}}, 3);
    const Tensor projected = first(node("Add", 14), {first(node("MatMul", 13), {x, weights}), bias});
    const auto parts = call(slice, {projected});
    ASSERT_TRUE(parts);
    const Tensor expected = first(multiHead(2), {(*parts)[0], (*parts)[1], (*parts)[2]});
    expectNear(first(microsoft("Attention", {{"num_heads", std::int64_t{2}}}), {x, weights, bias}), toFloats(expected), 2e-6F);
}

TEST(ProjectedAttention, WhatIsNotExecutedIsRefusedByName) {
    const Tensor x = noise({2, 3, 5}, 1), weights = noise({5, 24}, 2);
    const auto with = [&](const std::string& key, graph::Attribute value, std::size_t outputs = 1) {
        graph::Node made = microsoft("Attention", {{"num_heads", std::int64_t{2}}}, outputs);
        made.attributes[key] = std::move(value);
        return refusal(made, {x, weights});
    };
    EXPECT_EQ(with("unidirectional", std::int64_t{1}), ErrorCode::Cancelled);
    EXPECT_EQ(with("do_rotary", std::int64_t{1}), ErrorCode::Unsupported);
    EXPECT_EQ(with("past_present_share_buffer", std::int64_t{1}), ErrorCode::Unsupported);
    EXPECT_EQ(with("num_heads", std::int64_t{0}), ErrorCode::Refused);
    EXPECT_EQ(with("num_heads", std::int64_t{3}), ErrorCode::Refused);
    EXPECT_EQ(with("qkv_hidden_sizes", Ints{8, 8}), ErrorCode::Refused);
    EXPECT_EQ(with("qkv_hidden_sizes", Ints{8, 6, 10}), ErrorCode::Refused);
    EXPECT_EQ(with("qkv_hidden_sizes", Ints{8, 8, 10}), ErrorCode::Refused);
    EXPECT_EQ(with("qkv_hidden_sizes", Ints{10, 10, 4}, 2), ErrorCode::Refused) << "keys and values of different widths make no present";
}

TEST(SkipLayerNormalization, MakesAllFourOutputs) {
    const auto results = call(microsoft("SkipLayerNormalization", {{"epsilon", 0.0F}}, 4),
                              {floats({1, 1, 2}, {1, 2}), floats({1, 2}, {1, 3}), floats({2}, {1, 2}), floats({2}, {10, 20}),
                               floats({2}, {0, 1})});
    ASSERT_TRUE(results) << results.error().text();
    expectNear((*results)[0], {9, 22});  // sums 2 and 6: mean 4, deviation 2
    expectNear((*results)[1], {4});
    expectNear((*results)[2], {0.5F});
    expectNear((*results)[3], {2, 6});
    EXPECT_EQ((*results)[1].shape(), (Shape{1, 1, 1}));
}

TEST(LayerNormalization, StatisticsHaveTheTypeThatIsAskedFor) {
    for (const auto& [stash, type] : {std::pair{std::int64_t{1}, DataType::Float32}, {std::int64_t{16}, DataType::BFloat16}}) {
        const Tensor x = *tensor::convert(floats({2}, {1, 5}), DataType::Float64),
            scale = *tensor::convert(floats({2}, {1, 1}), DataType::Float64);
        const auto results = call(node("LayerNormalization", 17, {{"stash_type", stash}}, 3), {x, scale});
        ASSERT_TRUE(results) << results.error().text();
        EXPECT_EQ((*results)[0].type(), DataType::Float64);
        EXPECT_EQ((*results)[1].type(), type);
        expectNear((*results)[1], {3});
    }
    EXPECT_EQ(refusal(node("LayerNormalization", 17, {{"stash_type", std::int64_t{7}}}), {noise({2}, 1), noise({2}, 1)}),
              ErrorCode::Refused);
    const Tensor half = *tensor::convert(floats({2}, {1, 1}), DataType::Float16);
    EXPECT_EQ(first(node("RMSNormalization", 23), {noise({3, 2}, 1), half}).type(), DataType::Float16) << "y has the type of the scale";
}

TEST(ChooseToken, TakesOneOfEachSequence) {
    const graph::Node choose = node("ChooseToken", 1, {}, 1, "trimtab");
    const Tensor logits = floats(Shape{2, 3}, {0, 2, 1, 5, 4, 4});
    const auto choices = [](std::vector<double> numbers) {
        const auto rows = static_cast<std::int64_t>(numbers.size()) / 4;
        return Tensor::fromValues(DataType::Float64, Shape{rows, 4}, numbers);
    };
    const Tensor tokens = first(choose, {logits, choices({0, 0, 1, 0, 1, 0, 1, 0.99})});
    EXPECT_EQ(tokens.shape(), Shape{2});
    EXPECT_EQ(tokens.data<std::int64_t>()[0], 1);
    EXPECT_EQ(tokens.data<std::int64_t>()[1], 2);
    EXPECT_EQ(refusal(choose, {logits, choices({0, 0, 1, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(choose, {logits, floats(Shape{2, 4}, std::vector<float>(8, 0))}), ErrorCode::Refused);
    EXPECT_EQ(refusal(choose, {floats(Shape{2, 0}, {}), choices({0, 0, 1, 0, 0, 0, 1, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(choose, {floats(Shape{6}, {0, 2, 1, 5, 4, 4}), choices({0, 0, 1, 0, 0, 0, 1, 0})}), ErrorCode::Refused);
}

TEST(FusedMatMul, ABatchMayStandBehindTheRows) {
    // [rows, batch, columns] read as [batch, rows, columns].
    const Tensor a = floats({2, 2, 1}, {1, 2, 3, 4}), b = floats({2, 1, 1}, {10, 100});
    expectNear(first(microsoft("FusedMatMul", {{"transBatchA", std::int64_t{1}}, {"alpha", 0.5F}}), {a, b}), {5, 15, 100, 200});
    EXPECT_EQ(refusal(microsoft("FusedMatMul", {{"transA", std::int64_t{1}}}), {a, b}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("FusedMatMul"), {floats({}, {1}), b}), ErrorCode::Refused);
}

TEST(FusedConv, ActsOnTheSum) {
    const auto fused = [](const std::string& word, std::vector<float> parameters = {}) {
        return microsoft("FusedConv", {{"activation", word}, {"activation_params", std::move(parameters)}});
    };
    const std::vector<Tensor> inputs{floats({1, 1, 2}, {1, -4}), floats({1, 1, 1}, {2}), floats({1}, {1}), floats({1, 1, 2}, {1, 1})};
    expectNear(first(fused("Relu"), inputs), {4, 0});
    expectNear(first(fused("LeakyRelu", {0.5F}), inputs), {4, -3});
    expectNear(first(fused("Clip", {-1, 3}), inputs), {3, -1});
    expectNear(first(fused("HardSigmoid", {0.1F, 0.5F}), inputs), {0.9F, 0});
    EXPECT_EQ(refusal(fused("Clip", {1}), inputs), ErrorCode::Refused);
    EXPECT_EQ(refusal(fused("Softplus"), inputs), ErrorCode::Unsupported);
    EXPECT_EQ(refusal(fused("Relu"), {inputs[0], inputs[1], inputs[2], floats({1, 1, 1}, {1})}), ErrorCode::Refused);
}

TEST(Gelus, AreWhatTheyAreCalled) {
    const Tensor x = floats({1, 2}, {1, -2}), bias = floats({2}, {0, 1});
    expectNear(first(microsoft("Gelu"), {x}), {0.841344746F, -0.0455002639F});
    expectNear(first(microsoft("BiasGelu"), {x, bias}), {0.841344746F, -0.158655254F});
    expectNear(first(microsoft("FastGelu"), {x, bias}), {0.841191991F, -0.158808009F});
    expectNear(first(microsoft("QuickGelu", {{"alpha", 1.0F}}), {x}), {0.731058579F, -0.238405844F});
    EXPECT_EQ(refusal(microsoft("BiasGelu"), {x, floats({1}, {1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("BiasGelu"), {x, Tensor()}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("Gelu"), {ints({1})}), ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::ref::testing
