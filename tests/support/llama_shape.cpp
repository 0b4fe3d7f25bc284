#include "tests/support/llama_shape.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/formats/onnx/writer.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::support {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::ValueId;

constexpr float kEpsilon = 1e-5F;
constexpr int kOpset = 17;
constexpr std::int64_t kOnnxInt32 = 6;  // TensorProto.DataType

/// The extents of a step; open ones are symbols.
struct Dims {
    Dim batch, tokens, past, total;
    bool cached = false;
};

Result<Tensor> rotaryTable(const LlamaWeights& weights, std::int64_t positions, double (*function)(double)) {
    const std::int64_t half = weights.shape.headSize / 2;
    TRIMTAB_TRY(Tensor table, Tensor::allocate(DataType::Float32, Shape{positions, half}));
    auto values = table.mutableData<float>();
    for (std::int64_t p = 0; p < positions; ++p)
        for (std::int64_t i = 0; i < half; ++i) {
            const double frequency = std::pow(weights.shape.ropeTheta, -static_cast<double>(i) / static_cast<double>(half));
            values[static_cast<std::size_t>(p * half + i)] = static_cast<float>(function(static_cast<double>(p) * frequency));
        }
    return tensor::convert(table, weights.options.type);
}

class Builder {
public:
    Builder(const LlamaWeights& weights, Dims dims) : m_weights(weights), m_shape(weights.shape), m_dims(std::move(dims)) {
        m_graph.name = "llama";
        m_graph.producer = "trimtab";
        m_graph.opsets = {{"", kOpset}, {"com.microsoft", 1}};
    }

    /// Lengths known beforehand.
    void setLengths(std::int64_t batch, std::int64_t total) {
        m_lengths = m_graph.addConstant("seqlens_k", Tensor::fromValues(DataType::Int32, Shape{batch},
                                                                        std::vector<std::int32_t>(static_cast<std::size_t>(batch),
                                                                                                  static_cast<std::int32_t>(total - 1))));
        m_total = m_graph.addConstant("total_sequence_length",
                                      Tensor::fromValues(DataType::Int32, Shape{}, std::vector{static_cast<std::int32_t>(total)}));
    }
    void countMask() {
        const ValueId mask = input("attention_mask", DataType::Int64, {m_dims.batch, m_dims.total});
        const ValueId one = m_graph.addConstant("one", Tensor::fromInt64s(Shape{1}, {1}));
        const ValueId axis = m_graph.addConstant("axis", Tensor::fromInt64s(Shape{}, {1}));
        const ValueId counted = node("/lengths/ReduceSum", "ReduceSum", {mask, one}, {{"keepdims", std::int64_t{0}}});
        m_lengths = node("/lengths/Cast", "Cast", {node("/lengths/Sub", "Sub", {counted, one})}, {{"to", kOnnxInt32}});
        const ValueId extent = node("/lengths/Gather", "Gather", {node("/lengths/Shape", "Shape", {mask}), axis});
        m_total = node("/lengths/TotalCast", "Cast", {extent}, {{"to", kOnnxInt32}});
    }

    Result<Graph> build(std::int64_t positions) {
        TRIMTAB_TRY(Tensor cos, rotaryTable(m_weights, positions, std::cos));
        TRIMTAB_TRY(Tensor sin, rotaryTable(m_weights, positions, std::sin));
        m_cos = m_graph.addConstant("cos_cache", std::move(cos));
        m_sin = m_graph.addConstant("sin_cache", std::move(sin));
        const ValueId ids = input("input_ids", DataType::Int64, {m_dims.batch, m_dims.tokens});
        ValueId residual = node("/model/embed_tokens/Gather", "Gather", {constant("model.embed_tokens.weight", m_weights.embedding), ids});
        ValueId normed = node("/model/layers.0/input_layernorm/LayerNorm", "SimplifiedLayerNormalization",
                              {residual, constant("model.layers.0.input_layernorm.weight", m_weights.layers[0].inputNorm)},
                              {{"axis", std::int64_t{-1}}, {"epsilon", kEpsilon}});
        for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
            const LlamaWeights::Layer& layer = m_weights.layers[i];
            const std::string at = fmt::format("layers.{}", i);
            addAndNormalize("model/" + at + "/post_attention_layernorm", layer.postNorm, attention(at, layer, normed), residual, normed);
            const bool isLast = i + 1 == m_weights.layers.size();
            const std::string next = isLast ? "model/norm" : fmt::format("model/layers.{}/input_layernorm", i + 1);
            addAndNormalize(next, isLast ? m_weights.finalNorm : m_weights.layers[i + 1].inputNorm, gatedUnit(at, layer, normed), residual,
                            normed);
        }
        const ValueId logits = product("/lm_head", normed, m_weights.head, "logits");
        m_graph.outputs.insert(m_graph.outputs.begin(), logits);
        TRIMTAB_REQUIRE(graph::inferShapes(m_graph));
        TRIMTAB_REQUIRE(m_graph.validate());
        return std::move(m_graph);
    }

