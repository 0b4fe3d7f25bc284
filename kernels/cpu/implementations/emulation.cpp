#include "kernels/cpu/implementations/emulation.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/graph/attention/kv_rounding.h"
#include "core/graph/operand_rounding.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/simd/dot_weight.h"
#include "kernels/cpu/simd/quantize.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cpu {
namespace {

bool roundsOperands(const graph::Treatment& treatment) { return graph::roundsOperands(treatment.compute); }

std::int64_t bytesOf(const Tensor& tensor) { return static_cast<std::int64_t>(tensor.bytes().size()); }

/// Signed codes and back, each group of a row's columns by itself. q: kDotStep bytes longer than x.
void throughGroups(std::int64_t group, const float* x, std::int64_t count, std::int64_t length, std::int8_t* q, float* y) {
    for (std::int64_t row = 0; row < count; row += length) {
        for (std::int64_t begin = row; begin < row + length; begin += group) {
            const std::int64_t part = std::min(group, row + length - begin);
            float scale = 0;
            std::int32_t sum = 0;
            simd::quantizeGroups(x + begin, 1, part, {.codes = q + begin, .scales = &scale, .sums = &sum, .group = part, .groups = 1});
            for (std::int64_t i = begin; i < begin + part; ++i) y[i] = static_cast<float>(q[i]) * scale;
        }
    }
}

/// `length`: of the rows of the last axis. q: kDotStep bytes longer than x.
void throughEightBits(const graph::Treatment& treatment, const float* x, std::int64_t count, std::int64_t length, std::uint8_t* q,
                      float* y) {
    if (treatment.activationGroup > 0)
        return throughGroups(treatment.activationGroup, x, count, length, reinterpret_cast<std::int8_t*>(q), y);
    const std::int64_t part = treatment.activationPerToken ? length : count;
    for (std::int64_t begin = 0; begin < count; begin += part) {
        const auto& step = treatment.activationStep;
        const auto parameters =
            step ? simd::QuantizationParameters{step->scale, step->zero} : simd::parametersOf(simd::rangeOf(x + begin, part));
        simd::quantize(x + begin, part, parameters, q + begin);
        for (std::int64_t i = begin; i < begin + part; ++i) y[i] = static_cast<float>(q[i] - parameters.zeroPoint) * parameters.scale;
    }
}

std::int64_t lastExtent(const Shape& shape) { return shape.rank() == 0 ? 1 : shape[shape.rank() - 1]; }

Result<Tensor> throughEightBits(const graph::Treatment& treatment, const Tensor& values) {
    TRIMTAB_TRY(Tensor codes, Tensor::allocate(DataType::UInt8, Shape{values.elementCount() + simd::kDotStep}));
    TRIMTAB_TRY(Tensor result, Tensor::allocate(DataType::Float32, values.shape()));
    throughEightBits(treatment, values.data<float>().data(), values.elementCount(), lastExtent(values.shape()),
                     codes.mutableData<std::uint8_t>().data(), result.mutableData<float>().data());
    return result;
}

std::string kindOf(const graph::Treatment& treatment) {
    std::string kind = "8 bits and back";
    if (treatment.activationPerToken) kind += " by tokens";
    if (treatment.activationGroup > 0) kind += fmt::format(" by groups of {}", treatment.activationGroup);
    if (const auto& step = treatment.activationStep) kind += fmt::format(", {} from {}", step->scale, step->zero);
    return kind;
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

Result<SlotId> placeEightBits(Builder& builder, graph::ValueId id, SlotId source, const Shape& shape, const graph::Treatment& treatment,
                              const std::string& kind) {
    const std::int64_t count = shape.elementCount();
    const SlotId codes = builder.scratch(count + simd::kDotStep);
    const SlotId result = builder.scratch(count * 4);
    builder.step(
        [source, codes, result, count, length = lastExtent(shape), treatment](Frame& frame) {
            throughEightBits(treatment, frame.at<float>(source), count, length, frame.at<std::uint8_t>(codes), frame.at<float>(result));
            return Status{};
        },
        {source}, {codes, result});
    builder.setDerived(id, kind, {result});
    return result;
}

bool readsKept(const graph::Node& node, std::size_t i) { return node.treatment.kvBits < 32 && node.is("MatMul") && i == 1; }

/// Keys or values rounded and read back.
Result<SlotId> placeKept(Builder& builder, const NodeView& view, SlotId source, DataType type) {
    const Shape shape = view.shape(1);
    const std::int64_t bytes = *tensor::byteSize(type, shape.elementCount());
    const SlotId result = builder.scratch(bytes);
    builder.step(
        [source, result, bytes, type, shape, treatment = view.node.treatment,
         part = cachePartOf(view.graph, view.node)](Frame& frame) -> Status {
            const auto size = static_cast<std::size_t>(bytes);
            const Tensor operand = Tensor::view(type, shape, {frame.at<const std::byte>(source), size}, nullptr);
            TRIMTAB_TRY(const Tensor rounded, graph::roundedCache(treatment, part, operand));
            std::copy_n(rounded.bytes().data(), size, frame.at<std::byte>(result));
            return {};
        },
        {source}, {result});
    return result;
}

}  // namespace

bool isStoredNarrow(const NodeView& view, std::size_t i) {
    const Tensor* constant = view.constant(i);
    return constant && hasTreatedOperands(view.node) && i == 1 && view.type(0) == DataType::Float32 &&
           (constant->type() == DataType::Float16 || constant->type() == DataType::BFloat16);
}

runtime::Support judgeEmulation(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.kvBits < 32)
        return emulated("keys and values are rounded to " + std::to_string(treatment.kvBits) + " bits and read back as fp32");
    if (!hasTreatedOperands(view.node)) return native();
    const std::string of = " of " + view.node.op;
    if (treatment.activationBits < 32)
        return emulated("no kernel here forms " + std::to_string(treatment.weightBits) + "-bit integer products" + of);
    if (treatment.weightBits < 32 && !(treatment.weightBits == 16 && isStoredNarrow(view, 1)))
        return emulated("no kernel executes " + plan::weightWords(view) + " weights" + of);
    if (treatment.compute != graph::ComputeType::Float32) {
        return emulated("no kernel here forms " + std::string(graph::name(treatment.compute)) + " products" + of);
    }
    return native();
}

