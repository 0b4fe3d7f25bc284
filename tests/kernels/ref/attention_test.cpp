// GroupQueryAttention, RotaryEmbedding and the simplified normalisations against what their papers and ONNX Runtime's texts say, written
// plainly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using tensor::toFloats;

struct Step {
    std::int64_t batch = 1, tokens = 3, heads = 4, kvHeads = 2, size = 8;
    std::int64_t pastRows = 0;          // of the past caches
    std::vector<std::int64_t> past{0};  // valid ones of them, for each batch row
    bool packed = false, rotary = true, interleaved = false;
    std::int64_t half = 4, window = -1;
    float scale = 0, cap = 0;
    DataType type = DataType::Float32;

    std::int64_t total() const { return *std::max_element(past.begin(), past.end()) + tokens; }
    graph::Node attention() const {
        return node("GroupQueryAttention", 1,
                    {{"num_heads", heads},
                     {"kv_num_heads", kvHeads},
                     {"do_rotary", std::int64_t{rotary}},
                     {"rotary_interleaved", std::int64_t{interleaved}},
                     {"local_window_size", window},
                     {"scale", scale},
                     {"softcap", cap}},
                    3, "com.microsoft");
    }
};

struct Given {
    std::vector<float> q, k, v;  // [batch, tokens, heads, size]
    std::vector<float> pastK, pastV, cos, sin;
    std::vector<Tensor> inputs;
};

Tensor as(DataType type, const Tensor& floats) { return *tensor::convert(floats, type); }
std::vector<float> held(DataType type, const Tensor& floats) { return toFloats(as(type, floats)); }

Tensor ints32(const std::vector<std::int64_t>& values, bool scalar = false) {
    const Tensor list = *tensor::convert(Tensor::fromInt64s({static_cast<std::int64_t>(values.size())}, values), DataType::Int32);
    return scalar ? list.reshaped(Shape{}) : list;
}

Given given(const Step& s) {
    Given g;
    const Tensor q = noise({s.batch, s.tokens, s.heads * s.size}, 1), k = noise({s.batch, s.tokens, s.kvHeads * s.size}, 2),
                 v = noise({s.batch, s.tokens, s.kvHeads * s.size}, 3);
    g.q = held(s.type, q), g.k = held(s.type, k), g.v = held(s.type, v);
    std::vector<Tensor> inputs{as(s.type, q), as(s.type, k), as(s.type, v)};
    if (s.packed) {
        std::vector<float> rows;
        for (std::int64_t t = 0; t < s.batch * s.tokens; ++t)
            for (const auto* part : {&g.q, &g.k, &g.v}) {
                const auto width = static_cast<std::int64_t>(part->size()) / (s.batch * s.tokens);
                rows.insert(rows.end(), part->begin() + t * width, part->begin() + (t + 1) * width);
            }
        inputs = {as(s.type, floats({s.batch, s.tokens, (s.heads + 2 * s.kvHeads) * s.size}, rows)), Tensor(), Tensor()};
    }
    if (s.pastRows > 0) {
        const Tensor pastK = noise({s.batch, s.kvHeads, s.pastRows, s.size}, 4), pastV = noise({s.batch, s.kvHeads, s.pastRows, s.size}, 5);
        g.pastK = held(s.type, pastK), g.pastV = held(s.type, pastV);
        inputs.push_back(as(s.type, pastK)), inputs.push_back(as(s.type, pastV));
    } else {
        inputs.emplace_back(), inputs.emplace_back();
    }
    std::vector<std::int64_t> lengths;
    for (const std::int64_t past : s.past) lengths.push_back(past + s.tokens - 1);
    inputs.push_back(ints32(lengths));
    inputs.push_back(ints32({s.total()}, true));
    if (s.rotary) {
        std::vector<float> angles;
        for (std::int64_t p = 0; p < s.total() + 2; ++p)
            for (std::int64_t i = 0; i < s.half; ++i)
                angles.push_back(static_cast<float>(p) * std::pow(100.0F, -static_cast<float>(i) / static_cast<float>(s.half)));
        for (const float angle : angles) g.cos.push_back(std::cos(angle)), g.sin.push_back(std::sin(angle));
        const Tensor cos = floats({s.total() + 2, s.half}, g.cos), sin = floats({s.total() + 2, s.half}, g.sin);
        g.cos = held(s.type, cos), g.sin = held(s.type, sin);
        inputs.push_back(as(s.type, cos)), inputs.push_back(as(s.type, sin));
    }
    g.inputs = inputs;
    return g;
}

