// Float16 and BFloat16 become Float32 wherever something is computed. Weights of products, tables that are gathered from and caches that
// are written in place keep their type: reading them is what takes the time, and kernels widen them in registers. QuantizeLinear divides in
// the type of its operands, by which its codes are defined.
#include <algorithm>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::graph {
namespace {

constexpr std::int64_t kOnnxFloat = 1;  // TensorProto.DataType

bool isNarrow(DataType type) { return type == DataType::Float16 || type == DataType::BFloat16; }

class Widening {
public:
    explicit Widening(Graph& graph) : m_graph(graph), m_wide(graph.values.size(), kNoValue) {
        for (const Value& value : graph.values) m_before.push_back(value.type.type);
    }

    /// Whether there is anything to widen that can be.
    bool applies() const {
        for (const Node& node : m_graph.nodes)
            if (!subgraphsOf(node).empty()) return false;
        const auto& values = m_graph.values;
        if (std::ranges::any_of(values, [](const Value& v) { return isNarrow(v.type.type) && (v.type.isSequence || v.type.isOptional); }))
            return false;
        return std::ranges::any_of(values, [](const Value& v) { return isNarrow(v.type.type); });
    }

    Status run() {
        std::vector<Node> before = std::move(m_graph.nodes);
        m_graph.nodes.clear();
        for (const ValueId id : m_graph.inputs)
            if (isNarrow(typeOf(id)) && isComputedWith(before, id)) m_wide[at(id)] = cast(id, widened(id), firstOrigins(before, id));
        for (Node& node : before) TRIMTAB_REQUIRE(place(std::move(node)));
        return inferShapes(m_graph);
    }

private:
    static std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }
    DataType typeOf(ValueId id) const { return m_graph.value(id).type.type; }

    /// Inputs that a kernel reads as they are stored.
    bool keepsInput(const Node& node, std::size_t i) const {
        if (node.is("Gather")) return i == 0 && m_graph.constantOf(node.inputs[i]) != nullptr;
        if (node.op == "QuantizeLinear") return true;
        if (node.is("GroupQueryAttention", "com.microsoft")) return (i == 3 || i == 4) && node.has(kCachesInPlace);
        return node.is("FusedMatMul", "trimtab") && i == 1 && !node.treatment.pruned && m_graph.constantOf(node.inputs[i]) != nullptr;
    }
    bool keepsOutput(const Node& node) const { return node.is("Gather") && keepsInput(node, 0) && isNarrow(typeOf(node.inputs[0])); }
    bool isComputedWith(const std::vector<Node>& nodes, ValueId id) const {
        return std::ranges::any_of(nodes, [&](const Node& node) {
            for (std::size_t i = 0; i < node.inputs.size(); ++i)
                if (node.inputs[i] == id && !keepsInput(node, i)) return true;
            return false;
        });
    }
    static std::vector<std::string> firstOrigins(const std::vector<Node>& nodes, ValueId id) {
        const auto reader =
            std::ranges::find_if(nodes, [&](const Node& node) { return std::ranges::find(node.inputs, id) != node.inputs.end(); });
        return reader == nodes.end() ? std::vector<std::string>{} : reader->origins;
    }

