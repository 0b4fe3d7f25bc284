#include "kernels/plan/planner.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/graph/cost.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "kernels/plan/implementation.h"
#include "kernels/plan/refusals.h"

namespace trimtab::plan {
namespace {

Result<std::map<std::string, Shape>> checkInputs(const Graph& graph, std::span<const NamedTensor> inputs) {
    std::map<std::string, Shape> shapes;
    for (const NamedTensor& given : inputs) {
        const auto declared = std::find_if(graph.inputs.begin(), graph.inputs.end(),
                                           [&](graph::ValueId id) { return graph.value(id).name == given.name; });
        if (declared == graph.inputs.end()) return fail(ErrorCode::Refused, "the model has no input '" + given.name + "'");
        const graph::Value& value = graph.value(*declared);
        if (value.type.type != given.tensor.type()) {
            return fail(ErrorCode::Refused, "input '" + given.name + "' is " + std::string(tensor::name(given.tensor.type())) +
                                                ", the model declares " + value.type.text());
        }
        if (!shapes.emplace(given.name, given.tensor.shape()).second) {
            return fail(ErrorCode::Refused, "input '" + given.name + "' was given twice");
        }
    }
    for (const graph::ValueId id : graph.inputs) {
        if (!shapes.contains(graph.value(id).name)) {
            return fail(ErrorCode::Refused, "input '" + graph.value(id).name + "' (" + graph.value(id).type.text() + ") was not given");
        }
    }
    return shapes;
}

/// Shapes bound, shape arithmetic gone.
Result<Graph> bound(const Graph& graph, std::span<const NamedTensor> inputs) {
    TRIMTAB_TRY(const auto shapes, checkInputs(graph, inputs));
    Graph copy = graph;
    TRIMTAB_REQUIRE(graph::bindInputShapes(copy, shapes));
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::foldConstants(copy, evaluator));
    copy.removeDeadNodes();
    TRIMTAB_REQUIRE(graph::inferShapes(copy));
    TRIMTAB_REQUIRE(graph::fuse(copy));
    copy.removeDeadNodes();
    return copy;
}

std::string joined(std::string first, const std::string& second) {
    if (first.empty() || second.empty()) return first + second;
    return std::move(first) + "; " + second;
}

/// For pruned weights that no sparse kernel could have taken.
constexpr const char* kZerosMultiplied = "zeros are multiplied all the same: no sparse kernel for this layer";

class Planner {
public:
    Planner(Plan& plan, WeightStore& weights, const Backend& backend, int threads)
        : m_plan(plan), m_backend(backend), m_builder(plan, weights, backend, threads), m_dynamic(plan.graph.values.size(), false) {}

    Status placeAll(std::span<const NamedTensor> inputs) {
        placeInputs(inputs);
        for (std::size_t i = 0; i < m_plan.graph.nodes.size(); ++i) {
            m_builder.beginNode(static_cast<int>(i));
            const std::size_t begin = m_plan.steps.size();
            TRIMTAB_REQUIRE(placeNode(m_plan.graph.nodes[i]));
            m_plan.ranges.push_back({static_cast<int>(i), begin, m_plan.steps.size()});
        }
        return placeOutputs();
    }

private:
    void placeInputs(std::span<const NamedTensor> inputs) {
        for (const graph::ValueId id : m_plan.graph.inputs) {
            const graph::Value& value = m_plan.graph.value(id);
            const auto given = std::find_if(inputs.begin(), inputs.end(), [&](const NamedTensor& t) { return t.name == value.name; });
            Slot slot;
            slot.kind = Slot::Kind::Input;
            slot.bytes = static_cast<std::int64_t>(given->tensor.bytes().size());
            const SlotId made = m_builder.addSlot(slot);
            m_builder.bind(id, Form{value.type.type, Layout::Plain}, made);
            m_plan.inputs.push_back({value.name, given->tensor.type(), given->tensor.shape(), made});
        }
    }

    bool isDynamic(const graph::Node& node) const {
        for (const graph::ValueId id : node.inputs) {
            if (id != graph::kNoValue && m_dynamic[static_cast<std::size_t>(id)]) return true;
        }
        for (const graph::ValueId id : node.outputs) {
            if (id == graph::kNoValue) continue;
            const graph::ValueType& type = m_plan.graph.value(id).type;
            if (type.isSequence || type.isOptional || bitWidth(type.type) < 8) return true;
            const auto shape = type.shape();
            if (!shape || !shape->checkedElementCount() || !tensor::byteSize(type.type, shape->elementCount())) return true;
        }
        return false;
    }

