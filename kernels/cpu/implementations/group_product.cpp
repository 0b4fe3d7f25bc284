// Integer products whose activations have a scale for each group of columns, as the weights have: our own kernels (simd/dot_weight.h).
#include <fmt/format.h>

#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/simd/dot_weight.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cpu {
namespace {

struct GroupCodes {
    SlotId codes = kNoSlot;
    SlotId scales = kNoSlot;
    SlotId sums = kNoSlot;
    std::int64_t group = 0, groups = 0;

    simd::DotActivations at(Frame& frame) const {
        return {frame.at<std::int8_t>(codes), frame.at<float>(scales), frame.at<std::int32_t>(sums), group, groups};
    }
};

/// The value as rows of codes; consumers of the same value in the same groups share them.
Result<GroupCodes> readGroups(Builder& builder, graph::ValueId id, const WeightProduct& product, std::int64_t group) {
    GroupCodes result{.group = group, .groups = (product.k + group - 1) / group};
    const std::string kind = fmt::format("int8 by groups of {} in {} rows", group, product.m);
    if (const auto* known = builder.derived(id, kind)) {
        result.codes = (*known)[0];
        result.scales = (*known)[1];
        result.sums = (*known)[2];
        return result;
    }
    TRIMTAB_TRY(const SlotId x, builder.read(id, Form{DataType::Float32, Layout::Plain}));
    const std::int64_t rowCodes = simd::DotActivations{.group = group, .groups = result.groups}.rowCodes();
    result.codes = builder.scratch(product.m * rowCodes);
    result.scales = builder.scratch(product.m * result.groups * 4);
    result.sums = builder.scratch(product.m * result.groups * 4);
    builder.step(
        [x, result, m = product.m, k = product.k](Frame& frame) {
            simd::quantizeGroups(frame.at<float>(x), m, k, result.at(frame));
            return Status{};
        },
        {x}, {result.codes, result.scales, result.sums});
    builder.setDerived(id, kind, {result.codes, result.scales, result.sums});
    return result;
}

}  // namespace

runtime::Support judgeGroupMatMul(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8 || treatment.activationGroup == 0) return notMeant();
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return refused("integer products need weights and activations that are codes");
    if (codes->format != tensor::CodeFormat::Integer)
        return refused("integer products need integer weights, not " + plan::weightWords(view));
    if (codes->bits != 4 && codes->bits != 8)
        return refused(fmt::format("no kernel forms integer products with {}-bit weights", codes->bits));
    if (codes->group != treatment.activationGroup) return refused("its weights share scales in other groups than its activations");
    std::string reason;
    if (!isFloatWeightProduct(view, &reason)) return refused(reason);
    return native();
}

Status placeGroupMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const auto& codes = view.value(1).quantized;
    TRIMTAB_TRY(const auto entry, builder.weightStore().findOrMake<simd::DotWeight>(
                                      codes.get(), "integer dot products", codes, [&] { return simd::DotWeight::pack(*codes); },
                                      [](const simd::DotWeight& packed) { return packed.bytes(); }));
    builder.hold(entry.held);
    TRIMTAB_TRY(const GroupCodes x, readGroups(builder, view.node.input(0), product, entry.value->group));
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    const SlotId y = builder.write(view.node.output(0));
    std::vector<SlotId> reads{x.codes, x.scales, x.sums};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [weight = entry.value, x, y, bias, m = product.m, relu = product.relu](Frame& frame) {
            const simd::Epilogue epilogue{bias == kNoSlot ? nullptr : frame.at<float>(bias), relu};
            simd::matMul(*weight, x.at(frame), m, frame.at<float>(y), epilogue);
            return Status{};
        },
        std::move(reads), {y});
    recordTreatment(builder, view);
    builder.record().weightBytes = entry.held.bytes;
    if (view.node.treatment.weightBits >= 32) builder.record().weightBits = codes->bits;  // the file's own
    builder.record().kernel = fmt::format("integer int{} × int8 by groups {}", codes->bits, simd::dotName());
    return {};
}

}  // namespace trimtab::cpu
