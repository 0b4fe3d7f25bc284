// Products that skip the zeros of pruned weights, where that is faster here: dense and the sparse forms that fit are timed once for each
// weight and number of rows when the plan is made, and the fastest is taken.
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/implementations/sparse_choice.h"

namespace trimtab::cpu {
namespace {

/// Above this share of non-zeros saying where each weight belongs costs more than it saves on every processor tried: nothing is timed.
constexpr double kHighestDensity = 0.6;

}  // namespace

bool hasSparseKernel(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    const bool isPlain = treatment.weightBits == 32 && treatment.activationBits == 32 && treatment.compute == graph::ComputeType::Float32;
    const bool isConvolution = view.node.op == "Conv" || view.node.op == "FusedConv";
    return isPlain && !isConvolution && hasTreatedOperands(view.node) && view.constant(1) && isFloatWeightProduct(view, nullptr);
}

runtime::Support judgeSparse(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (!treatment.pruned || !hasSparseKernel(view)) return notMeant();  // the planner notes that the zeros are multiplied
    if (treatment.density > kHighestDensity) return refused("too few weights are zero");
    return native();
}

Status placeSparse(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    TRIMTAB_TRY(const SparseChoice choice, chooseSparse(builder, view, product));
    builder.hold(choice.weight.held);
    builder.hold(choice.fitting.held);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    const SlotId y = builder.write(view.node.output(0));
    const SlotId scratch = builder.scratch(simd::scratchFloats(product.k, product.m) * 4);
    std::vector<SlotId> reads{x};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [weight = choice.weight.value, x, y, bias, scratch, m = product.m, relu = product.relu](Frame& frame) {
            const simd::Epilogue epilogue{bias == kNoSlot ? nullptr : frame.at<float>(bias), relu};
            simd::matMul(*weight, frame.at<float>(x), m, frame.at<float>(y), epilogue, frame.at<float>(scratch));
            return Status{};
        },
        std::move(reads), {y, scratch});
    recordTreatment(builder, view);
    builder.record().weightBytes = choice.weight.held.bytes;
    builder.record().density = choice.density;
    builder.record().kernel = simd::name(choice.form) + " " + std::string(simd::name(simd::bestIsa()));
    // The name is part of what tells plans apart; measured times would make every plan another one.
    builder.record().reason = "picked by measured speed: " + choice.times;
    return {};
}

}  // namespace trimtab::cpu
