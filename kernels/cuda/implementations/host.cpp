// The last resort: the reference kernel on the host. Inputs come down, results go up, and the plan says so.
#include <algorithm>
#include <memory>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/attention/kv_rounding.h"
#include "core/graph/weights.h"
#include "core/trace/host_kernel.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/plan/operands/treated.h"
#include "kernels/ref/reference.h"
#include "kernels/ref/treated.h"

namespace trimtab::cuda {
namespace {

/// An input of the reference kernel: bytes on the device brought down, a constant as it is on the host, or a value that only the run knows.
struct Source {
    SlotId slot = kNoSlot;
    DataType type = DataType::Undefined;
    Shape shape;
    Tensor constant;
    graph::ValueId value = graph::kNoValue;
};

struct Target {
    SlotId slot = kNoSlot;
    std::int64_t bytes = 0;
};

struct HostStep {
    graph::Node node;
    std::vector<Source> sources;
    std::vector<Target> targets;  // empty: results go to Frame::dynamic
    std::shared_ptr<const tensor::QuantizedWeight> weight;
    std::optional<graph::CachePart> part;  // of a product of attention that reads keys or values of few bits
    std::shared_ptr<Device> device;

    Result<std::vector<ref::RunValue>> gather(Frame& frame) const {
        std::vector<ref::RunValue> values;
        for (const Source& source : sources) {
            if (source.constant.defined()) {
                values.emplace_back(source.constant);
            } else if (source.slot != kNoSlot) {
                TRIMTAB_TRY(Tensor down, Tensor::allocate(source.type, source.shape));
                const auto bytes = static_cast<std::int64_t>(down.bytes().size());
                TRIMTAB_REQUIRE(device->download(down.mutableBytes().data(), frame.at<void>(source.slot), bytes));
                values.emplace_back(std::move(down));
            } else if (source.value != graph::kNoValue) {
                values.push_back(frame.dynamic[static_cast<std::size_t>(source.value)]);
            } else {
                values.emplace_back(Tensor());
            }
        }
        TRIMTAB_REQUIRE(device->synchronize());
        return values;
    }

    Status operator()(Frame& frame) const {
        TRIMTAB_TRY(auto values, gather(frame));
        if (auto* operand = part ? std::get_if<Tensor>(&values.at(1)) : nullptr) {
            TRIMTAB_TRY(*operand, graph::roundedCache(node.treatment, *part, *operand));
        }
        TRIMTAB_TRY(auto results,
                    ref::changesArithmetic(node) ? ref::evaluateTreated(node, values, weight.get()) : ref::evaluate(node, values));
        for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
            if (node.outputs[i] == graph::kNoValue) continue;
            if (targets.empty()) {
                frame.dynamic[static_cast<std::size_t>(node.outputs[i])] = std::move(results[i]);
                continue;
            }
            const auto* tensor = std::get_if<Tensor>(&results[i]);
            if (!tensor || static_cast<std::int64_t>(tensor->bytes().size()) != targets[i].bytes)
                return fail(ErrorCode::Failed, node.op + " gave a result of another shape than was inferred for it");
            TRIMTAB_REQUIRE(device->upload(frame.at<void>(targets[i].slot), tensor->bytes().data(), targets[i].bytes));
        }
        return device->synchronize();
    }
};

Result<Tensor> hostConstant(const graph::Value& value) {
    if (value.quantized) return graph::decodedWeight(value);
    const auto width = static_cast<std::size_t>(std::max(bitWidth(value.constant->type()) / 8, 1));
    return value.constant->aligned(width) ? Result<Tensor>(*value.constant) : value.constant->clone();
}

Result<std::vector<Source>> sourcesOf(Builder& builder, const NodeView& view, const std::vector<bool>* dynamic) {
    std::vector<Source> sources;
    for (const graph::ValueId id : view.node.inputs) {
        Source source;
        source.value = id;
        if (id != graph::kNoValue && !(dynamic && (*dynamic)[static_cast<std::size_t>(id)])) {
            const graph::Value& value = view.graph.value(id);
            if (value.constant || value.quantized) {
                TRIMTAB_TRY(source.constant, hostConstant(value));
            } else {
                source.type = value.type.type;
                source.shape = *value.type.shape();
                TRIMTAB_TRY(source.slot, builder.read(id));
            }
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

Status placeStep(Builder& builder, const NodeView& view, std::vector<Source> sources, std::vector<Target> targets) {
    std::vector<SlotId> reads;
    std::vector<SlotId> writes;
    for (const Source& source : sources)
        if (source.slot != kNoSlot) reads.push_back(source.slot);
    for (const Target& target : targets)
        if (target.slot != kNoSlot) writes.push_back(target.slot);
    if (plan::hasTreatedOperands(view.node)) plan::recordTreatment(builder, view);
    builder.record().kernel = trace::kHostKernel;
    std::shared_ptr<const tensor::QuantizedWeight> weight;
    if (view.has(1)) weight = view.value(1).quantized;
    std::optional<graph::CachePart> part;
    if (view.node.treatment.kvBits < 32 && view.node.is("MatMul")) part = cachePartOf(view.graph, view.node);
    builder.waitForHost();
    builder.step(HostStep{view.node, std::move(sources), std::move(targets), std::move(weight), part, backendOf(builder).tools().device},
                 std::move(reads), std::move(writes));
    return {};
}

}  // namespace

runtime::Support judgeTreatment(const NodeView& view) {
    if (!ref::find(view.node)) return plan::refused("no kernel knows the operator");
    if (view.node.has(graph::kCachesInPlace)) return plan::refused("it writes no caches in place");
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.kvBits < 32)
        return plan::emulated("keys and values are rounded to " + std::to_string(treatment.kvBits) + " bits and read back on the host");
    const bool asks = treatment.activationBits < 32 || treatment.weightBits < 16 || treatment.compute != graph::ComputeType::Float32;
    if (plan::hasTreatedOperands(view.node) && asks)
        return plan::emulated("no kernel of the GPU executes this treatment of " + view.node.op + "; the host imitates it");
    return plan::native();
}

runtime::Support judgeHost(const NodeView& view) { return judgeTreatment(view); }

Status placeHost(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(auto sources, sourcesOf(builder, view, nullptr));
    std::vector<Target> targets;
    for (std::size_t i = 0; i < view.node.outputs.size(); ++i) {
        Target target;
        if (view.node.outputs[i] != graph::kNoValue) {
            target.slot = builder.write(view.node.outputs[i]);
            target.bytes = *tensor::byteSize(view.outputType(i), view.outputShape(i).elementCount());
        }
        targets.push_back(target);
    }
    return placeStep(builder, view, std::move(sources), std::move(targets));
}

Status placeDynamicHost(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) {
    if (!ref::find(view.node)) return fail(ErrorCode::Unsupported, "nothing here executes " + view.node.op, view.node.name);
    TRIMTAB_TRY(auto sources, sourcesOf(builder, view, &dynamic));
    return placeStep(builder, view, std::move(sources), {});
}

}  // namespace trimtab::cuda
