// Keys and values of few bits: both engines against attention over operands that were rounded before.
#include <cmath>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/attention/kv_rounding.h"
#include "core/tensor/kept_row.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

constexpr std::int64_t kHeads = 3, kTokens = 11, kChannels = 8;
const Shape kRows{2, kHeads, kTokens, kChannels};

/// softmax(q · kᵀ / √d) · v as models have it, with the key transposed in the graph.
Graph attention(int bits, bool perChannel) {
    GraphMaker maker;
    const auto treat = [&] {
        maker.last().treatment.kvBits = bits;
        maker.last().treatment.kvPerChannel = perChannel;
    };
    const auto k = maker.node("Transpose", {maker.input("k", kRows)}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
    const auto scores = maker.node("MatMul", {maker.input("q", kRows), k});
    treat();
    const auto scaled = maker.node("Mul", {scores, maker.constant(Tensor::fromFloats(Shape{}, {0.35F}))});
    const auto weights = maker.node("Softmax", {scaled}, {{"axis", std::int64_t{-1}}});
    maker.output(maker.node("MatMul", {weights, maker.input("v", kRows)}));
    treat();
    return maker.finish();
}

/// The rows [tokens, channels] of each head, rounded by plain loops.
Tensor rounded(const Tensor& rows, int bits, bool perChannel) {
    Tensor out = *rows.clone();
    const auto values = out.mutableData<float>();
    const std::int64_t lines = perChannel ? kChannels : kTokens, length = perChannel ? kTokens : kChannels;
    for (std::int64_t head = 0; head < 2 * kHeads; ++head) {
        for (std::int64_t line = 0; line < lines; ++line) {
            const auto at = [&](std::int64_t i) -> float& {
                return values[static_cast<std::size_t>(head * kTokens * kChannels +
                                                       (perChannel ? i * kChannels + line : line * kChannels + i))];
            };
            float low = at(0), high = at(0);
            for (std::int64_t i = 0; i < length; ++i) low = std::min(low, at(i)), high = std::max(high, at(i));
            const float scale = (high - low) / static_cast<float>((1 << bits) - 1);
            for (std::int64_t i = 0; i < length; ++i) at(i) = low + scale * std::nearbyint((at(i) - low) / scale);
        }
    }
    return out;
}

std::vector<NamedTensor> inputs() {
    return {{"q", normalTensor(kRows, 1)}, {"k", normalTensor(kRows, 2, 2.0)}, {"v", normalTensor(kRows, 3)}};
}

TEST(KeptCache, AttentionReadsWhatTheCacheGivesBack) {
    for (const int bits : {8, 4}) {
        for (const bool perChannel : {false, true}) {
            auto before = inputs();
            for (const std::size_t i : {1U, 2U}) before[i].tensor = rounded(before[i].tensor, bits, perChannel);
            const auto expected = runOnReference(attention(32, false), before);
            const auto got = runOnReference(attention(bits, perChannel), inputs());
            expectClose(got, expected, {1e-5, 1e-5});
            const auto exact = runOnReference(attention(32, false), inputs());
            double difference = 0;
            for (std::size_t i = 0; i < got.front().tensor.data<float>().size(); ++i)
                difference = std::max(
                    difference, std::abs(static_cast<double>(got.front().tensor.data<float>()[i]) - exact.front().tensor.data<float>()[i]));
            EXPECT_GT(difference, bits == 4 ? 1e-2 : 1e-4) << "the rounding shows";
        }
    }
}

TEST(KeptCache, TheCpuImitatesItAndSaysSo) {
    for (const int bits : {8, 4}) {
        for (const bool perChannel : {false, true}) {
            const auto layers = expectLikeReference(attention(bits, perChannel), inputs(), {1e-5, 1e-5});
            const auto product = layerOf(layers, "MatMul");
            EXPECT_EQ(product.execution, trace::Execution::Emulated);
            EXPECT_NE(product.reason.find("rounded to " + std::to_string(bits) + " bits"), std::string::npos) << product.reason;
        }
    }
}

TEST(KeptCache, RoundsBeforeTheTypeOfTheProducts) {
    Graph graph = attention(4, false);
    for (graph::Node& node : graph.nodes)
        if (node.op == "MatMul") node.treatment.compute = graph::ComputeType::BFloat16;
    expectLikeReference(graph, inputs(), {1e-3, 1e-3});
}

TEST(KeptCache, TheFusedOperatorReadsTheSameRows) {
    const auto graphOf = [](int bits, bool perChannel) {
        GraphMaker maker;
        const Shape rows{2, kTokens, kHeads * kChannels};
        std::vector<ValueId> read;
        for (const char* name : {"q", "k", "v"}) read.push_back(maker.input(name, rows));
        maker.output(maker.node("MultiHeadAttention", read, {{"num_heads", kHeads}}, "com.microsoft"));
        maker.last().treatment.kvBits = bits;
        maker.last().treatment.kvPerChannel = perChannel;
        return maker.finish();
    };
    // From [batch, heads, tokens, channels] to what the operator takes.
    const auto asRows = [](const Tensor& heads) {
        std::vector<float> values(heads.data<float>().size());
        for (std::int64_t b = 0; b < 2; ++b)
            for (std::int64_t h = 0; h < kHeads; ++h)
                for (std::int64_t t = 0; t < kTokens; ++t)
                    for (std::int64_t c = 0; c < kChannels; ++c)
                        values[static_cast<std::size_t>(((b * kTokens + t) * kHeads + h) * kChannels + c)] =
                            heads.data<float>()[static_cast<std::size_t>(((b * kHeads + h) * kTokens + t) * kChannels + c)];
        return Tensor::fromFloats(Shape{2, kTokens, kHeads * kChannels}, values);
    };
    for (const bool perChannel : {false, true}) {
        auto plain = inputs(), before = inputs();
        for (const std::size_t i : {1U, 2U}) before[i].tensor = rounded(before[i].tensor, 4, perChannel);
        for (auto* set : {&plain, &before})
            for (NamedTensor& input : *set) input.tensor = asRows(input.tensor);
        const auto layers = expectLikeReference(graphOf(4, perChannel), plain, {1e-5, 1e-5});
        EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
        expectClose(runOnReference(graphOf(4, perChannel), plain), runOnReference(graphOf(32, false), before), {1e-5, 1e-5});
    }
}

TEST(KeptCache, GroupsOfQueriesReadOneRoundedHead) {
    const auto graphOf = [](int bits) {
        GraphMaker maker;
        const auto q = maker.input("q", Shape{1, 5, 32});
        const auto k = maker.input("k", Shape{1, 5, 16});
        const auto v = maker.input("v", Shape{1, 5, 16});
        const auto lengths = maker.constant(Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{1}, {4}));
        const auto total = maker.constant(Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{1}, {5}));
        maker.output(maker.node("GroupQueryAttention", {q, k, v, graph::kNoValue, graph::kNoValue, lengths, total},
                                {{"num_heads", std::int64_t{4}}, {"kv_num_heads", std::int64_t{2}}}, "com.microsoft", 3));
        maker.last().treatment.kvBits = bits;
        return maker.finish();
    };
    const Tensor q = normalTensor(Shape{1, 5, 32}, 1), k = normalTensor(Shape{1, 5, 16}, 2), v = normalTensor(Shape{1, 5, 16}, 3);
    // Each token of each head is a row of 8 consecutive values.
    const auto ofRows = [](const Tensor& rows) {
        Tensor out = *rows.clone();
        graph::roundCache(rows.data<float>(), 10, 8, true, 4, out.mutableData<float>());
        return out;
    };
    const auto kept = runOnReference(graphOf(4), {{"q", q}, {"k", k}, {"v", v}});
    expectClose(kept, runOnReference(graphOf(32), {{"q", q}, {"k", ofRows(k)}, {"v", ofRows(v)}}), {1e-6, 1e-6});
}

