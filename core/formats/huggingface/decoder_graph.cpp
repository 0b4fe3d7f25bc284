#include "core/formats/huggingface/decoder_graph.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/parallel.h"
#include "core/formats/huggingface/rotary.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::ValueId;

constexpr int kOpset = 17;
constexpr std::int64_t kOnnxInt32 = 6;  // TensorProto.DataType

class Builder {
public:
    Builder(const DecoderConfig& config, const DecoderWeights& weights) : m_config(config), m_weights(weights) {
        m_graph.name = config.architecture;
        m_graph.producer = "transformers";
        m_graph.opsets = {{"", kOpset}, {"com.microsoft", 1}};
    }

    Result<Graph> build() {
        TRIMTAB_TRY(m_type, m_weights.type());
        const std::vector<Dim> dims{Dim::named("batch"), Dim::named("sequence")};
        const ValueId ids = m_graph.addValue({.name = "input_ids", .type = {DataType::Int64, dims}});
        m_graph.inputs.push_back(ids);
        countTokens(ids);
        m_cos = rotaryTable("cos_cache");
        m_sin = rotaryTable("sin_cache");
        TRIMTAB_TRY(const ValueId embedding, plain("model.embed_tokens.weight", Shape{m_config.vocabulary, m_config.hidden}));
        ValueId residual = node("/model/embed_tokens/Gather", "Gather", {embedding, ids});
        TRIMTAB_TRY(ValueId normed, firstNorm(residual));
        for (std::int64_t i = 0; i < m_config.layers; ++i) {
            const std::string at = fmt::format("model.layers.{}", i);
            TRIMTAB_TRY(const ValueId attended, attention(at, normed));
            TRIMTAB_REQUIRE(addAndNormalize(at + ".post_attention_layernorm", attended, residual, normed));
            TRIMTAB_TRY(const ValueId gated, gatedUnit(at, normed));
            const bool isLast = i + 1 == m_config.layers;
            TRIMTAB_REQUIRE(
                addAndNormalize(isLast ? "model.norm" : fmt::format("model.layers.{}.input_layernorm", i + 1), gated, residual, normed));
        }
        TRIMTAB_TRY(const ValueId logits, head(normed));
        m_graph.outputs = {logits};
        if (m_weights.areRead()) {
            TRIMTAB_REQUIRE(fillTable(m_cos, std::cos));
            TRIMTAB_REQUIRE(fillTable(m_sin, std::sin));
        }
        m_graph.removeDeadNodes();
        TRIMTAB_REQUIRE(m_graph.validate());
        return std::move(m_graph);
    }

private:
    /// A node named after its place; outputs after the first take `more`, "" leaving one out.
    std::vector<ValueId> nodes(const std::string& name, const std::string& op, std::vector<ValueId> inputs, const std::string& output,
                               const std::vector<std::string>& more, std::map<std::string, graph::Attribute> attributes,
                               const std::string& domain) {
        graph::Node made{.name = name, .domain = domain, .op = op, .version = domain.empty() ? kOpset : 1};
        made.inputs = std::move(inputs);
        made.attributes = std::move(attributes);
        made.origins = {name};
        made.outputs.push_back(m_graph.addValue({.name = output}));
        for (const std::string& other : more) made.outputs.push_back(other.empty() ? kNoValue : m_graph.addValue({.name = other}));
        m_graph.nodes.push_back(made);
        return made.outputs;
    }
    ValueId node(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
                 std::map<std::string, graph::Attribute> attributes = {}) {
        return nodes(name, op, std::move(inputs), name + "/output_0", {}, std::move(attributes), "")[0];
    }