runtime::Support refusedOrImitatedElsewhere(const NodeView& view, const std::string& reason) {
    return judgeEmulation(view).level == runtime::Support::Level::Emulated ? notMeant() : refused(reason);
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
    if (!isStoredNarrow(view, i)) return *constant;
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<Tensor>(
                                constant->bytes().data(), "widened", *constant,
                                [&] { return tensor::convert(*constant, DataType::Float32); }, bytesOf));
    builder.hold(entry.held);
    return *entry.value;
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
    const bool isWidened = isStoredNarrow(view, i);
    const DataType type = isWidened ? DataType::Float32 : view.constant(i) ? view.constant(i)->type() : view.type(i);
    const bool isOperand = hasTreatedOperands(view.node) && i < 2 && type == DataType::Float32;
    if (isOperand && view.value(i).isConstant() && (roundsOperands(treatment) || view.quantized(i) || isWidened)) {
        TRIMTAB_TRY(Tensor weight, treatedWeight(builder, view, i));
        return builder.constant(std::move(weight));
    }
    TRIMTAB_TRY(SlotId source, builder.read(id, Form{type, layout}));
    const bool isKept = readsKept(view.node, i);
    if (isKept) {
        TRIMTAB_TRY(source, placeKept(builder, view, source, type));
    }
    const bool toEightBits = isOperand && i == 0 && treatment.activationBits == 8;
    if (!isOperand || (!toEightBits && !roundsOperands(treatment))) return source;
    const std::string kind = (toEightBits ? kindOf(treatment) : "rounded to " + std::string(graph::name(treatment.compute))) +
                             (layout == Layout::Plain ? "" : ", channels last") +
                             (isKept ? fmt::format(", kept for {}", view.node.name) : std::string());
    if (const auto* known = builder.derived(id, kind)) return known->front();
    return toEightBits ? placeEightBits(builder, id, source, view.shape(i), treatment, kind)
                       : placeRounding(builder, id, source, view.shape(i).elementCount(), treatment.compute, kind);
}

Result<Tensor> valueAsTreated(const graph::Node& node, std::optional<graph::CachePart> part, std::size_t i, Tensor value) {
    if (part && readsKept(node, i)) {
        TRIMTAB_TRY(value, graph::roundedCache(node.treatment, *part, value));
    }
    if (!hasTreatedOperands(node) || i > 1 || value.type() != DataType::Float32 || value.elementCount() == 0) return value;
    if (i == 0 && node.treatment.activationBits == 8) return throughEightBits(node.treatment, value);
    if (roundsOperands(node.treatment)) return graph::roundedOperand(node.treatment.compute, value);
    return value;
}

}  // namespace trimtab::cpu
