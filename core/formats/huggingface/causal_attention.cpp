#include "core/formats/huggingface/causal_attention.h"

#include <cmath>

#include "core/base/parallel.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::kNoValue;
using graph::ValueId;

constexpr std::int64_t kOnnxInt32 = 6;  // TensorProto.DataType

}  // namespace

/// seqlens_k int32 [batch] = sequence − 1, total_sequence_length int32 = sequence.
CausalAttention::CausalAttention(GraphBuilder& builder, ValueId ids) : m_builder(builder) {
    const ValueId shape = builder.node("/lengths/Shape", "Shape", {ids});
    const ValueId zero = builder.integers("lengths.zero", {0});
    const ValueId one = builder.graph().addConstant("lengths.one", Tensor::fromInt64s(Shape{}, {1}));
    m_total = builder.node("/lengths/TotalCast", "Cast", {builder.node("/lengths/Total", "Gather", {shape, one})}, {{"to", kOnnxInt32}});
    const ValueId step =
        builder.graph().addConstant("lengths.step", Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{1}));
    const ValueId last = builder.node("/lengths/Sub", "Sub", {m_total, step});
    m_lengths = builder.node("/lengths/Expand", "Expand", {last, builder.node("/lengths/Batch", "Gather", {shape, zero})});
}

CausalAttention::Tables CausalAttention::rotaryTables(const std::string& name, const Rotary& rotary, std::int64_t positions) {
    const auto table = [&](const std::string& called) {
        graph::Value value{.name = called, .type = graph::ValueType::of(m_builder.type(), Shape{positions, rotary.size / 2})};
        value.weightsUnread = true;
        return m_builder.graph().addValue(std::move(value));
    };
    const Tables made{table("cos_cache" + name), table("sin_cache" + name)};
    m_pending.push_back({made, rotary, positions});
    return made;
}

Status CausalAttention::fillTables() {
    for (const Pending& pending : m_pending) {
        TRIMTAB_REQUIRE(fill(pending.tables.cos, pending, std::cos));
        TRIMTAB_REQUIRE(fill(pending.tables.sin, pending, std::sin));
    }
    return {};
}

Status CausalAttention::fill(ValueId id, const Pending& pending, double (*function)(double)) {
    const std::vector<double> frequencies = rotaryFrequencies(pending.rotary);
    const std::size_t half = frequencies.size();
    TRIMTAB_TRY(Tensor table, Tensor::allocate(DataType::Float32, Shape{pending.positions, static_cast<std::int64_t>(half)}));
    auto values = table.mutableData<float>();
    base::parallelFor(static_cast<std::size_t>(pending.positions), [&](std::size_t p) {
        for (std::size_t i = 0; i < half; ++i)
            values[p * half + i] = static_cast<float>(function(static_cast<double>(p) * frequencies[i]) * pending.rotary.amplitude);
    });
    graph::Value& value = m_builder.graph().value(id);
    TRIMTAB_TRY(value.constant, tensor::convert(table, m_builder.type()));
    value.weightsUnread = false;
    return {};
}

ValueId CausalAttention::attend(const std::string& module, const Heads& heads, ValueId query, ValueId key, ValueId value) {
    const bool isTurned = heads.tables.cos != kNoValue;
    std::map<std::string, graph::Attribute> attributes{
        {"num_heads", heads.heads}, {"kv_num_heads", heads.kvHeads}, {"do_rotary", std::int64_t{isTurned ? 1 : 0}}};
    if (heads.window) attributes["local_window_size"] = *heads.window;
    if (heads.scale) attributes["scale"] = static_cast<float>(*heads.scale);
    if (heads.softCap > 0) attributes["softcap"] = static_cast<float>(heads.softCap);
    const std::string name = placeOf(module) + "/GroupQueryAttention";
    std::vector<ValueId> inputs{query, key, value, kNoValue, kNoValue, m_lengths, m_total};
    if (isTurned) inputs.insert(inputs.end(), {heads.tables.cos, heads.tables.sin});
    return m_builder.nodes(name, "GroupQueryAttention", std::move(inputs), name + "/output_0",
                           {name + "/present_key", name + "/present_value"}, std::move(attributes), "com.microsoft")[0];
}

}  // namespace trimtab::formats::huggingface