/// Rows of codes are written as tokens come, and read by the tokens after them.
class CodesInPlace : public testing::TestWithParam<std::tuple<int, std::int64_t>> {
protected:
    static constexpr std::int64_t kQueryHeads = 4, kKeyHeads = 2, kText = 70;
    int bits() const { return std::get<0>(GetParam()); }
    std::int64_t size() const { return std::get<1>(GetParam()); }

    /// Tokens [first, last) of the text; `capacity` 0: no caches.
    Graph step(std::int64_t first, std::int64_t last, std::int64_t capacity) const {
        GraphMaker maker;
        const std::int64_t tokens = last - first;
        std::vector<ValueId> read{maker.input("q", Shape{1, tokens, kQueryHeads * size()})};
        for (const char* name : {"k", "v"}) read.push_back(maker.input(name, Shape{1, tokens, kKeyHeads * size()}));
        const auto rows = graph::ValueType::of(DataType::UInt8, Shape{1, kKeyHeads, capacity, tensor::keptRowBytes(size(), bits())});
        for (const char* name : {"keys", "values"})
            read.push_back(capacity > 0 ? maker.input(name, DataType::UInt8, rows.dims.value()) : graph::kNoValue);
        const auto number = [&](std::int64_t value, const Shape& shape) {
            return maker.constant(Tensor::fromValues(DataType::Int32, shape, std::vector{static_cast<std::int32_t>(value)}));
        };
        read.insert(read.end(), {number(last - 1, Shape{1}), number(last, Shape{})});
        std::map<std::string, Attribute> attributes{{"num_heads", kQueryHeads}, {"kv_num_heads", kKeyHeads}};
        if (capacity > 0) attributes[graph::kCachesInPlace] = std::int64_t{1};
        maker.output(maker.node("GroupQueryAttention", read, attributes, "com.microsoft", 3));
        maker.last().treatment.kvBits = bits();
        maker.last().outputs.resize(1);
        return maker.finish();
    }