/// Value d of a head of `size` values, turned to position p.
double turned(const Step& s, const Given& g, const float* head, std::int64_t p, std::int64_t d) {
    if (!s.rotary || d >= 2 * s.half) return head[d];
    const std::int64_t i = s.interleaved ? d / 2 : d % s.half;
    const bool isSecond = s.interleaved ? d % 2 == 1 : d >= s.half;
    const std::int64_t other = s.interleaved ? d + (isSecond ? -1 : 1) : d + (isSecond ? -s.half : s.half);
    const double c = g.cos[static_cast<std::size_t>(p * s.half + i)], sn = g.sin[static_cast<std::size_t>(p * s.half + i)];
    return head[d] * c + head[other] * (isSecond ? sn : -sn);
}

struct Expected {
    std::vector<double> y, key, value;
};

Expected plain(const Step& s, const Given& g) {
    const std::int64_t rows = std::max(s.pastRows, s.total());
    Expected e;
    e.key.assign(static_cast<std::size_t>(s.batch * s.kvHeads * rows * s.size), 0), e.value = e.key;
    e.y.assign(static_cast<std::size_t>(s.batch * s.tokens * s.heads * s.size), 0);
    const auto at = [&](std::int64_t b, std::int64_t h, std::int64_t t, std::int64_t d) {
        return static_cast<std::size_t>(((b * s.kvHeads + h) * rows + t) * s.size + d);
    };
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t h = 0; h < s.kvHeads; ++h)
            for (std::int64_t t = 0; t < rows; ++t)
                for (std::int64_t d = 0; d < s.size; ++d) {
                    const std::int64_t past = s.past[static_cast<std::size_t>(b)];
                    if (t >= past && t < past + s.tokens) {
                        const auto head = static_cast<std::size_t>(((b * s.tokens + t - past) * s.kvHeads + h) * s.size);
                        e.key[at(b, h, t, d)] = turned(s, g, g.k.data() + head, t, d);
                        e.value[at(b, h, t, d)] = g.v[head + static_cast<std::size_t>(d)];
                    } else if (t < s.pastRows) {
                        const auto from = static_cast<std::size_t>(((b * s.kvHeads + h) * s.pastRows + t) * s.size + d);
                        e.key[at(b, h, t, d)] = g.pastK[from], e.value[at(b, h, t, d)] = g.pastV[from];
                    }
                }
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.tokens; ++n)
            for (std::int64_t h = 0; h < s.heads; ++h) {
                const std::int64_t p = s.past[static_cast<std::size_t>(b)] + n, kv = h / (s.heads / s.kvHeads);
                const float* q = g.q.data() + ((b * s.tokens + n) * s.heads + h) * s.size;
                std::vector<double> weights(static_cast<std::size_t>(p + 1), 0);
                double sum = 0;
                for (std::int64_t t = 0; t <= p; ++t) {
                    if (s.window > 0 && t + s.window <= p) continue;
                    double score = 0;
                    for (std::int64_t d = 0; d < s.size; ++d) score += turned(s, g, q, p, d) * e.key[at(b, kv, t, d)];
                    score *= s.scale == 0 ? 1 / std::sqrt(static_cast<double>(s.size)) : s.scale;
                    if (s.cap > 0) score = s.cap * std::tanh(score / s.cap);
                    weights[static_cast<std::size_t>(t)] = std::exp(score);
                    sum += std::exp(score);
                }
                for (std::int64_t t = 0; t <= p; ++t)
                    for (std::int64_t d = 0; d < s.size; ++d)
                        e.y[static_cast<std::size_t>(((b * s.tokens + n) * s.heads + h) * s.size + d)] +=
                            weights[static_cast<std::size_t>(t)] / sum * e.value[at(b, kv, t, d)];
            }
    return e;
}

