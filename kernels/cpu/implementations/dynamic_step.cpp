#include "kernels/cpu/implementations/dynamic_step.h"

#include <algorithm>
#include <cstring>

#include "core/graph/attention/kv_rounding.h"
#include "kernels/cpu/compiled_model.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/list.h"
#include "kernels/plan/bodies.h"

namespace trimtab::cpu {
namespace {

/// An input of a reference kernel: bytes in a slot seen as a tensor, or a dynamic value.
struct Source {
    SlotId slot = kNoSlot;
    DataType type = DataType::Undefined;
    Shape shape;
    std::size_t bytes = 0;
    graph::ValueId value = graph::kNoValue;
    bool isLeftOut = false;  // its value is not needed
    bool isInput = true;     // of the part; false for inputs left out and for one that stands twice
};

ref::RunValue load(const Source& source, Frame& frame) {
    if (source.value == graph::kNoValue || source.isLeftOut) return Tensor();
    if (source.slot == kNoSlot) return frame.dynamic[static_cast<std::size_t>(source.value)];
    return Tensor::view(source.type, source.shape, {frame.at<const std::byte>(source.slot), source.bytes}, nullptr);
}

/// With `ofPart`, constants are left to the part that holds them.
Result<std::vector<Source>> sources(Builder& builder, const NodeView& view, const std::vector<bool>* dynamic, bool ofPart = false) {
    std::vector<Source> result;
    for (std::size_t i = 0; i < view.node.inputs.size(); ++i) {
        Source source;
        source.value = view.node.inputs[i];
        source.isInput = source.value != graph::kNoValue &&
                         std::none_of(result.begin(), result.end(), [&](const Source& before) { return before.value == source.value; });
        const bool isHere = source.value != graph::kNoValue && !(dynamic && (*dynamic)[static_cast<std::size_t>(source.value)]);
        const bool isLeft = ofPart && isHere && view.value(i).isConstant();
        if (isLeft) source.isLeftOut = true;
        if (isHere && !isLeft) {
            const graph::Value& value = view.graph.value(source.value);
            source.type = value.constant && !isStoredNarrow(view, i) ? value.constant->type() : value.type.type;
            if (isStoredNarrow(view, i) && !ofPart) source.type = DataType::Float32;
            source.shape = value.constant    ? value.constant->shape()
                           : value.quantized ? value.quantized->originalShape
                                             : *value.type.shape();
            source.bytes = static_cast<std::size_t>(*tensor::byteSize(source.type, source.shape.elementCount()));
            TRIMTAB_TRY(source.slot, ofPart ? builder.read(source.value) : readAsTreated(builder, view, i));
        }
        result.push_back(std::move(source));
    }
    return result;
}

std::vector<SlotId> slotsOf(const std::vector<Source>& sources) {
    std::vector<SlotId> slots;
    for (const Source& source : sources) {
        if (source.slot != kNoSlot) slots.push_back(source.slot);
    }
    return slots;
}

plan::CompilePart compiler(const Builder& builder) {
    return [threads = builder.threads()](const Graph& part) { return compileModel(part, threads); };
}

/// For control flow: its subgraphs compiled for this engine. Other nodes have none, and nullptr.
std::shared_ptr<ref::BodyRunner> bodiesOf(Builder& builder, const NodeView& view) {
    if (graph::subgraphsOf(view.node).empty()) return nullptr;
    builder.record().kernel = "control flow";
    return std::make_shared<plan::CompiledBodies>(view.graph, view.node, compiler(builder));
}

Result<std::vector<ref::RunValue>> evaluate(const graph::Node& node, std::span<const ref::RunValue> values, ref::BodyRunner* bodies) {
    return ref::evaluate(node, values, bodies ? *bodies : ref::bodyInterpreter());
}

}  // namespace

namespace {

void keep(const graph::Node& node, std::vector<ref::RunValue> results, Frame& frame) {
    for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i)
        if (node.outputs[i] != graph::kNoValue) frame.dynamic[static_cast<std::size_t>(node.outputs[i])] = std::move(results[i]);
}

/// A node that has kernels of its own is planned alone, once its inputs are there. Not within such a plan again; and not one that is
/// treated, because its row says before any run whether the treatment is executed.
bool isPlannedAlone(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    const bool isStored = treatment.weightBits == 16 && isStoredNarrow(view, 1);
    if (treatment.compute != graph::ComputeType::Float32 || (treatment.weightBits < 32 && !isStored) || treatment.activationBits < 32 ||
        treatment.kvBits < 32)
        return false;
    return view.graph.nodes.size() > 1 && graph::subgraphsOf(view.node).empty() && implementationsOf(view.node).size() > 1;
}

Status placePart(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) {
    TRIMTAB_TRY(auto inputs, sources(builder, view, &dynamic, true));
    builder.record().kernel = "planned when it runs";
    auto slots = slotsOf(inputs);
    auto part = std::make_shared<plan::Part>(plan::graphOf(view.graph, view.node), compiler(builder));
    builder.step(
        [node = view.node, inputs = std::move(inputs), part](Frame& frame) -> Status {
            std::vector<ref::RunValue> values;
            for (const Source& source : inputs)
                if (source.isInput) values.push_back(load(source, frame));
            TRIMTAB_TRY(auto results, part->run(std::move(values)));
            keep(node, std::move(results), frame);
            return {};
        },
        std::move(slots), {});
    return {};
}

}  // namespace

