// Products with weights of 4, 8 or 16 bits and fp32 activations on our own kernels: weights are decoded in registers. The same kernel over
// fp32 weights serves products with few rows, where reading the weights is what takes the time.
#include "core/tensor/code_values.h"
#include "kernels/cpu/implementations/dense_choice.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/implementations/weight_only.h"

namespace trimtab::cpu {
namespace {

std::string formatName(simd::WeightFormat format) {
    switch (format) {
        case simd::WeightFormat::Int4: return "int4";
        case simd::WeightFormat::NormalFloat4: return "nf4";
        case simd::WeightFormat::Float4E2M1: return "fp4";
        case simd::WeightFormat::Float8E4M3: return "fp8_e4m3";
        case simd::WeightFormat::Float8E5M2: return "fp8_e5m2";
        case simd::WeightFormat::Int8: return "int8";
        case simd::WeightFormat::BFloat16: return "bf16";
        case simd::WeightFormat::Float16: return "fp16";
        case simd::WeightFormat::Float32: return "fp32";
    }
    return "";
}

using PackedEntry = WeightStore::Entry<simd::PackedWeight>;

std::int64_t bytesOf(const simd::PackedWeight& packed) { return packed.bytes(); }

Result<PackedEntry> packFloats(Builder& builder, const NodeView& view, const WeightProduct& product, simd::WeightFormat format) {
    const Tensor weight = *view.constant(1);
    const auto make = [&]() -> Result<simd::PackedWeight> {
        TRIMTAB_TRY(const auto rows, tensor::toRows(weight, product.layout));
        return simd::PackedWeight::packFloats(rows, product.n, product.k, format);
    };
    const bool outputsFirst = product.layout == tensor::WeightLayout::OutputsFirst;
    const std::string kind = "weight-only " + formatName(format) + (outputsFirst ? " n k" : " k n");
    return builder.weightStore().findOrMake<simd::PackedWeight>(weight.bytes().data(), kind, weight, make, bytesOf);
}

Result<PackedEntry> pack(Builder& builder, const NodeView& view, const WeightProduct& product) {
    if (const auto& codes = view.value(1).quantized) {
        return builder.weightStore().findOrMake<simd::PackedWeight>(
            codes.get(), "weight-only", codes, [&] { return simd::PackedWeight::pack(*codes); }, bytesOf);
    }
    return packFloats(builder, view, product,
                      view.node.treatment.weightsBfloat ? simd::WeightFormat::BFloat16 : simd::WeightFormat::Float16);
}

Status placeProduct(Builder& builder, const NodeView& view, const WeightProduct& product, const PackedEntry& entry) {
    builder.hold(entry.held);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    const SlotId y = builder.write(view.node.output(0));
    std::vector<SlotId> reads{x};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [weight = entry.value, x, y, bias, m = product.m, relu = product.relu](Frame& frame) {
            const simd::Epilogue epilogue{bias == kNoSlot ? nullptr : frame.at<float>(bias), relu};
            simd::matMul(*weight, frame.at<float>(x), m, frame.at<float>(y), epilogue);
            return Status{};
        },
        std::move(reads), {y});
    recordTreatment(builder, view);
    builder.record().weightBytes = entry.held.bytes;
    return {};
}

}  // namespace

runtime::Support judgeWeightOnly(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.activationBits != 32 || treatment.compute != graph::ComputeType::Float32) return notMeant();
    if (treatment.weightBits >= 32 && !view.quantized(1)) return notMeant();
    std::string reason;
    if (!isFloatWeightProduct(view, &reason)) return refused(reason);
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (codes && codes->bits != 4 && codes->bits != 8)
        return refused("no kernel decodes " + std::to_string(codes->bits) + "-bit weights, only those of 4, 8 and 16 bits");
    if (!codes && (treatment.weightBits != 16 || !view.constant(1))) return refused("its weight is not quantised");
    return native();
}

Status placeWeightOnly(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    // Codes that the file brings are read where reading is what takes the time; a recipe's are read in any case, and so are a language
    // model's, which is what groups tell: decoded they would take eight times the memory.
    const tensor::QuantizedWeight* codes = view.quantized(1);
    const bool isFilesOwn = view.node.treatment.weightBits >= 32;
    if (isFilesOwn && product.m > kFewRows && (!codes || codes->partialGroup() == 0)) return fail(ErrorCode::Unsupported, "");
    TRIMTAB_TRY(const PackedEntry entry, pack(builder, view, product));
    TRIMTAB_REQUIRE(placeProduct(builder, view, product, entry));
    if (codes && isFilesOwn) builder.record().weightBits = codes->bits;
    const bool isFloating = codes && codes->format != tensor::CodeFormat::Integer;
    const std::string format = isFloating ? std::string(tensor::formatName(*codes)) : formatName(entry.value->format);
    builder.record().kernel = "weight-only " + format + " " + std::string(simd::name(simd::bestIsa()));
    return {};
}

runtime::Support judgeFewRows(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    const bool isPlain = treatment.weightBits == 32 && treatment.activationBits == 32 && treatment.compute == graph::ComputeType::Float32;
    return isPlain && view.constant(1) && isFloatWeightProduct(view, nullptr) ? native() : notMeant();
}

Status placeFewRows(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const bool isFewRows = product.m <= kFewRows;
    if (!isFewRows && !panelsAreFaster(product.m, product.n, product.k)) return fail(ErrorCode::Unsupported, "");
    TRIMTAB_TRY(const auto weight, packedFloat32(builder, view, product));
    TRIMTAB_REQUIRE(placeProduct(builder, view, product, weight));
    builder.record().kernel = (isFewRows ? "few-row fp32 " : "panel fp32 ") + std::string(simd::name(simd::bestIsa()));
    return {};
}

Result<WeightStore::Entry<simd::PackedWeight>> packedFloat32(Builder& builder, const NodeView& view, const WeightProduct& product) {
    return packFloats(builder, view, product, simd::WeightFormat::Float32);
}

}  // namespace trimtab::cpu
