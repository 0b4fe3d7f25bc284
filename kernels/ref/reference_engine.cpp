#include "kernels/ref/reference_engine.h"

#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/checked.h"
#include "core/graph/attention/kv_rounding.h"
#include "core/graph/cost.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/code_values.h"
#include "kernels/ref/graph_run.h"
#include "kernels/ref/treated.h"

namespace trimtab::ref {
namespace {

using runtime::Support;

std::string operatorName(const graph::Node& node) { return node.domain.empty() ? node.op : node.domain + "." + node.op; }

bool isTouched(const graph::Node& node) {
    const graph::Treatment untouched;
    return node.treatment.compute != untouched.compute || node.treatment.weightBits != untouched.weightBits ||
           node.treatment.activationBits != untouched.activationBits || node.treatment.kvBits != untouched.kvBits;
}

Support judge(const graph::Node& node) {
    if (!find(node))
        return {Support::Level::Refused, fmt::format("operator {} (opset {}) is not known here", operatorName(node), node.version)};
    if (isTouched(node)) return {Support::Level::Emulated, "the reference forms every width and type in float32"};
    return {Support::Level::Native, {}};
}

/// The bound graph's node as a row; costs need shapes and stay zero where none are known.
trace::LayerRecord record(const Graph& graph, const graph::Node& node) {
    trace::LayerRecord row;
    row.node = node.name;
    row.op = node.op;
    row.origins = node.origins.empty() ? std::vector<std::string>{node.name} : node.origins;
    row.kernel = "reference";
    row.compute = graph::name(node.treatment.compute);
    row.weightBits = node.treatment.weightBits;
    row.activationBits = node.treatment.activationBits;
    row.density = node.treatment.density;
    for (const graph::ValueId id : node.inputs) {
        if (id == graph::kNoValue || !graph.value(id).quantized) continue;
        row.group = graph.value(id).quantized->partialGroup();
        row.weightFormat = tensor::formatName(*graph.value(id).quantized);
    }
    const Support support = judge(node);
    if (support.level == Support::Level::Emulated) row.execution = trace::Execution::Emulated;
    row.reason = support.reason;
    if (const auto cost = graph::costOf(graph, node)) {
        row.operations = cost->operations;
        row.parameters = cost->parameters;
        row.weightBytes = cost->weightBytes;
        row.activationBytes = cost->activationBytes;
    }
    return row;
}

class ReferenceModel final : public runtime::CompiledModel {
public:
    ReferenceModel(Graph graph, std::vector<Tensor> constants) : m_graph(std::move(graph)), m_constants(std::move(constants)) {
        for (const Tensor& constant : m_constants) m_weightBytes += static_cast<std::int64_t>(constant.bytes().size());
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i)
            if (const graph::Node& node = m_graph.nodes[i]; node.treatment.kvBits < 32 && node.is("MatMul"))
                m_cacheParts[i] = cachePartOf(m_graph, node);
        describe(m_graph);
    }

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) override {
        TRIMTAB_TRY(std::vector<RunValue> ordered, inOrder(inputs));
        TRIMTAB_REQUIRE(plan(ordered));
        const auto runNode = [this](std::size_t i, std::span<const RunValue> arguments) -> Result<std::vector<RunValue>> {
            const graph::Node& node = m_graph.nodes[i];
            if (const auto part = m_cacheParts.find(i); part != m_cacheParts.end()) return runOverCache(node, part->second, arguments);
            if (!changesArithmetic(node)) return evaluate(node, arguments);
            const graph::ValueId weight = node.input(1);
            return evaluateTreated(node, arguments, weight == graph::kNoValue ? nullptr : m_graph.value(weight).quantized.get());
        };
        TRIMTAB_TRY(std::vector<RunValue> results, runGraph(m_graph, m_constants, std::move(ordered), runNode, listener));
        std::vector<NamedTensor> outputs;
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::string& name = m_graph.value(m_graph.outputs[i]).name;
            auto* tensor = std::get_if<Tensor>(&results[i]);
            if (!tensor) return fail(ErrorCode::Unsupported, "is a sequence; only tensors leave a compiled model", name);
            outputs.push_back({name, std::move(*tensor)});
        }
        return outputs;
    }

    Status prepare(std::span<const NamedTensor> inputs) override {
        TRIMTAB_TRY(const std::vector<RunValue> ordered, inOrder(inputs));
        return plan(ordered);
    }

    const std::vector<trace::LayerRecord>& layers() const override { return m_layers; }
    std::int64_t weightBytes() const override { return m_weightBytes; }
    std::int64_t arenaBytes() const override { return m_arenaBytes; }