void expectNear(const Tensor& tensor, const std::vector<double>& expected, double tolerance) {
    const auto values = toFloats(tensor);
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], expected[i], tolerance * (1 + std::fabs(expected[i]))) << i;
}

void expectAsStated(const Step& s) {
    const Given g = given(s);
    const Expected expected = plain(s, g);
    const auto results = call(s.attention(), g.inputs);
    ASSERT_TRUE(results) << results.error().text();
    const double tolerance = s.type == DataType::Float32 ? 2e-6 : s.type == DataType::Float16 ? 4e-3 : 3e-2;
    EXPECT_EQ((*results)[0].shape(), (Shape{s.batch, s.tokens, s.heads * s.size}));
    EXPECT_EQ((*results)[1].shape(), (Shape{s.batch, s.kvHeads, std::max(s.pastRows, s.total()), s.size}));
    for (const Tensor& result : *results) EXPECT_EQ(result.type(), s.type);
    expectNear((*results)[0], expected.y, tolerance);
    expectNear((*results)[1], expected.key, tolerance);
    expectNear((*results)[2], expected.value, 0);
}

TEST(GroupQueryAttention, PromptsAndStepsOfEveryKindAreAsStated) {
    expectAsStated({});
    expectAsStated({.tokens = 1, .pastRows = 5, .past = {5}});
    expectAsStated({.tokens = 4, .pastRows = 5, .past = {5}});
    expectAsStated({.tokens = 1, .heads = 6, .kvHeads = 1, .pastRows = 7, .past = {7}, .interleaved = true});
    expectAsStated({.batch = 2, .tokens = 2, .kvHeads = 4, .pastRows = 3, .past = {3, 3}, .rotary = false});
    expectAsStated({.batch = 2, .tokens = 5, .past = {0, 0}, .packed = true});
    expectAsStated({.batch = 2, .tokens = 1, .pastRows = 4, .past = {4, 4}, .packed = true, .interleaved = true});
    expectAsStated({.tokens = 2, .pastRows = 6, .past = {6}, .half = 2});
    expectAsStated({.tokens = 2, .pastRows = 6, .past = {6}, .half = 2, .scale = 0.7F, .cap = 1.5F});
}

TEST(GroupQueryAttention, PastCachesMayHaveRoomToSpare) {
    expectAsStated({.tokens = 1, .pastRows = 9, .past = {4}});
    expectAsStated({.tokens = 3, .pastRows = 9, .past = {0}});
    expectAsStated({.tokens = 3, .pastRows = 9, .past = {6}});
    expectAsStated({.tokens = 3, .pastRows = 5, .past = {4}});
    expectAsStated({.batch = 3, .tokens = 1, .pastRows = 9, .past = {2, 7, 5}});
}

TEST(GroupQueryAttention, AWindowLeavesTheLastKeys) {
    for (const std::int64_t window : {1, 2, 4, 100}) expectAsStated({.tokens = 3, .pastRows = 6, .past = {5}, .window = window});
}

TEST(GroupQueryAttention, SixteenBitTypesRoundOnlyWhatIsStored) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
        expectAsStated({.type = type});
        expectAsStated({.batch = 2, .tokens = 2, .pastRows = 8, .past = {3, 5}, .packed = true, .type = type});
    }
}

TEST(GroupQueryAttention, APromptPaddedAtItsEndStartsAtZero) {
    const Step s{.batch = 2, .tokens = 4, .past = {0, 0}};
    Given g = given(s);
    const auto whole = call(s.attention(), g.inputs);
    g.inputs[5] = ints32({3, 1});  // of the second row two tokens count
    const auto padded = call(s.attention(), g.inputs);
    ASSERT_TRUE(whole && padded);
    EXPECT_EQ(toFloats((*whole)[0]), toFloats((*padded)[0])) << "rows behind the padding are what causality makes of them";
    EXPECT_EQ(toFloats((*whole)[1]), toFloats((*padded)[1]));
}

