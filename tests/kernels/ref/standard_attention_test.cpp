// Attention, RotaryEmbedding and TensorScatter of the default domain: figures worked out by hand, and what is refused. The seeded cases
// are in tests/operators.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using tensor::toFloats;
constexpr float kNever = -std::numeric_limits<float>::infinity();

graph::Node attention(Attributes attributes = {}, std::size_t outputs = 1, int version = 24) {
    return node("Attention", version, std::move(attributes), outputs);
}

Tensor booleans(Shape shape, const std::vector<std::uint8_t>& values) {
    return Tensor::fromValues(DataType::Bool, std::move(shape), values);
}

/// Two queries of zeros against three keys: without a mask every value weighs a third.
std::vector<Tensor> threeKeys(Tensor mask = {}) {
    return {Tensor::fromFloats({1, 1, 2, 1}, {0, 0}), Tensor::fromFloats({1, 1, 3, 1}, {1, 2, 3}),
            Tensor::fromFloats({1, 1, 3, 1}, {3, 6, 12}),
            std::move(mask)};
}

void expectFloats(const Tensor& tensor, const std::vector<float>& expected) {
    const auto values = toFloats(tensor);
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(expected[i])) EXPECT_TRUE(std::isnan(values[i])) << i;
        else EXPECT_NEAR(values[i], expected[i], 1e-6F) << i;
}

TEST(StandardAttention, MasksOfEveryFormHideKeys) {
    expectFloats(first(attention(), threeKeys()), {7, 7});
    expectFloats(first(attention({{"is_causal", std::int64_t{1}}}), threeKeys()), {3, 4.5F});
    expectFloats(first(attention(), threeKeys(booleans({2, 3}, {1, 0, 1, 0, 1, 0}))), {7.5F, 6});
    expectFloats(first(attention(), threeKeys(booleans({2, 1}, {1, 0}))), {3, 0});  // the mask ends after the first key
    expectFloats(first(attention({}, 1, 23), threeKeys(booleans({2, 1}, {1, 0}))), {7, 0});  // and was broadcast before
    expectFloats(first(attention(), threeKeys(booleans({1, 1, 1, 3}, {0, 1, 1}))), {9, 9});
    const float weight = std::log(2.0F);
    expectFloats(first(attention(), threeKeys(Tensor::fromFloats({1, 3}, {0, 0, weight}))), {8.25F, 8.25F});
    expectFloats(first(attention(), threeKeys(Tensor::fromFloats({1, 2}, {0, weight}))), {5, 5});
}

TEST(StandardAttention, AQueryThatSeesNothingGivesZeroAndHasNoWeights) {
    const auto results = call(attention({{"qk_matmul_output_mode", std::int64_t{3}}}, 4), threeKeys(booleans({2, 3}, {0, 0, 0, 1, 0, 0})));
    ASSERT_TRUE(results) << results.error().text();
    expectFloats((*results)[0], {0, 3});
    expectFloats((*results)[3], {NAN, NAN, NAN, 1, 0, 0});
}

TEST(StandardAttention, TheCapComesBeforeTheMaskAndTheScoresAreShownAtAnyStage) {
    // Score 1·2 = 2 for key 1, 4 for key 2 (scale 2): capped to tanh at 1.
    const std::vector<Tensor> inputs{Tensor::fromFloats({1, 1, 1, 1}, {1}), Tensor::fromFloats({1, 1, 2, 1}, {1, 2}),
                                     Tensor::fromFloats({1, 1, 2, 1}, {0, 1}), Tensor::fromFloats({1, 2}, {0.5F, kNever})};
    const std::vector<std::vector<float>> stages{
        {2, 4}, {std::tanh(2.0F), std::tanh(4.0F)}, {std::tanh(2.0F) + 0.5F, kNever}, {1, 0}};
    for (std::size_t mode = 0; mode < stages.size(); ++mode) {
        const auto results = call(attention({{"scale", 2.0F}, {"softcap", 1.0F},
                                             {"qk_matmul_output_mode", static_cast<std::int64_t>(mode)}}, 4), inputs);
        ASSERT_TRUE(results) << results.error().text();
        expectFloats((*results)[0], {0});
        const auto shown = toFloats((*results)[3]);
        for (std::size_t i = 0; i < 2; ++i)
            if (std::isinf(stages[mode][i])) EXPECT_EQ(shown[i], kNever);
            else EXPECT_NEAR(shown[i], stages[mode][i], 1e-6F) << mode;
    }
}

