// Products with a dense weight: the library's, or our own for few rows where that is no slower.
#include <fmt/format.h>

#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/gated_product.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cuda {
namespace {

/// Our kernel asks for its first weights before the kernel in front of it has ended, which timings of one alone do not see.
constexpr double kOverlap = 1.1;

bool isAligned(std::int64_t bytes) { return bytes % 16 == 0; }

/// Memory of the sizes of x and y, to time candidates on before the plan's own is there.
struct Trial {
    DeviceMemory x, y, bias;
};
Result<Trial> trialMemory(const CudaBackend& backend, const Bound& bound) {
    Device& device = backend.device();
    Trial trial;
    const std::int64_t bytes = bound.shape.m * bound.shape.k * 4;
    TRIMTAB_TRY(trial.x, device.allocate(bytes));
    TRIMTAB_TRY(trial.y, device.allocate(bound.shape.m * bound.shape.n * 4));
    TRIMTAB_TRY(trial.bias, device.allocate(bound.shape.n * 4));
    TRIMTAB_REQUIRE(device.clear(trial.x.get(), bytes));
    TRIMTAB_REQUIRE(device.clear(trial.bias.get(), bound.shape.n * 4));
    return trial;
}

/// True when `ours` is no slower than `products` products of the library with these weights; false when it does not run.
template <class Work>
Result<bool> isFaster(const CudaBackend& backend, const Work& ours, const LibraryOperands& theirs, BoundProduct& library, int products) {
    const auto own = backend.tools().timeOf(ours);
    if (!own) return false;
    TRIMTAB_TRY(const double other, backend.tools().timeOf([&] { return library.run(theirs); }));
    return *own < kOverlap * products * other;
}

LibraryOperands operandsOf(const Trial& trial, const void* weight) {
    LibraryOperands operands;
    operands.x = trial.x.get();
    operands.w = weight;
    operands.bias = trial.bias.get();
    operands.y = trial.y.get();
    return operands;
}

/// True when our kernel for few rows is no slower than the library on this weight.
Result<bool> fewRowsAreFaster(Builder& builder, const Bound& bound, const PlacedWeight& weight, BoundProduct& library,
                              const std::byte* values) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const Trial trial, trialMemory(backend, bound));
    Product product = ownProduct(bound, weight.format);
    const bool hasBias = bound.shape.bias != graph::kNoValue;
    const ProductOperands own{
        trial.x.get(), values,       nullptr, nullptr, hasBias ? reinterpret_cast<const float*>(trial.bias.get()) : nullptr,
        nullptr,       trial.y.get()};
    const auto ours = [&] { return launchFewRows(backend.stream(), product, own); };
    return isFaster(backend, ours, operandsOf(trial, values), library, 1);
}

/// The same of both products of a gated unit; that no pass multiplies their results is left out of the balance.
Result<bool> gatedRowsAreFaster(const CudaBackend& backend, const Bound& bound, const Product& product, GatedOperands weights,
                                BoundProduct& library) {
    TRIMTAB_TRY(const Trial trial, trialMemory(backend, bound));
    weights.x = trial.x.get();
    weights.y = trial.y.get();
    const auto ours = [&] { return launchGatedRows(backend.stream(), product, weights); };
    return isFaster(backend, ours, operandsOf(trial, weights.gate.w), library, 2);
}

}  // namespace

runtime::Support judgeDenseProduct(const NodeView& view) {
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.activationBits < 32) return plan::refused("integer products of these widths have no kernel");
    if (treatment.compute == graph::ComputeType::Float8 || treatment.compute == graph::ComputeType::Int8)
        return plan::refused("these products have no kernel");
    if (treatment.weightBits < 16)
        return plan::emulated(fmt::format("no kernel executes {} weights; they are widened before", plan::weightWords(view)));
    return plan::native();
}

Status placeDenseProduct(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const bool tf32 = view.node.treatment.compute == graph::ComputeType::Tf32;
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    const DataType type = productType(view.node, view.type(0));
    const Bound probe{shape, type, outputType(builder, view, type), kNoSlot};
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(libraryProduct(probe, tf32 ? Arithmetic::Tf32 : Arithmetic::Full)));
    const GatedFamily both{
        .judge = judgeDenseProduct,
        .placeWeight = [&](const NodeView& product) -> Result<PlacedWeight> {
            TRIMTAB_TRY(const plan::WeightProduct own, plan::weightProduct(product));
            return placeRows(builder, product, own, type);
        },
        .pays = [&](const Product& product,
                    const GatedOperands& weights) { return gatedRowsAreFaster(backend, probe, product, weights, *library); },
        .kernel = fmt::format("gated few rows {}", typeName(type))};
    if (!tf32) {
        TRIMTAB_TRY(const bool gated, placeInGatedUnit(builder, view, type, both));
        if (gated) return {};
    }
    TRIMTAB_TRY(const PlacedWeight weight, placeRows(builder, view, shape, type));
    TRIMTAB_TRY(const Bound bound, bindProduct(builder, view, type));
    recordWeight(builder, view, weight.bytes);
    const bool mayBeFew = shape.m <= kFewRows && isAligned(weight.format.pitchBytes) && !tf32;
    if (mayBeFew) {
        TRIMTAB_TRY(const bool few, fewRowsAreFaster(builder, bound, weight, *library, builder.addressOf(weight.values)));
        if (few) {
            builder.record().kernel = fmt::format("few rows {}", typeName(type));
            return placeOwnStep(builder, view, bound, weight, false);
        }
    }
    return placeLibraryStep(builder, view, bound, library, weight.values);
}

}  // namespace trimtab::cuda