    ValueId addValue(Value value) {
        m_wide.push_back(kNoValue);
        m_before.push_back(value.type.type);
        return m_graph.addValue(std::move(value));
    }
    /// A value of the same shape in fp32.
    ValueId widened(ValueId id) {
        Value made;
        made.name = m_graph.uniqueValueName(m_graph.value(id).name + "/fp32");
        made.type = m_graph.value(id).type;
        made.type.type = DataType::Float32;
        return addValue(std::move(made));
    }
    ValueId cast(ValueId from, ValueId to, std::vector<std::string> origins) {
        const auto opset = m_graph.opsets.find("");
        Node made{.name = m_graph.value(from).name + "/cast", .op = "Cast", .version = opset == m_graph.opsets.end() ? 13 : opset->second};
        made.inputs = {from};
        made.outputs = {to};
        made.attributes = {{"to", std::int64_t{tensor::onnxNumber(typeOf(to))}}};
        made.origins = std::move(origins);
        m_graph.nodes.push_back(std::move(made));
        return to;
    }
    /// What has become fp32, in the type that it had.
    ValueId narrowed(ValueId id, const std::vector<std::string>& origins) {
        Value made;
        made.name = m_graph.uniqueValueName(m_graph.value(id).name + "/narrow");
        made.type = m_graph.value(id).type;
        made.type.type = m_before[at(id)];
        return cast(id, addValue(std::move(made)), origins);
    }
    /// What is read in fp32 in place of a narrow value.
    Result<ValueId> wideOf(ValueId id) {
        if (m_wide[at(id)] != kNoValue) return m_wide[at(id)];
        if (m_graph.value(id).quantized) {
            m_graph.value(id).type.type = DataType::Float32;  // what its codes stand for
            return id;
        }
        const Tensor* constant = m_graph.constantOf(id);
        if (!constant) return fail(ErrorCode::Failed, "'" + m_graph.value(id).name + "' is read before anything makes it");
        TRIMTAB_TRY(Tensor wide, tensor::convert(*constant, DataType::Float32));
        const ValueId made = m_graph.addConstant(m_graph.value(id).name + "/fp32", std::move(wide));
        m_wide.push_back(kNoValue);
        m_before.push_back(DataType::Float32);
        return m_wide[at(id)] = made;
    }

    Status widenAttributes(Node& node) {
        for (auto& [key, attribute] : node.attributes) {
            if (const auto* tensor = std::get_if<Tensor>(&attribute); tensor && isNarrow(tensor->type())) {
                TRIMTAB_TRY(attribute, tensor::convert(*tensor, DataType::Float32));
            } else if (const auto* number = std::get_if<std::int64_t>(&attribute);
                       number && (key == "to" || key == "dtype" || key == "output_dtype" || key == "output_datatype")) {
                const auto type = tensor::dataTypeFromOnnx(*number);
                if (type && isNarrow(*type)) attribute = kOnnxFloat;
            }
        }
        return {};
    }

    Status place(Node node) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            ValueId& id = node.inputs[i];
            if (id == kNoValue) continue;
            if (keepsInput(node, i) && !isNarrow(typeOf(id)) && isNarrow(m_before[at(id)])) id = narrowed(id, node.origins);
            if (!isNarrow(typeOf(id))) continue;
            if (!keepsInput(node, i)) {
                TRIMTAB_TRY(id, wideOf(id));
            } else if (node.is("FusedMatMul", "trimtab") && node.treatment.weightBits == 32 &&
                       node.treatment.compute == ComputeType::Float32) {
                node.treatment.weightBits = 16;
                node.treatment.weightsBfloat = typeOf(id) == DataType::BFloat16;
            }
        }
        TRIMTAB_REQUIRE(widenAttributes(node));
        std::vector<std::pair<ValueId, ValueId>> casts;  // from, to
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            ValueId& id = node.outputs[i];
            if (id == kNoValue || !isNarrow(typeOf(id))) continue;
            if (keepsOutput(node)) {
                casts.emplace_back(id, m_wide[at(id)] = widened(id));
            } else if (m_graph.isOutput(id)) {
                const ValueId wide = m_wide[at(id)] = widened(id);
                casts.emplace_back(wide, id);
                id = wide;
            } else {
                m_graph.value(id).type.type = DataType::Float32;
            }
        }
        const auto origins = node.origins;
        m_graph.nodes.push_back(std::move(node));
        for (const auto& [from, to] : casts) cast(from, to, origins);
        return {};
    }

    Graph& m_graph;
    std::vector<ValueId> m_wide;     // by value: the one in fp32 that stands for it
    std::vector<DataType> m_before;  // by value: its type before
};

}  // namespace

Status widenFloats(Graph& graph) {
    Widening widening(graph);
    if (!widening.applies()) return {};
    TRIMTAB_REQUIRE(widening.run());
    return removeIdentities(graph);  // casts that have become empty
}

}  // namespace trimtab::graph