TEST(StandardAttention, LengthsEndTheKeysAndMoveTheDiagonal) {
    auto inputs = threeKeys();
    inputs.resize(6);
    inputs.push_back(Tensor::fromInt64s({1}, {2}));
    expectFloats(first(attention(), inputs), {4.5F, 4.5F});
    expectFloats(first(attention({{"is_causal", std::int64_t{1}}}), inputs), {3, 4.5F});  // the last query is the last of the two keys
    inputs[6] = Tensor::fromInt64s({1}, {1});
    expectFloats(first(attention({{"is_causal", std::int64_t{1}}}), inputs), {0, 3});  // the first query stands before all keys
}

TEST(StandardAttention, APastStandsInFrontOfTheNewKeysAndGroupsShareThem) {
    const std::vector<Tensor> inputs{Tensor::fromFloats({1, 1, 2}, {0, 0}), Tensor::fromFloats({1, 1, 1}, {5}),
                                     Tensor::fromFloats({1, 1, 1}, {6}),
                                     Tensor(), Tensor::fromFloats({1, 1, 1, 1}, {7}), Tensor::fromFloats({1, 1, 1, 1}, {2})};
    const auto results = call(attention({{"q_num_heads", std::int64_t{2}}, {"kv_num_heads", std::int64_t{1}},
                                         {"is_causal", std::int64_t{1}}}, 3), inputs);
    ASSERT_TRUE(results) << results.error().text();
    EXPECT_EQ((*results)[0].shape(), (Shape{1, 1, 2}));
    expectFloats((*results)[0], {4, 4});
    expectFloats((*results)[1], {7, 5});
    expectFloats((*results)[2], {2, 6});
}

TEST(StandardAttention, SixteenBitTypesRoundOnce) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
        std::vector<Tensor> narrow, wide;
        for (const std::uint64_t seed : {1, 2, 3}) {
            narrow.push_back(*tensor::convert(noise({2, 3, 4, 5}, seed), type));
            wide.push_back(*tensor::convert(narrow.back(), DataType::Float32));
        }
        const Tensor y = first(attention(), narrow);
        EXPECT_EQ(y.type(), type);
        const auto expected = toFloats(*tensor::convert(first(attention(), wide), type));
        const auto got = toFloats(y);
        for (std::size_t i = 0; i < got.size(); ++i)
            EXPECT_NEAR(got[i], expected[i], std::fabs(expected[i]) * 0.008F) << "at most one step apart";
    }
}