private:
    ValueId input(const std::string& name, DataType type, std::vector<Dim> dims) {
        const ValueId id = m_graph.addValue({.name = name, .type = {type, std::move(dims)}});
        m_graph.inputs.push_back(id);
        return id;
    }
    ValueId constant(const std::string& name, const Tensor& tensor) { return m_graph.addConstant(name, tensor); }

    /// A node named after its place; its outputs take `names`, or are named after the node. Names of "" leave an output out.
    std::vector<ValueId> nodes(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
                               const std::vector<std::string>& names, std::map<std::string, graph::Attribute> attributes,
                               const std::string& domain) {
        graph::Node made;
        made.name = name;
        made.op = op;
        made.domain = domain;
        made.version = domain.empty() ? kOpset : 1;
        made.inputs = std::move(inputs);
        made.attributes = std::move(attributes);
        made.origins = {name};
        for (const std::string& output : names) made.outputs.push_back(output.empty() ? kNoValue : m_graph.addValue({.name = output}));
        m_graph.nodes.push_back(made);
        return made.outputs;
    }
    ValueId node(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
                 std::map<std::string, graph::Attribute> attributes = {}) {
        return nodes(name, op, std::move(inputs), {name + "/output_0"}, std::move(attributes), "")[0];
    }
    ValueId product(const std::string& place, ValueId x, const Tensor& weight, const std::string& output = "") {
        const std::string name = place + "/MatMul";
        return nodes(name, "MatMul", {x, constant(place.substr(1) + ".weight", weight)}, {output.empty() ? name + "/output_0" : output}, {},
                     "")[0];
    }

    /// residual ← residual + x; normed ← its norm.
    void addAndNormalize(const std::string& place, const Tensor& gamma, ValueId x, ValueId& residual, ValueId& normed) {
        const std::string name = "/" + place + "/SkipLayerNorm";
        const bool isLast = place == "model/norm";
        std::vector<std::string> outputs{name + "/output_0"};
        if (!isLast) outputs.insert(outputs.end(), {"", "", name + "/output_3"});
        const auto made = nodes(name, "SkipSimplifiedLayerNormalization", {residual, x, constant(place + ".weight", gamma)}, outputs,
                                {{"epsilon", kEpsilon}}, "com.microsoft");
        normed = made[0];
        if (!isLast) residual = made[3];
    }

    ValueId attention(const std::string& at, const LlamaWeights::Layer& layer, ValueId x) {
        const std::string place = "/model/" + at + "/attn";
        ValueId q = kNoValue, k = kNoValue, v = kNoValue;
        if (m_weights.options.packedQkv) {
            q = product(place + "/qkv_proj", x, layer.qkv);
        } else {
            q = product(place + "/q_proj", x, layer.q);
            k = product(place + "/k_proj", x, layer.k);
            v = product(place + "/v_proj", x, layer.v);
        }
        const std::string index = at.substr(at.find('.') + 1);
        ValueId pastKey = kNoValue, pastValue = kNoValue;
        if (m_dims.cached) {
            const std::vector<Dim> cache{m_dims.batch, Dim::known(m_shape.kvHeads), m_dims.past, Dim::known(m_shape.headSize)};
            pastKey = input("past_key_values." + index + ".key", m_weights.options.type, cache);
            pastValue = input("past_key_values." + index + ".value", m_weights.options.type, cache);
        }
        const auto outputs =
            nodes(place + "/GroupQueryAttention", "GroupQueryAttention", {q, k, v, pastKey, pastValue, m_lengths, m_total, m_cos, m_sin},
                  {place + "/GroupQueryAttention/output_0", "present." + index + ".key", "present." + index + ".value"},
                  {{"num_heads", m_shape.heads}, {"kv_num_heads", m_shape.kvHeads}, {"do_rotary", std::int64_t{1}}}, "com.microsoft");
        m_graph.outputs.insert(m_graph.outputs.end(), {outputs[1], outputs[2]});
        return product(place + "/o_proj", outputs[0], layer.o);
    }

    /// down(silu(gate(x)) · up(x)), with silu as Sigmoid and Mul.
    ValueId gatedUnit(const std::string& at, const LlamaWeights::Layer& layer, ValueId x) {
        const std::string place = "/model/" + at + "/mlp";
        const ValueId gate = product(place + "/gate_proj", x, layer.gate), up = product(place + "/up_proj", x, layer.up);
        const ValueId silu = node(place + "/act_fn/Mul", "Mul", {gate, node(place + "/act_fn/Sigmoid", "Sigmoid", {gate})});
        return product(place + "/down_proj", node(place + "/Mul", "Mul", {silu, up}), layer.down);
    }

    const LlamaWeights& m_weights;
    const LlamaShape& m_shape;
    Dims m_dims;
    Graph m_graph;
    ValueId m_lengths = kNoValue, m_total = kNoValue, m_cos = kNoValue, m_sin = kNoValue;
};

}  // namespace