    void describe(const graph::Node& node) {
        trace::LayerRecord record;
        record.node = node.name;
        record.op = node.op;
        record.origins = node.origins;
        if (const auto cost = graph::costOf(m_plan.graph, node)) {
            record.operations = cost->operations;
            record.parameters = cost->parameters;
            record.weightBytes = cost->weightBytes;
            record.activationBytes = cost->activationBytes;
        }
        m_plan.records.push_back(std::move(record));
    }

    Status placeNode(const graph::Node& node) {
        describe(node);
        if (isDynamic(node)) {
            for (const graph::ValueId id : node.outputs) {
                if (id != graph::kNoValue) m_dynamic[static_cast<std::size_t>(id)] = true;
            }
            const NodeView view{m_plan.graph, node};
            const runtime::Support support = m_backend.judgeDynamic(view);
            trace::LayerRecord& record = m_builder.record();
            record.kernel = "reference";
            record.execution = executionOf(support);
            record.reason = joined(support.reason, "the shape of its result is known only when it runs");
            if (node.treatment.pruned) record.reason = joined(record.reason, kZerosMultiplied);
            return m_backend.placeDynamic(m_builder, view, m_dynamic);
        }
        return placeStatic(node);
    }

    static trace::Execution executionOf(const runtime::Support& support) {
        return support.level == runtime::Support::Level::Emulated ? trace::Execution::Emulated : trace::Execution::Native;
    }

    Status placeStatic(const graph::Node& node) {
        const NodeView view{m_plan.graph, node};
        Refusals refusals;
        for (const Implementation& implementation : m_backend.implementationsOf(node)) {
            const runtime::Support support = implementation.judge(view);
            if (support.level == runtime::Support::Level::Refused) {
                refusals.note(implementation.name, support.reason);
                continue;
            }
            const std::size_t before = m_plan.steps.size();
            m_builder.record().kernel = implementation.name;
            m_builder.record().execution = executionOf(support);
            m_builder.record().reason.clear();
            const Status placed = implementation.place(m_builder, view);
            if (placed) {
                std::string& reason = m_builder.record().reason;  // may hold what the placing said
                reason = joined(refusals.why(support), reason);
                if (node.treatment.pruned && !m_backend.hasSparseKernel(view)) reason = joined(reason, kZerosMultiplied);
                return {};
            }
            if (placed.error().code != ErrorCode::Unsupported) return placed;
            assert(m_plan.steps.size() == before);
            static_cast<void>(before);
            refusals.note(implementation.name, placed.error().message);
        }
        return fail(ErrorCode::Unsupported, node.op + ": " + (refusals.text().empty() ? "nothing here executes it" : refusals.text()),
                    node.name);
    }

    /// Outputs stand row-major in their declared type, in memory of the plan.
    Status placeOutputs() {
        const std::size_t begin = m_plan.steps.size();
        trace::LayerRecord record;
        record.node = "outputs";
        record.op = "Reorder";
        record.kernel = "reorder of outputs";
        m_plan.records.push_back(record);
        for (const graph::ValueId id : m_plan.graph.outputs) {
            const graph::Value& value = m_plan.graph.value(id);
            Plan::Output output{value.name, value.type.type, {}, kNoSlot, id};
            if (!m_dynamic[static_cast<std::size_t>(id)]) {
                output.shape = *value.type.shape();
                TRIMTAB_TRY(output.slot, m_builder.read(id));
                const bool inInput = m_plan.slots[static_cast<std::size_t>(m_builder.rootOf(output.slot))].kind == Slot::Kind::Input;
                if (inInput && !m_backend.ownsInputs()) {
                    const SlotId copy = m_builder.scratch(*tensor::byteSize(output.type, output.shape.elementCount()));
                    TRIMTAB_REQUIRE(m_backend.placeCopy(m_builder, output.slot, copy, m_plan.slots[static_cast<std::size_t>(copy)].bytes));
                    output.slot = copy;
                }
            }
            m_plan.outputs.push_back(std::move(output));
        }
        if (m_plan.steps.size() > begin) m_plan.ranges.push_back({m_builder.layer(), begin, m_plan.steps.size()});
        else m_plan.records.pop_back();
        return {};
    }

    Plan& m_plan;
    const Backend& m_backend;
    Builder m_builder;
    std::vector<bool> m_dynamic;
};

}  // namespace

Result<std::unique_ptr<Plan>> makePlan(const Graph& graph, std::span<const NamedTensor> inputs, WeightStore& weights, Backend& backend,
                                       int threads) {
    auto plan = std::make_unique<Plan>();
    TRIMTAB_TRY(plan->graph, bound(graph, inputs));
    TRIMTAB_REQUIRE(backend.begin(plan->graph));
    Planner planner(*plan, weights, backend, threads);
    TRIMTAB_REQUIRE(planner.placeAll(inputs));
    TRIMTAB_REQUIRE(plan->allocate(backend));
    return plan;
}

}  // namespace trimtab::plan