    Result<ValueId> plain(const std::string& name, const Shape& shape) {
        TRIMTAB_TRY(graph::Value value, m_weights.plain(name, shape));
        return m_graph.addValue(std::move(value));
    }
    Result<ValueId> turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
        TRIMTAB_TRY(graph::Value value, m_weights.turned(name, outputs, inputs));
        return m_graph.addValue(std::move(value));
    }

    static std::string placeOf(std::string module) {
        for (char& c : module)
            if (c == '.') c = '/';
        return "/" + module;
    }

    /// x · weightᵀ, with its bias where it has one.
    Result<ValueId> product(const std::string& module, ValueId x, std::int64_t outputs, std::int64_t inputs, bool biased) {
        TRIMTAB_TRY(const ValueId weight, turned(module + ".weight", outputs, inputs));
        const ValueId sum = node(placeOf(module) + "/MatMul", "MatMul", {x, weight});
        if (!biased) return sum;
        TRIMTAB_TRY(const ValueId bias, plain(module + ".bias", Shape{outputs}));
        return node(placeOf(module) + "/Add", "Add", {sum, bias});
    }

    /// seqlens_k int32 [batch] = sequence − 1, total_sequence_length int32 = sequence.
    void countTokens(ValueId ids) {
        const ValueId shape = node("/lengths/Shape", "Shape", {ids});
        const ValueId zero = m_graph.addConstant("lengths.zero", Tensor::fromInt64s(Shape{1}, {0}));
        const ValueId one = m_graph.addConstant("lengths.one", Tensor::fromInt64s(Shape{}, {1}));
        m_total = node("/lengths/TotalCast", "Cast", {node("/lengths/Total", "Gather", {shape, one})}, {{"to", kOnnxInt32}});
        const ValueId step =
            m_graph.addConstant("lengths.step", Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{1}));
        const ValueId last = node("/lengths/Sub", "Sub", {m_total, step});
        m_lengths = node("/lengths/Expand", "Expand", {last, node("/lengths/Batch", "Gather", {shape, zero})});
    }

    /// [positions, headSize / 2] in the weights' type; its values come when all weights have been found.
    ValueId rotaryTable(const std::string& name) {
        graph::Value value{.name = name, .type = graph::ValueType::of(m_type, Shape{m_config.positions, m_config.headSize / 2})};
        value.weightsUnread = true;
        return m_graph.addValue(std::move(value));
    }
    Status fillTable(ValueId id, double (*function)(double)) {
        const std::vector<double> frequencies = rotaryFrequencies(m_config);
        const std::size_t half = frequencies.size();
        TRIMTAB_TRY(Tensor table, Tensor::allocate(DataType::Float32, Shape{m_config.positions, static_cast<std::int64_t>(half)}));
        auto values = table.mutableData<float>();
        base::parallelFor(static_cast<std::size_t>(m_config.positions), [&](std::size_t p) {
            for (std::size_t i = 0; i < half; ++i)
                values[p * half + i] = static_cast<float>(function(static_cast<double>(p) * frequencies[i]));
        });
        graph::Value& value = m_graph.value(id);
        TRIMTAB_TRY(value.constant, tensor::convert(table, m_type));
        value.weightsUnread = false;
        return {};
    }

    Result<ValueId> firstNorm(ValueId x) {
        const std::string module = "model.layers.0.input_layernorm";
        TRIMTAB_TRY(const ValueId gamma, plain(module + ".weight", Shape{m_config.hidden}));
        return node(placeOf(module) + "/LayerNorm", "SimplifiedLayerNormalization", {x, gamma},
                    {{"axis", std::int64_t{-1}}, {"epsilon", m_config.epsilon}});
    }

    /// residual ← residual + x; normed ← its norm.
    Status addAndNormalize(const std::string& module, ValueId x, ValueId& residual, ValueId& normed) {
        TRIMTAB_TRY(const ValueId gamma, plain(module + ".weight", Shape{m_config.hidden}));
        const std::string name = placeOf(module) + "/SkipLayerNorm";
        const bool isLast = module == "model.norm";
        const std::vector<std::string> more = isLast ? std::vector<std::string>{} : std::vector<std::string>{"", "", name + "/output_3"};
        const auto made = nodes(name, "SkipSimplifiedLayerNormalization", {residual, x, gamma}, name + "/output_0", more,
                                {{"epsilon", m_config.epsilon}}, "com.microsoft");
        normed = made[0];
        if (!isLast) residual = made[3];
        return {};
    }

    Result<ValueId> attention(const std::string& at, ValueId x) {
        const std::string module = at + ".self_attn";
        const std::int64_t queries = m_config.heads * m_config.headSize, keys = m_config.kvHeads * m_config.headSize;
        TRIMTAB_TRY(const ValueId q, product(module + ".q_proj", x, queries, m_config.hidden, m_config.inputBias));
        TRIMTAB_TRY(const ValueId k, product(module + ".k_proj", x, keys, m_config.hidden, m_config.inputBias));
        TRIMTAB_TRY(const ValueId v, product(module + ".v_proj", x, keys, m_config.hidden, m_config.inputBias));
        const std::string name = placeOf(module) + "/GroupQueryAttention";
        std::map<std::string, graph::Attribute> attributes{
            {"num_heads", m_config.heads}, {"kv_num_heads", m_config.kvHeads}, {"do_rotary", std::int64_t{1}}};
        if (m_config.window) attributes["local_window_size"] = *m_config.window;
        const auto made =
            nodes(name, "GroupQueryAttention", {q, k, v, kNoValue, kNoValue, m_lengths, m_total, m_cos, m_sin}, name + "/output_0",
                  {name + "/present_key", name + "/present_value"}, std::move(attributes), "com.microsoft");
        return product(module + ".o_proj", made[0], m_config.hidden, queries, m_config.outputBias);
    }

    /// down(silu(gate(x)) · up(x)), with silu as Sigmoid and Mul.
    Result<ValueId> gatedUnit(const std::string& at, ValueId x) {
        const std::string module = at + ".mlp", place = placeOf(module);
        const std::int64_t wide = m_config.intermediate, hidden = m_config.hidden;
        TRIMTAB_TRY(const ValueId gate, product(module + ".gate_proj", x, wide, hidden, m_config.gateBias));
        TRIMTAB_TRY(const ValueId up, product(module + ".up_proj", x, wide, hidden, m_config.gateBias));
        const ValueId silu = node(place + "/act_fn/Mul", "Mul", {gate, node(place + "/act_fn/Sigmoid", "Sigmoid", {gate})});
        return product(module + ".down_proj", node(place + "/Mul", "Mul", {silu, up}), hidden, wide, m_config.gateBias);
    }

    Result<ValueId> head(ValueId x) {
        const std::string name = m_config.tied ? "model.embed_tokens.weight" : "lm_head.weight";
        TRIMTAB_TRY(graph::Value value, m_weights.turned(name, m_config.vocabulary, m_config.hidden));
        value.name = "lm_head.weight";
        const ValueId weight = m_graph.addValue(std::move(value));
        return nodes("/lm_head/MatMul", "MatMul", {x, weight}, "logits", {}, {}, "")[0];
    }

    const DecoderConfig& m_config;
    const DecoderWeights& m_weights;
    Graph m_graph;
    DataType m_type = DataType::Float32;
    ValueId m_lengths = kNoValue, m_total = kNoValue, m_cos = kNoValue, m_sin = kNoValue;
};

}  // namespace

Result<Graph> decoderGraph(const DecoderConfig& config, const DecoderWeights& weights) { return Builder(config, weights).build(); }

}  // namespace trimtab::formats::huggingface
