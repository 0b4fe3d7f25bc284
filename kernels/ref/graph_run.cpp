#include "kernels/ref/graph_run.h"

#include <cstddef>

#include <fmt/format.h>

#include "core/graph/weights.h"

namespace trimtab::ref {
namespace {

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

std::size_t slot(graph::ValueId id) { return static_cast<std::size_t>(id); }

bool isThere(const RunValue& value) {
    const auto* tensor = std::get_if<Tensor>(&value);
    return !tensor || tensor->defined();
}

}  // namespace

std::vector<std::size_t> lastReaders(const Graph& graph) {
    std::vector<std::size_t> last(graph.values.size(), kNever);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const graph::ValueId id : graph.nodes[i].inputs)
            if (id != graph::kNoValue) last[slot(id)] = i;
    for (const graph::ValueId id : graph.outputs) last[slot(id)] = graph.nodes.size();
    return last;
}

Result<std::vector<RunValue>> runGraph(const Graph& graph, std::span<const Tensor> constants, std::vector<RunValue> inputs,
                                       const NodeRunner& runNode, trace::NodeListener* listener) {
    const std::vector<std::size_t> last = lastReaders(graph);
    std::vector<RunValue> values(graph.values.size());
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) values[slot(graph.inputs[i])] = std::move(inputs[i]);
    const auto read = [&](graph::ValueId id) -> const RunValue* {
        if (isThere(values[slot(id)])) return &values[slot(id)];
        return nullptr;
    };
    const auto fetch = [&](graph::ValueId id, const std::string& who) -> Result<RunValue> {
        if (const RunValue* value = read(id)) return *value;
        if (slot(id) < constants.size() && constants[slot(id)].defined()) return RunValue(constants[slot(id)]);
        return fail(ErrorCode::Refused, fmt::format("value '{}' is read but nothing made it", graph.value(id).name), who);
    };
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const graph::Node& node = graph.nodes[i];
        std::vector<RunValue> arguments(node.inputs.size());
        for (std::size_t k = 0; k < node.inputs.size(); ++k) {
            if (node.inputs[k] == graph::kNoValue) continue;
            TRIMTAB_TRY(arguments[k], fetch(node.inputs[k], node.name));
        }
        {
            const trace::NodeScope scope(listener, static_cast<std::int32_t>(i));
            TRIMTAB_TRY(std::vector<RunValue> results, runNode(i, arguments));
            for (std::size_t k = 0; k < node.outputs.size() && k < results.size(); ++k)
                if (node.outputs[k] != graph::kNoValue && last[slot(node.outputs[k])] != kNever)
                    values[slot(node.outputs[k])] = std::move(results[k]);
        }
        for (const graph::ValueId id : node.inputs)
            if (id != graph::kNoValue && last[slot(id)] == i) values[slot(id)] = RunValue();
    }
    std::vector<RunValue> outputs;
    for (const graph::ValueId id : graph.outputs) {
        TRIMTAB_TRY(RunValue value, fetch(id, graph.name));
        outputs.push_back(std::move(value));
    }
    return outputs;
}

Result<std::vector<Tensor>> constantTensors(const Graph& graph) {
    std::vector<Tensor> constants(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        const graph::Value& value = graph.values[i];
        if (value.weightsUnread) return fail(ErrorCode::Refused, "the model was read without its weights", value.name);
        if (value.constant) {
            const bool aligned = value.constant->aligned(alignof(std::max_align_t));
            TRIMTAB_TRY(constants[i], aligned ? Result<Tensor>(*value.constant) : value.constant->clone());
        }
        if (value.quantized) {
            TRIMTAB_TRY(constants[i], graph::decodedWeight(value));
        }
    }
    return constants;
}

Result<std::vector<RunValue>> evaluateGraph(const Graph& graph, std::vector<RunValue> inputs) {
    TRIMTAB_TRY(const std::vector<Tensor> constants, constantTensors(graph));
    return runGraph(graph, constants, std::move(inputs),
                    [&](std::size_t i, std::span<const RunValue> arguments) { return evaluate(graph.nodes[i], arguments); });
}

namespace {

class BodyInterpreter final : public BodyRunner {
public:
    Result<std::vector<RunValue>> run(const Graph& body, std::vector<RunValue> inputs) override {
        return evaluateGraph(body, std::move(inputs));
    }
};

}  // namespace

BodyRunner& bodyInterpreter() {
    static BodyInterpreter interpreter;
    return interpreter;
}

}  // namespace trimtab::ref