    Tensor part(const Tensor& text, std::int64_t first, std::int64_t last) const {
        const std::int64_t width = text.shape()[2];
        const auto values =
            text.data<float>().subspan(static_cast<std::size_t>(first * width), static_cast<std::size_t>((last - first) * width));
        return Tensor::fromFloats(Shape{1, last - first, width}, {values.begin(), values.end()});
    }
};

TEST_P(CodesInPlace, StepByStepAgreeWithTheWholeTextOnTheReference) {
    const Tensor q = normalTensor(Shape{1, kText, kQueryHeads * size()}, 1);
    Tensor k = normalTensor(Shape{1, kText, kKeyHeads * size()}, 2, 2.0);
    const Tensor v = normalTensor(Shape{1, kText, kKeyHeads * size()}, 3);
    for (float& value : k.mutableData<float>().subspan(0, static_cast<std::size_t>(size()))) value = 0.7F;  // a row without a range
    const auto whole = runOnReference(step(0, kText, 0), {{"q", q}, {"k", k}, {"v", v}});
    const Shape rows{1, kKeyHeads, kText + 3, tensor::keptRowBytes(size(), bits())};
    const Tensor keys = *Tensor::zeros(DataType::UInt8, rows), values = *Tensor::zeros(DataType::UInt8, rows);
    std::int64_t first = 0;
    for (const std::int64_t last : {std::int64_t{66}, std::int64_t{67}, std::int64_t{68}, kText}) {
        auto outcome = runOnCpu(
            step(first, last, kText + 3),
            {{"q", part(q, first, last)}, {"k", part(k, first, last)}, {"v", part(v, first, last)}, {"keys", keys}, {"values", values}});
        const std::string name = outcome.outputs.front().name;
        expectClose(outcome.outputs, {{name, part(whole.front().tensor, first, last)}}, {2e-5, 2e-5});
        EXPECT_EQ(outcome.layers.front().execution, trace::Execution::Native) << outcome.layers.front().reason;
        EXPECT_NE(outcome.layers.front().kernel.find(std::to_string(bits()) + " bits"), std::string::npos);
        first = last;
    }
}

INSTANTIATE_TEST_SUITE_P(WidthsAndSizes, CodesInPlace, testing::Combine(testing::Values(8, 4), testing::Values(8, 16, 20, 64)));

}  // namespace
}  // namespace trimtab::test