TEST(GroupQueryAttention, WhatMakesNoSenseIsRefused) {
    const Step s{.tokens = 2, .pastRows = 4, .past = {4}};
    const Given g = given(s);
    const auto with = [&](std::size_t i, Tensor value) {
        auto inputs = g.inputs;
        inputs[i] = std::move(value);
        return refusal(s.attention(), inputs);
    };
    EXPECT_EQ(refusal(s.attention(), g.inputs), ErrorCode::Cancelled) << "the call itself is sound";
    EXPECT_EQ(with(0, noise({1, 2, 33}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(0, noise({1, 32}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(1, noise({1, 3, 16}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(2, Tensor()), ErrorCode::Refused);
    EXPECT_EQ(with(3, noise({1, 2, 4, 7}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(4, Tensor()), ErrorCode::Refused);
    EXPECT_EQ(with(5, ints32({6})), ErrorCode::Refused) << "beyond the total length";
    EXPECT_EQ(with(5, ints32({0})), ErrorCode::Refused) << "fewer than the new tokens";
    EXPECT_EQ(with(5, ints32({5, 5})), ErrorCode::Refused);
    EXPECT_EQ(with(5, Tensor()), ErrorCode::Refused);
    EXPECT_EQ(with(6, ints32({2147483647})), ErrorCode::Refused) << "more than there are";
    EXPECT_EQ(with(6, ints32({1})), ErrorCode::Refused);
    EXPECT_EQ(with(6, Tensor()), ErrorCode::Refused);
    EXPECT_EQ(with(7, noise({5, 4}, 1)), ErrorCode::Refused) << "tables that end too early";
    EXPECT_EQ(with(7, noise({8, 5}, 1)), ErrorCode::Refused);
    EXPECT_EQ(with(7, Tensor()), ErrorCode::Refused);
    const auto also = [&](std::size_t i, Tensor value) {
        auto inputs = g.inputs;
        inputs.resize(i + 1);
        inputs[i] = std::move(value);
        return refusal(s.attention(), inputs);
    };
    EXPECT_EQ(also(9, Tensor::fromInt64s({1, 2}, {0, 99})), ErrorCode::Refused) << "a position outside the tables";
    EXPECT_EQ(also(9, Tensor::fromInt64s({2}, {0, 1})), ErrorCode::Refused);
    EXPECT_EQ(also(10, noise({1, 1, 2, 5}, 1)), ErrorCode::Refused) << "a bias for five of six keys";
    EXPECT_EQ(also(11, noise({3}, 1)), ErrorCode::Refused) << "three sinks of four heads";
    EXPECT_EQ(also(12, Tensor::scalar(1)), ErrorCode::Unsupported) << "a quantised cache";
    EXPECT_EQ(also(14, noise({8}, 1)), ErrorCode::Unsupported) << "normed queries";
    for (const auto& [key, value] : {std::pair<std::string, graph::Attribute>{"k_quant_type", std::string("PER_TENSOR")},
                                     {"causal", std::int64_t{0}}, {"qk_output", std::int64_t{1}},
                                     {"sliding_window_cache", std::int64_t{1}}}) {
        graph::Node changed = s.attention();
        changed.attributes[key] = value;
        EXPECT_EQ(refusal(changed, g.inputs), ErrorCode::Unsupported) << key;
    }
    for (const auto& [key, value] : {std::pair<std::string, std::int64_t>{"num_heads", 0}, {"kv_num_heads", 3}, {"kv_num_heads", 0}}) {
        graph::Node changed = s.attention();
        changed.attributes[key] = value;
        EXPECT_EQ(refusal(changed, g.inputs), ErrorCode::Refused) << key;
    }
    const auto nothing =
        call(Step{.tokens = 0, .pastRows = 4, .past = {4}}.attention(), given({.tokens = 0, .pastRows = 4, .past = {4}}).inputs);
    ASSERT_TRUE(nothing) << nothing.error().text();
    EXPECT_EQ((*nothing)[0].elementCount(), 0);
}

TEST(RotaryEmbedding, TurnsPairsByTheAngleOfThePosition) {
    const std::int64_t half = 3;
    std::vector<float> angles, cos, sin;
    for (int p = 0; p < 9; ++p)
        for (int i = 0; i < half; ++i) angles.push_back(0.3F * static_cast<float>(p) / static_cast<float>(i + 1));
    for (const float angle : angles) cos.push_back(std::cos(angle)), sin.push_back(std::sin(angle));
    const Tensor x = noise({2, 3, 12}, 7), cosines = floats({9, 3}, cos), sines = floats({9, 3}, sin);
    const Ints ids{0, 4, 8, 2, 1, 7};
    const Tensor positions = Tensor::fromInt64s({2, 3}, ids);
    for (const bool interleaved : {false, true}) {
        const graph::Node rotary = node("RotaryEmbedding", 1, {{"interleaved", std::int64_t{interleaved}}}, 1, "com.microsoft");
        const auto y = toFloats(first(rotary, {x, positions, cosines, sines}));
        for (std::size_t token = 0; token < 6; ++token)
            for (std::size_t h = 0; h < 2; ++h)
                for (std::size_t i = 0; i < 3; ++i) {
                    const std::size_t a = token * 12 + h * 6 + (interleaved ? 2 * i : i), b = interleaved ? a + 1 : a + 3;
                    const double angle = angles[static_cast<std::size_t>(ids[token]) * 3 + i], u = x.data<float>()[a],
                                 v = x.data<float>()[b];
                    EXPECT_NEAR(y[a], u * std::cos(angle) - v * std::sin(angle), 1e-6);
                    EXPECT_NEAR(y[b], v * std::cos(angle) + u * std::sin(angle), 1e-6);
                }
    }
}

TEST(RotaryEmbedding, TakesAnOffsetFourAxesAndPartOfAHead) {
    const Tensor cos = noise({9, 2}, 1), sin = noise({9, 2}, 2), x = noise({1, 3, 2, 6}, 3);  // [batch, tokens, heads, size]
    const auto rotary = [](Attributes attributes) { return node("RotaryEmbedding", 1, std::move(attributes), 1, "com.microsoft"); };
    const graph::Node part = rotary({{"num_heads", std::int64_t{2}}, {"rotary_embedding_dim", std::int64_t{4}}});
    const Tensor flat = x.reshaped(Shape{1, 3, 12});
    const Tensor byIds = first(part, {flat, Tensor::fromInt64s({1, 3}, {4, 5, 6}), cos, sin});
    EXPECT_EQ(toFloats(byIds), toFloats(first(part, {flat, Tensor::fromInt64s({1}, {4}), cos, sin}))) << "one id is the first token's";
    for (std::size_t head = 0; head < 6; ++head)
        for (std::size_t d = 4; d < 6; ++d)
            EXPECT_EQ(toFloats(byIds)[head * 6 + d], toFloats(x)[head * 6 + d]) << "behind the rotated part";
    const graph::Node swap = node("Transpose", 13, {{"perm", Ints{0, 2, 1, 3}}});
    const Tensor heads = first(rotary({}), {first(swap, {x}), Tensor::fromInt64s({1}, {4}), cos, sin});
    EXPECT_EQ(toFloats(first(swap, {heads})), toFloats(byIds));

    EXPECT_EQ(refusal(part, {flat, Tensor::fromInt64s({1}, {7}), cos, sin}), ErrorCode::Refused) << "position 9 of 9";
    EXPECT_EQ(refusal(part, {flat, Tensor::fromInt64s({1}, {-1}), cos, sin}), ErrorCode::Refused);
    EXPECT_EQ(refusal(part, {flat, Tensor::fromInt64s({1}, {INT64_MAX}), cos, sin}), ErrorCode::Refused);
    EXPECT_EQ(refusal(part, {flat, Tensor::fromInt64s({2}, {1, 2}), cos, sin}), ErrorCode::Refused);
    EXPECT_EQ(refusal(part, {flat, Tensor::fromInt64s({1}, {0}), cos, noise({9, 3}, 1)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(rotary({{"num_heads", std::int64_t{5}}}), {flat, Tensor::fromInt64s({1}, {0}), cos, sin}), ErrorCode::Refused);
    const graph::Node scaled = rotary({{"num_heads", std::int64_t{2}}, {"rotary_embedding_dim", std::int64_t{4}}, {"scale", 2.0F}});
    EXPECT_EQ(toFloats(first(scaled, {flat, Tensor::fromInt64s({1}, {4}), cos, sin})), toFloats(byIds))
        << "a scale is for tables that grow";
}

/// x / √(mean(x²) + ε) · gamma over rows of `columns`.
std::vector<double> rms(const std::vector<float>& x, const std::vector<float>& gamma, double epsilon) {
    std::vector<double> y;
    for (std::size_t row = 0; row < x.size(); row += gamma.size()) {
        double sum = 0;
        for (std::size_t i = 0; i < gamma.size(); ++i) sum += double{x[row + i]} * x[row + i];
        for (std::size_t i = 0; i < gamma.size(); ++i)
            y.push_back(x[row + i] / std::sqrt(sum / static_cast<double>(gamma.size()) + epsilon) * gamma[i]);
    }
    return y;
}

TEST(SimplifiedLayerNormalization, DividesByTheRootMeanSquare) {
    for (const char* domain : {"", "com.microsoft"}) {
        for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
            const Tensor x = as(type, noise({2, 3, 7}, 1)), gamma = as(type, noise({7}, 2));
            const auto results =
                call(node("SimplifiedLayerNormalization", domain[0] ? 1 : 17, {{"epsilon", 0.01F}}, 2, domain), {x, gamma});
            ASSERT_TRUE(results) << results.error().text();
            EXPECT_EQ((*results)[0].type(), type);
            expectNear((*results)[0], rms(toFloats(x), toFloats(gamma), 0.01),
                       type == DataType::Float32   ? 1e-6
                       : type == DataType::Float16 ? 6e-4
                                                   : 5e-3);
            EXPECT_EQ((*results)[1].shape(), (Shape{2, 3, 1}));
            EXPECT_EQ((*results)[1].type(), DataType::Float32);
            double sum = 0;
            for (std::size_t i = 0; i < 7; ++i) sum += double{toFloats(x)[i]} * toFloats(x)[i];
            EXPECT_NEAR(toFloats((*results)[1])[0], 1 / std::sqrt(sum / 7 + 0.01), 1e-6);
        }
    }
}

TEST(SkipSimplifiedLayerNormalization, NormalisesTheSumAndHandsItOn) {
    graph::Node skipNorm = node("SkipSimplifiedLayerNormalization", 1, {{"epsilon", 0.01F}}, 4, "com.microsoft");
    skipNorm.outputs[1] = graph::kNoValue;
    skipNorm.outputs[2] = graph::kNoValue;
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        for (const Shape& skipShape : {Shape{2, 3, 5}, Shape{3, 5}, Shape{1, 3, 5}}) {
            const Tensor x = as(type, noise({2, 3, 5}, 1)), skip = as(type, noise(skipShape, 2)), gamma = as(type, noise({5}, 3)),
                         bias = as(type, noise({5}, 4));
            for (const bool biased : {false, true}) {
                const auto results = call(skipNorm, {x, skip, gamma, biased ? bias : Tensor()});
                ASSERT_TRUE(results) << results.error().text();
                std::vector<float> sum;
                for (std::size_t i = 0; i < 30; ++i)
                    sum.push_back(static_cast<float>(double{toFloats(x)[i]} + toFloats(skip)[i % toFloats(skip).size()] +
                                                     (biased ? toFloats(bias)[i % 5] : 0.0F)));
                sum = held(type, floats({30}, sum));
                EXPECT_EQ(toFloats((*results)[3]), sum);
                EXPECT_EQ((*results)[0].type(), type);
                expectNear((*results)[0], rms(sum, toFloats(gamma), 0.01),
                           type == DataType::Float32   ? 1e-6
                           : type == DataType::Float16 ? 6e-4
                                                       : 5e-3);
            }
        }
    }
    EXPECT_EQ(refusal(skipNorm, {noise({1, 5}, 1), noise({3, 5}, 1), noise({5}, 1)}), ErrorCode::Refused) << "a skip larger than the input";
    EXPECT_EQ(refusal(skipNorm, {noise({3, 5}, 1), noise({3, 4}, 1), noise({5}, 1)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(skipNorm, {noise({3, 5}, 1), noise({3, 5}, 1), noise({4}, 1)}), ErrorCode::Refused);
    skipNorm.outputs[1] = 9;
    EXPECT_EQ(refusal(skipNorm, {noise({3, 5}, 1), noise({3, 5}, 1), noise({5}, 1)}), ErrorCode::Unsupported);
}

}  // namespace
}  // namespace trimtab::ref::testing
