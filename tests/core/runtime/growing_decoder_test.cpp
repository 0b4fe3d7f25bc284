// Caches that are handed on behind rows that the mask hides, and texts that are filled up: the shapes of many steps are the same, and what
// is answered stays what it is without. Graphs that would see the rows, or count them, get none.
#include "core/runtime/generation/growing_decoder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/kernels/cpu/graph_maker.h"

namespace trimtab::runtime {
namespace {

using graph::Dim;
using test::GraphMaker;
using test::normalTensor;
using test::ValueId;
using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kVocabulary = 16, kWidth = 8, kCapacity = 160;

enum class Kind {
    GivenPositions,
    HalfCaches,   // as these, with caches of float16
    LimitedRows,  // as these, with a table that has one row for each token of the capacity
    CountedRows,  // positions follow from the number of rows
    UnreadMask,
    WholeText,  // without caches
};

Tensor ints(std::vector<std::int64_t> values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }

/// One attention of one head, as exporters write it: a mask of all tokens, and keys and values that come in and go out; of WholeText none
/// do. Tokens see later ones of the same run.
class Decoding {
public:
    explicit Decoding(Kind kind) : m_kind(kind) {}

    Graph graph() {
        const Dim batch = Dim::named("batch"), tokens = Dim::named("tokens"), all = Dim::named("all");
        const std::vector<Dim> cache{batch, Dim::known(1), Dim::named("past"), Dim::known(kWidth)};
        const ValueId ids = m_make.input("input_ids", DataType::Int64, {batch, tokens});
        const ValueId mask = m_make.input("attention_mask", DataType::Int64, {batch, all});
        const ValueId positions =
            m_kind == Kind::CountedRows ? graph::kNoValue : m_make.input("position_ids", DataType::Int64, {batch, tokens});
        ValueId pastValue = graph::kNoValue;
        if (m_kind != Kind::WholeText) {
            m_pastKey = m_make.input("past_key_values.0.key", cacheType(), cache);
            pastValue = m_make.input("past_key_values.0.value", cacheType(), cache);
        }
        const ValueId embedded = m_make.node("Gather", {weight({kVocabulary, kWidth}), ids});
        const ValueId table = weight({kCapacity, kWidth});
        const ValueId placed = m_make.node("Gather", {table, positions == graph::kNoValue ? countedPositions(ids) : positions});
        const ValueId x = m_make.node("Add", {embedded, placed});
        const ValueId key = behind(m_pastKey, headOf(x));
        const ValueId value = behind(pastValue, headOf(x));
        const ValueId turned = m_make.node("Transpose", {floats(key)}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
        const ValueId scores = m_make.node("MatMul", {headOf(x), turned});
        const ValueId shares = m_make.node("Softmax", {m_make.node("Add", {scores, bias(mask)})}, {{"axis", std::int64_t{-1}}});
        const ValueId mixed = m_make.node("Squeeze", {m_make.node("MatMul", {shares, floats(value)}), m_make.constant(ints({1}))});
        const ValueId logits = m_make.node("MatMul", {m_make.node("Add", {x, mixed}), weight({kWidth, kVocabulary})});
        m_make.output(logits);
        if (m_kind != Kind::WholeText)
            for (const ValueId id : {key, value}) m_make.output(id);
        Graph made = m_make.finish();
        made.value(logits).name = "logits";
        if (m_kind == Kind::WholeText) return made;
        made.value(key).name = "present.0.key";
        made.value(value).name = "present.0.value";
        return made;
    }

private:
    ValueId weight(const Shape& shape) { return m_make.constant(normalTensor(shape, ++m_seed, 0.6)); }
    ValueId headOf(ValueId x) {
        return m_make.node("Unsqueeze", {m_make.node("MatMul", {x, weight({kWidth, kWidth})}), m_make.constant(ints({1}))});
    }
    DataType cacheType() const { return m_kind == Kind::HalfCaches ? DataType::Float16 : DataType::Float32; }
    ValueId cast(ValueId x, DataType type) { return m_make.node("Cast", {x}, {{"to", std::int64_t{tensor::onnxNumber(type)}}}); }
    ValueId floats(ValueId rows) { return m_kind == Kind::HalfCaches ? cast(rows, DataType::Float32) : rows; }
    ValueId behind(ValueId past, ValueId rows) {
        if (past == graph::kNoValue) return rows;
        if (m_kind == Kind::HalfCaches) rows = cast(rows, DataType::Float16);
        return m_make.node("Concat", {past, rows}, {{"axis", std::int64_t{2}}});
    }
    ValueId extent(ValueId of, std::int64_t axis) {
        return m_make.node("Gather", {m_make.node("Shape", {of}), m_make.constant(Tensor::fromInt64s(Shape{}, {axis}))});
    }
    ValueId range(ValueId begin, ValueId end) {
        return m_make.node("Range", {begin, end, m_make.constant(Tensor::fromInt64s(Shape{}, {1}))});
    }
    /// past, past + 1, …: by the rows that there are.
    ValueId countedPositions(ValueId ids) {
        const ValueId past = extent(m_pastKey, 2);
        return range(past, m_make.node("Add", {past, extent(ids, 1)}));
    }
    /// −10⁹ where the mask is 0; of UnreadMask 0 everywhere.
    ValueId bias(ValueId mask) {
        const ValueId seen = cast(mask, DataType::Float32);
        const ValueId hidden = m_make.node("Sub", {m_make.constant(Tensor::fromFloats(Shape{}, {1})), seen});
        const float factor = m_kind == Kind::UnreadMask ? 0.0F : -1e9F;
        ValueId rows = m_make.node("Mul", {hidden, m_make.constant(Tensor::fromFloats(Shape{}, {factor}))});
        if (m_kind == Kind::LimitedRows) {
            const ValueId zeros = m_make.constant(Tensor::fromFloats(Shape{kCapacity}, std::vector<float>(kCapacity, 0)));
            const ValueId all = range(m_make.constant(Tensor::fromInt64s(Shape{}, {0})), extent(mask, 1));
            rows = m_make.node("Add", {rows, m_make.node("Gather", {zeros, all})});
        }
        return m_make.node("Unsqueeze", {rows, m_make.constant(ints({1, 2}))});
    }

    Kind m_kind;
    GraphMaker m_make;
    ValueId m_pastKey = graph::kNoValue;
    std::uint64_t m_seed = 0;
};

struct PlanCounter final : trace::NodeListener {
    int plans = 0;
    void beginNode(std::int32_t layer) override { plans += layer == trace::kPlanning ? 1 : 0; }
    void endNode(std::int32_t) override {}
};

std::unique_ptr<Decoder> decoderOf(Engine& engine, Kind kind) {
    auto model = growingDecoder(Decoding(kind).graph());
    EXPECT_TRUE(model) << model.error().text();
    auto decoder = GrowingDecoder::make(engine, std::move(*model), {}, 2, kCapacity);
    EXPECT_TRUE(decoder) << decoder.error().text();
    return std::move(*decoder);
}

/// Reads a text to the last token that there is room for, in parts, twice. Plans of each time; none of them for the prompt and the step
/// behind it where these were planned for beforehand.
std::vector<int> plansOf(Kind kind, bool keepsShapes) {
    const auto engine = cpu::makeCpuEngine(1);
    const auto reference = ref::makeReferenceEngine();
    const auto decoder = decoderOf(*engine, kind), beside = decoderOf(*reference, kind);
    EXPECT_EQ(decoder->plansEachStep(), !keepsShapes);
    EXPECT_FALSE(beside->plansEachStep());
    const double rounding = kind == Kind::HalfCaches ? 1e-2 : 1e-4;
    std::vector<int> plans;
    for (const bool again : {false, true}) {
        EXPECT_TRUE(decoder->prepare(5));
        PlanCounter counter;
        decoder->listen(&counter);
        for (std::int64_t step = 0; decoder->lengths().front() < kCapacity; ++step) {
            const std::size_t part = step == 0 ? 5 : step == 70 ? 11 : 1;
            const std::vector<Tokens> next{Tokens(part, step * 5 % kVocabulary), Tokens(part, step * 3 % kVocabulary)};
            const auto got = decoder->feed(next), wanted = beside->feed(next);
            if (!got || !wanted) {
                ADD_FAILURE() << "step " << step << " of " << again << ": " << (got ? wanted : got).error().text();
                return {};
            }
            for (std::size_t i = 0; i < wanted->size(); ++i)
                EXPECT_NEAR((*got)[i], (*wanted)[i], rounding) << "step " << step << ", logit " << i;
            if (keepsShapes && step < 2) {
                EXPECT_EQ(counter.plans, 0) << "step " << step;
            }
        }
        decoder->listen(nullptr);
        decoder->clear();
        beside->clear();
        plans.push_back(counter.plans);
    }
    return plans;
}

TEST(GrowingDecoder, StepsOfManyLengthsShareAPlanWhereTheMaskHidesRows) {
    // Rows run out at 64 and 128 tokens, and eleven tokens at once are a shape of their own.
    for (const Kind kind : {Kind::GivenPositions, Kind::HalfCaches, Kind::LimitedRows})
        for (const int plans : plansOf(kind, true)) EXPECT_LE(plans, 4) << static_cast<int>(kind);
}

TEST(GrowingDecoder, WhatWouldSeeMoreRowsIsPlannedForEveryLength) {
    for (const Kind kind : {Kind::CountedRows, Kind::UnreadMask, Kind::WholeText})
        for (const int plans : plansOf(kind, false)) EXPECT_GE(plans, 140) << static_cast<int>(kind);
}

}  // namespace
}  // namespace trimtab::runtime