Result<Graph> llamaGraph(const LlamaWeights& weights, const LlamaStep& step) {
    if (step.past > step.capacity)
        return fail(ErrorCode::Usage, fmt::format("{} tokens don't fit into caches of {}", step.past, step.capacity));
    Builder builder(weights, {.batch = Dim::known(step.batch),
                              .tokens = Dim::known(step.newTokens),
                              .past = Dim::known(step.capacity),
                              .total = Dim::known(step.total()),
                              .cached = step.capacity > 0});
    if (weights.options.lengths == LlamaLengths::Constant) builder.setLengths(step.batch, step.total());
    else builder.countMask();
    return builder.build(std::max(step.capacity, step.total()));
}

Result<std::int64_t> writeLlama(const LlamaWeights& weights, const std::filesystem::path& file, std::int64_t positions) {
    Builder builder(weights, {.batch = Dim::named("batch"),
                              .tokens = Dim::named("tokens"),
                              .past = Dim::named("past"),
                              .total = Dim::named("total"),
                              .cached = true});
    builder.countMask();
    TRIMTAB_TRY(const Graph graph, builder.build(positions));
    TRIMTAB_TRY(const auto written, formats::onnx::write(graph, file));
    return written.fileBytes;
}

Result<Graph> llamaGraphWithContext(const LlamaWeights& weights, const LlamaStep& step) {
    TRIMTAB_TRY(Graph graph, llamaGraph(weights, step));
    TRIMTAB_TRY(const auto inputs, llamaInputs(weights, step));
    for (const NamedTensor& input : inputs) {
        if (!input.name.starts_with("past_key_values.")) continue;
        const auto id = std::ranges::find(graph.inputs, input.name, [&](const ValueId i) { return graph.value(i).name; });
        graph.value(*id).constant = input.tensor;
        graph.inputs.erase(id);
    }
    graph.outputs.resize(1);  // the logits
    TRIMTAB_REQUIRE(graph.validate());
    return graph;
}

Result<std::int64_t> writeLlamaStep(const LlamaWeights& weights, const LlamaStep& step, const std::filesystem::path& file) {
    TRIMTAB_TRY(const Graph graph, llamaGraphWithContext(weights, step));
    TRIMTAB_TRY(const auto written, formats::onnx::write(graph, file));
    return written.fileBytes;
}

}  // namespace trimtab::support