TEST(StandardAttention, WhatMakesNoSenseIsRefused) {
    const auto with = [](std::size_t i, Tensor value, Attributes attributes = {}) {
        auto inputs = threeKeys();
        inputs.resize(7);
        inputs[i] = std::move(value);
        return refusal(attention(std::move(attributes)), inputs);
    };
    EXPECT_EQ(with(3, Tensor()), ErrorCode::Cancelled) << "the call itself is sound";
    EXPECT_EQ(with(0, noise({1, 2, 1}, 1)), ErrorCode::Refused) << "three axes beside four";
    EXPECT_EQ(with(0, noise({1, 1, 2, 2}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(0, noise({2, 1, 2, 1}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(1, noise({1, 0, 3, 1}, 1)), ErrorCode::Refused) << "no heads";
    EXPECT_EQ(with(1, noise({1, 2, 3, 1}, 1)), ErrorCode::Refused) << "one query head cannot share two";
    EXPECT_EQ(with(2, noise({1, 1, 4, 1}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(3, noise({2, 4}, 1)), ErrorCode::Refused) << "a mask longer than the keys";
    EXPECT_EQ(with(3, noise({1, 1, 1, 2, 3}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(4, noise({1, 1, 2, 1}, 1)), ErrorCode::Refused) << "past keys without values";
    EXPECT_EQ(with(6, Tensor::fromInt64s({1}, {4})), ErrorCode::Refused);
    EXPECT_EQ(with(6, Tensor::fromInt64s({1}, {-1})), ErrorCode::Refused);
    EXPECT_EQ(with(6, Tensor::fromInt64s({2}, {1, 1})), ErrorCode::Refused);
    EXPECT_EQ(with(3, Tensor(), {{"scale", -1.0F}}), ErrorCode::Refused);
    EXPECT_EQ(with(3, Tensor(), {{"qk_matmul_output_mode", std::int64_t{4}}}), ErrorCode::Refused);
    EXPECT_EQ(with(3, Tensor(), {{"softmax_precision", std::int64_t{7}}}), ErrorCode::Refused);
    EXPECT_EQ(with(3, Tensor(), {{"q_num_heads", std::int64_t{2}}}), ErrorCode::Refused);
    const Tensor rows = noise({1, 2, 6}, 1);
    for (const std::int64_t heads : {std::int64_t{0}, std::int64_t{-2}, std::int64_t{4}, std::numeric_limits<std::int64_t>::max()})
        EXPECT_EQ(refusal(attention({{"q_num_heads", heads}, {"kv_num_heads", heads}}), {rows, rows, rows}), ErrorCode::Refused) << heads;
}

TEST(StandardRotaryEmbedding, TablesStandForTokensOrAreLookedUp) {
    const Tensor x = Tensor::fromFloats({1, 1, 2, 2}, {1, 2, 3, 4});
    const graph::Node rotary = node("RotaryEmbedding", 23);
    expectFloats(first(rotary, {x, Tensor::fromFloats({1, 2, 1}, {0, 1}), Tensor::fromFloats({1, 2, 1}, {1, 0})}), {-2, 1, 3, 4});
    expectFloats(first(rotary,
                       {x, Tensor::fromFloats({2, 1}, {0, 1}), Tensor::fromFloats({2, 1}, {1, 0}), Tensor::fromInt64s({1, 2}, {1, 0})}),
                 {1, 2, -4, 3});
    const auto refused = [&](Attributes attributes, const std::vector<Tensor>& inputs) {
        return refusal(node("RotaryEmbedding", 23, std::move(attributes)), inputs);
    };
    const Tensor table = noise({2, 1}, 1);
    EXPECT_EQ(refused({}, {x, table, table, Tensor::fromInt64s({1, 2}, {0, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refused({}, {x, table, table, Tensor::fromInt64s({1}, {0})}), ErrorCode::Refused) << "one id is no offset here";
    EXPECT_EQ(refused({}, {x, table, table}), ErrorCode::Refused) << "without ids the tables have the tokens' axes";
    EXPECT_EQ(refused({{"rotary_embedding_dim", std::int64_t{4}}}, {x, table, table, Tensor::fromInt64s({1, 2}, {0, 1})}),
              ErrorCode::Refused);
    EXPECT_EQ(refused({}, {x.reshaped({1, 2, 2}), table, table, Tensor::fromInt64s({1, 2}, {0, 1})}), ErrorCode::Refused)
        << "num_heads is missing";
}

TEST(TensorScatter, WritesRowsOnceAroundTheEndOrNotAtAll) {
    const Tensor cache = Tensor::fromFloats({2, 3, 1}, {1, 2, 3, 4, 5, 6}), update = Tensor::fromFloats({2, 2, 1}, {7, 8, 9, 10});
    const auto scatter = [](const std::string& mode, Attributes attributes = {}) {
        attributes["mode"] = mode;
        return node("TensorScatter", 24, std::move(attributes));
    };
    EXPECT_EQ(toFloats(first(scatter("linear"), {cache, update})), (std::vector<float>{7, 8, 3, 9, 10, 6}));
    EXPECT_EQ(toFloats(first(scatter("linear"), {cache, update, ints({1, 0})})), (std::vector<float>{1, 7, 8, 9, 10, 6}));
    EXPECT_EQ(toFloats(first(scatter("circular"), {cache, update, ints({2, 1})})), (std::vector<float>{8, 2, 7, 4, 9, 10}));
    EXPECT_EQ(refusal(scatter("linear"), {cache, update, ints({2, 0})}), ErrorCode::Refused) << "past the end";
    EXPECT_EQ(refusal(scatter("circular"), {cache, update, ints({3, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(scatter("linear"), {cache, update, ints({-1, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(scatter("linear"), {cache, update, ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(scatter("wrapping"), {cache, update}), ErrorCode::Refused);
    EXPECT_EQ(refusal(scatter("linear", {{"axis", std::int64_t{0}}}), {cache, update}), ErrorCode::Refused);
    EXPECT_EQ(refusal(scatter("linear", {{"axis", std::int64_t{2}}}), {cache, update}), ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::ref::testing