private:
    static Result<std::vector<RunValue>> runOverCache(const graph::Node& node, graph::CachePart part, std::span<const RunValue> arguments) {
        std::vector<RunValue> kept(arguments.begin(), arguments.end());
        auto& operand = std::get<Tensor>(kept.at(1));
        TRIMTAB_TRY(operand, graph::roundedCache(node.treatment, part, operand));
        return changesArithmetic(node) ? evaluateTreated(node, kept, nullptr) : evaluate(node, kept);
    }

    Result<std::vector<RunValue>> inOrder(std::span<const NamedTensor> inputs) const {
        std::vector<RunValue> ordered(m_graph.inputs.size());
        std::vector<bool> given(m_graph.inputs.size(), false);
        for (const NamedTensor& input : inputs) {
            std::size_t i = 0;
            while (i < m_graph.inputs.size() && m_graph.value(m_graph.inputs[i]).name != input.name) ++i;
            if (i == m_graph.inputs.size()) return fail(ErrorCode::Refused, "the model has no such input", input.name);
            if (given[i]) return fail(ErrorCode::Refused, "is given twice", input.name);
            TRIMTAB_REQUIRE(check(m_graph.value(m_graph.inputs[i]), input.tensor));
            given[i] = true;
            ordered[i] = input.tensor;
        }
        for (std::size_t i = 0; i < given.size(); ++i)
            if (!given[i]) return fail(ErrorCode::Refused, "is not given", m_graph.value(m_graph.inputs[i]).name);
        return ordered;
    }

    static Status check(const graph::Value& declared, const Tensor& given) {
        const graph::ValueType& type = declared.type;
        const auto complaint = [&] {
            return fail(ErrorCode::Refused,
                        fmt::format("has type {}{} where {} is needed", tensor::name(given.type()), given.shape().text(), type.text()),
                        declared.name);
        };
        if (type.isSequence || type.isOptional) return fail(ErrorCode::Unsupported, "is no plain tensor", declared.name);
        if (!given.defined() || (type.type != DataType::Undefined && type.type != given.type())) return complaint();
        if (!type.dims) return {};
        if (static_cast<int>(type.dims->size()) != given.shape().rank()) return complaint();
        for (int d = 0; d < given.shape().rank(); ++d) {
            const graph::Dim& dim = (*type.dims)[static_cast<std::size_t>(d)];
            if (dim.isKnown() && dim.extent != given.shape()[d]) return complaint();
        }
        return {};
    }

    /// Binds symbols to these shapes for the rows' costs; the kernels themselves take whatever comes.
    Status plan(const std::vector<RunValue>& ordered) {
        std::map<std::string, Shape> shapes;
        for (std::size_t i = 0; i < ordered.size(); ++i)
            shapes[m_graph.value(m_graph.inputs[i]).name] = std::get<Tensor>(ordered[i]).shape();
        if (m_planned && shapes == m_shapes) return {};
        Graph bound = m_graph;
        TRIMTAB_REQUIRE(graph::bindInputShapes(bound, shapes));
        describe(bound);
        m_shapes = std::move(shapes);
        m_planned = true;
        return {};
    }

    void describe(const Graph& bound) {
        m_layers.clear();
        for (const graph::Node& node : bound.nodes) m_layers.push_back(record(bound, node));
        m_arenaBytes = 0;
        for (const graph::Value& value : bound.values) {
            const auto shape = value.isConstant() ? std::nullopt : value.type.shape();
            const auto count = shape ? shape->checkedElementCount() : std::nullopt;
            const std::int64_t bytes = count ? tensor::byteSize(value.type.type, *count).value_or(0) : 0;
            m_arenaBytes = base::checkedAdd(m_arenaBytes, bytes).value_or(std::numeric_limits<std::int64_t>::max());
        }
    }

    Graph m_graph;
    std::vector<Tensor> m_constants;
    std::map<std::size_t, graph::CachePart> m_cacheParts;  // products of attention whose keys or values are kept in few bits, by node
    std::vector<trace::LayerRecord> m_layers;
    std::map<std::string, Shape> m_shapes;
    bool m_planned = false;
    std::int64_t m_weightBytes = 0, m_arenaBytes = 0;
};

class ReferenceEngine final : public runtime::Engine {
public:
    runtime::EngineInfo info() const override { return {"reference", "0.1.0", "portable", 1}; }

    bool plansForShapes() const override { return false; }
    Support supports(const Graph&, const graph::Node& node) const override { return judge(node); }

    Result<std::unique_ptr<runtime::CompiledModel>> compile(const Graph& graph, const recipe::RunSetting&) override {
        std::set<std::string> unknown;
        for (const graph::Node& node : graph.nodes)
            if (!find(node)) unknown.insert(fmt::format("{} (opset {})", operatorName(node), node.version));
        if (!unknown.empty()) return fail(ErrorCode::Unsupported, fmt::format("nothing here executes {}", fmt::join(unknown, ", ")));
        TRIMTAB_TRY(std::vector<Tensor> constants, constantTensors(graph));
        return std::make_unique<ReferenceModel>(graph, std::move(constants));
    }
};

}  // namespace

std::unique_ptr<runtime::Engine> makeReferenceEngine() { return std::make_unique<ReferenceEngine>(); }

}  // namespace trimtab::ref
