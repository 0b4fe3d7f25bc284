#include "kernels/cpu/implementations/emulation.h"

#include "core/graph/operand_rounding.h"
#include "kernels/cpu/simd/quantize.h"
#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {
namespace {

bool roundsOperands(const graph::Treatment& treatment) { return graph::roundsOperands(treatment.compute); }

std::int64_t bytesOf(const Tensor& tensor) { return static_cast<std::int64_t>(tensor.bytes().size()); }

Result<Tensor> throughEightBits(const Tensor& values) {
    const std::int64_t count = values.elementCount();
    TRIMTAB_TRY(Tensor codes, Tensor::allocate(DataType::UInt8, values.shape()));
    TRIMTAB_TRY(Tensor result, Tensor::allocate(DataType::Float32, values.shape()));
    const float* x = values.data<float>().data();
    auto* q = codes.mutableData<std::uint8_t>().data();
    float* y = result.mutableData<float>().data();
    const auto parameters = simd::parametersOf(simd::rangeOf(x, count));
    simd::quantize(x, count, parameters, q);
    for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(q[i] - parameters.zeroPoint) * parameters.scale;
    return result;
}

Result<SlotId> placeRounding(Builder& builder, graph::ValueId id, SlotId source, std::int64_t count, graph::ComputeType type,
                             const std::string& kind) {
    const SlotId result = builder.scratch(count * 4);
    builder.step(
        [source, result, count, type](Frame& frame) {
            const float* x = frame.at<float>(source);
            float* y = frame.at<float>(result);
            const float scale = graph::operandScale(type, std::span(x, static_cast<std::size_t>(count)));
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                const auto part = static_cast<std::size_t>(end - begin);
                graph::roundOperand(type, scale, std::span(x + begin, part), std::span(y + begin, part));
                if (scale != 1)
                    for (std::int64_t i = begin; i < end; ++i) y[i] *= scale;
            });
            return Status{};
        },
        {source}, {result});
    builder.setDerived(id, kind, {result});
    return result;
}

Result<SlotId> placeEightBits(Builder& builder, graph::ValueId id, SlotId source, std::int64_t count, const std::string& kind) {
    const SlotId codes = builder.scratch(count);
    const SlotId result = builder.scratch(count * 4);
    builder.step(
        [source, codes, result, count](Frame& frame) {
            const float* x = frame.at<float>(source);
            auto* q = frame.at<std::uint8_t>(codes);
            float* y = frame.at<float>(result);
            const auto parameters = simd::parametersOf(simd::rangeOf(x, count));
            simd::quantize(x, count, parameters, q);
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(q[i] - parameters.zeroPoint) * parameters.scale;
            });
            return Status{};
        },
        {source}, {codes, result});
    builder.setDerived(id, kind, {result});
    return result;
}

}  // namespace

runtime::Support judgeEmulation(const NodeView& view) {
    if (!hasTreatedOperands(view.node)) return native();
    const graph::Treatment& treatment = view.node.treatment;
    const std::string of = " of " + view.node.op;
    if (treatment.activationBits < 32)
        return emulated("no kernel here forms " + std::to_string(treatment.weightBits) + "-bit integer products" + of);
    if (treatment.weightBits < 32) return emulated("no kernel executes " + std::to_string(treatment.weightBits) + "-bit weights" + of);
    if (treatment.compute != graph::ComputeType::Float32) {
        return emulated("no kernel here forms " + std::string(graph::name(treatment.compute)) + " products" + of);
    }
    return native();
}

Result<Tensor> unroundedWeight(Builder& builder, const NodeView& view, std::size_t i) {
    if (const auto& codes = view.value(i).quantized) {
        TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<Tensor>(
                                    codes.get(), "dequantised", codes, [&] { return codes->dequantize(); }, bytesOf));
        builder.hold(entry.held);
        return *entry.value;
    }
    const Tensor* constant = view.constant(i);
    if (!constant) return fail(ErrorCode::Failed, "a weight was expected", view.node.name);
    return *constant;
}

Result<Tensor> treatedWeight(Builder& builder, const NodeView& view, std::size_t i) {
    const graph::Treatment& treatment = view.node.treatment;
    TRIMTAB_TRY(const Tensor weight, unroundedWeight(builder, view, i));
    if (!roundsOperands(treatment) || weight.type() != DataType::Float32) return weight;
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<Tensor>(
                                weight.bytes().data(), "rounded to " + std::string(graph::name(treatment.compute)), weight,
                                [&] { return graph::roundedOperand(treatment.compute, weight); }, bytesOf));
    builder.hold(entry.held);
    return *entry.value;
}

Result<SlotId> readAsTreated(Builder& builder, const NodeView& view, std::size_t i, Layout layout) {
    const graph::ValueId id = view.node.inputs[i];
    const graph::Treatment& treatment = view.node.treatment;
    const DataType type = view.constant(i) ? view.constant(i)->type() : view.type(i);
    const bool isOperand = hasTreatedOperands(view.node) && i < 2 && type == DataType::Float32;
    if (isOperand && view.value(i).isConstant() && (roundsOperands(treatment) || view.quantized(i))) {
        TRIMTAB_TRY(Tensor weight, treatedWeight(builder, view, i));
        return builder.constant(std::move(weight));
    }
    TRIMTAB_TRY(const SlotId source, builder.read(id, Form{type, layout}));
    const bool toEightBits = isOperand && i == 0 && treatment.activationBits == 8;
    if (!isOperand || (!toEightBits && !roundsOperands(treatment))) return source;
    const std::string kind = (toEightBits ? "8 bits and back" : "rounded to " + std::string(graph::name(treatment.compute))) +
                             (layout == Layout::Plain ? "" : ", channels last");
    if (const auto* known = builder.derived(id, kind)) return known->front();
    const std::int64_t count = view.shape(i).elementCount();
    return toEightBits ? placeEightBits(builder, id, source, count, kind)
                       : placeRounding(builder, id, source, count, treatment.compute, kind);
}

Result<Tensor> valueAsTreated(const graph::Node& node, std::size_t i, Tensor value) {
    if (!hasTreatedOperands(node) || i > 1 || value.type() != DataType::Float32 || value.elementCount() == 0) return value;
    if (i == 0 && node.treatment.activationBits == 8) return throughEightBits(value);
    if (roundsOperands(node.treatment)) return graph::roundedOperand(node.treatment.compute, value);
    return value;
}

}  // namespace trimtab::cpu
