#include "tests/core/runtime/exported_decoder.h"

#include "tests/kernels/cpu/graph_maker.h"

namespace trimtab::runtime {
namespace {

using graph::Dim;
using test::GraphMaker;
using test::normalTensor;
using test::ValueId;

constexpr std::int64_t kVocabulary = 16, kWidth = 8;

Tensor ints(std::vector<std::int64_t> values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }

class Decoding {
public:
    explicit Decoding(Exported kind) : m_kind(kind) {}

    Graph graph() {
        const Dim batch = Dim::named("batch"), tokens = Dim::named("tokens"), all = Dim::named("all");
        const std::vector<Dim> cache{batch, Dim::known(1), Dim::named("past"), Dim::known(kWidth)};
        const ValueId ids = m_make.input("input_ids", DataType::Int64, {batch, tokens});
        const ValueId mask = m_make.input("attention_mask", DataType::Int64, {batch, all});
        const ValueId positions =
            m_kind == Exported::CountedRows ? graph::kNoValue : m_make.input("position_ids", DataType::Int64, {batch, tokens});
        ValueId pastValue = graph::kNoValue;
        if (m_kind != Exported::WholeText) {
            m_pastKey = m_make.input("past_key_values.0.key", cacheType(), cache);
            pastValue = m_make.input("past_key_values.0.value", cacheType(), cache);
        }
        const ValueId embedded = m_make.node("Gather", {weight({kVocabulary, kWidth}), ids});
        const ValueId table = weight({kExportedTokens, kWidth});
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
        if (m_kind != Exported::WholeText)
            for (const ValueId id : {key, value}) m_make.output(id);
        Graph made = m_make.finish();
        made.value(logits).name = "logits";
        if (m_kind == Exported::WholeText) return made;
        made.value(key).name = "present.0.key";
        made.value(value).name = "present.0.value";
        return made;
    }

private:
    ValueId weight(const Shape& shape) { return m_make.constant(normalTensor(shape, ++m_seed, 0.6)); }
    ValueId headOf(ValueId x) {
        return m_make.node("Unsqueeze", {m_make.node("MatMul", {x, weight({kWidth, kWidth})}), m_make.constant(ints({1}))});
    }
    DataType cacheType() const { return m_kind == Exported::HalfCaches ? DataType::Float16 : DataType::Float32; }
    ValueId cast(ValueId x, DataType type) { return m_make.node("Cast", {x}, {{"to", std::int64_t{tensor::onnxNumber(type)}}}); }
    ValueId floats(ValueId rows) { return m_kind == Exported::HalfCaches ? cast(rows, DataType::Float32) : rows; }
    ValueId behind(ValueId past, ValueId rows) {
        if (past == graph::kNoValue) return rows;
        if (m_kind == Exported::HalfCaches) rows = cast(rows, DataType::Float16);
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
        const float factor = m_kind == Exported::UnreadMask ? 0.0F : -1e9F;
        ValueId rows = m_make.node("Mul", {hidden, m_make.constant(Tensor::fromFloats(Shape{}, {factor}))});
        if (m_kind == Exported::LimitedRows) {
            const ValueId zeros = m_make.constant(Tensor::fromFloats(Shape{kExportedTokens}, std::vector<float>(kExportedTokens, 0)));
            const ValueId all = range(m_make.constant(Tensor::fromInt64s(Shape{}, {0})), extent(mask, 1));
            rows = m_make.node("Add", {rows, m_make.node("Gather", {zeros, all})});
        }
        return m_make.node("Unsqueeze", {rows, m_make.constant(ints({1, 2}))});
    }

    Exported m_kind;
    GraphMaker m_make;
    ValueId m_pastKey = graph::kNoValue;
    std::uint64_t m_seed = 0;
};

}  // namespace

Graph exportedDecoder(Exported kind) { return Decoding(kind).graph(); }

}  // namespace trimtab::runtime