Status placeDynamicStep(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) {
    if (!ref::find(view.node)) return fail(ErrorCode::Unsupported, "nothing here executes " + view.node.op, view.node.name);
    if (isPlannedAlone(view)) return placePart(builder, view, dynamic);
    TRIMTAB_TRY(auto inputs, sources(builder, view, &dynamic));
    if (hasTreatedOperands(view.node)) recordTreatment(builder, view);
    auto slots = slotsOf(inputs);
    const graph::Node node = view.node;
    std::optional<graph::CachePart> part;
    if (node.treatment.kvBits < 32 && node.is("MatMul")) part = cachePartOf(view.graph, node);
    builder.step(
        [node, part, inputs = std::move(inputs), bodies = bodiesOf(builder, view)](Frame& frame) -> Status {
            std::vector<ref::RunValue> values;
            for (const Source& source : inputs) {
                values.push_back(load(source, frame));
                auto* tensor = std::get_if<Tensor>(&values.back());
                if (source.slot != kNoSlot || !tensor || !tensor->defined()) continue;  // slots were treated on their way here
                TRIMTAB_TRY(*tensor, valueAsTreated(node, part, values.size() - 1, *tensor));
            }
            TRIMTAB_TRY(auto results, evaluate(node, values, bodies.get()));
            keep(node, std::move(results), frame);
            return {};
        },
        std::move(slots), {});
    return {};
}

runtime::Support judgeReference(const NodeView& view) {
    if (!ref::find(view.node)) return refused("no kernel knows the operator");
    if (view.node.has(graph::kCachesInPlace)) return refused("it writes no caches in place");
    return judgeEmulation(view);
}

Status placeReference(Builder& builder, const NodeView& view) {
    builder.record().kernel = "reference";
    TRIMTAB_TRY(auto inputs, sources(builder, view, nullptr));
    if (hasTreatedOperands(view.node)) recordTreatment(builder, view);
    auto slots = slotsOf(inputs);
    struct Target {
        SlotId slot = kNoSlot;
        std::size_t bytes = 0;
    };
    std::vector<Target> targets;
    std::vector<SlotId> written;
    for (std::size_t i = 0; i < view.node.outputs.size(); ++i) {
        Target target;
        if (view.node.outputs[i] != graph::kNoValue) {
            target.slot = builder.write(view.node.outputs[i]);
            target.bytes = static_cast<std::size_t>(*tensor::byteSize(view.outputType(i), view.outputShape(i).elementCount()));
            written.push_back(target.slot);
        }
        targets.push_back(target);
    }
    const graph::Node node = view.node;
    builder.step(
        [node, inputs = std::move(inputs), targets = std::move(targets), bodies = bodiesOf(builder, view)](Frame& frame) -> Status {
            std::vector<ref::RunValue> values;
            for (const Source& source : inputs) values.push_back(load(source, frame));
            TRIMTAB_TRY(const auto results, evaluate(node, values, bodies.get()));
            for (std::size_t i = 0; i < targets.size(); ++i) {
                if (targets[i].slot == kNoSlot) continue;
                const auto* tensor = i < results.size() ? std::get_if<Tensor>(&results[i]) : nullptr;
                if (!tensor || tensor->bytes().size() != targets[i].bytes) {
                    return fail(ErrorCode::Failed, node.op + " gave a result of another shape than was inferred for it");
                }
                if (targets[i].bytes > 0) std::memcpy(frame.at<std::byte>(targets[i].slot), tensor->bytes().data(), targets[i].bytes);
            }
            return {};
        },
        std::move(slots), std::move(written));
    return {};
}

}  // namespace trimtab::cpu
