// Products of e4m3 codes, one scale for each operand.
#include "kernels/cuda/implementations/products.h"

namespace trimtab::cuda {
namespace {

constexpr int kFloat8Capability = 89;

}  // namespace

runtime::Support judgeFloat8Product(const NodeView& view) {
    if (view.node.treatment.compute != graph::ComputeType::Float8) return plan::notMeant();
    if (view.node.treatment.activationBits < 32) return plan::notMeant();
    return judgeWeight(view);
}

Status placeFloat8Product(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    if (shape.k % 16 != 0 || shape.n % 16 != 0) return fail(ErrorCode::Unsupported, "fp8 products need extents that 16 divides");
    const DeviceProperties& card = backend.device().properties();
    if (!card.emulated && card.computeCapability < kFloat8Capability)
        return fail(ErrorCode::Unsupported, "this GPU has no fp8 units (compute capability 8.9 or later has)");
    // The result stands in 16 bits, in which the library forms it, and is widened by whoever wants more.
    const DataType type = builder.formOf(view.node.input(0)).type;
    Bound bound{shape, type, DataType::BFloat16, kNoSlot};
    const DataType held = backend.held(view.node.output(0));
    bound.output = held == DataType::Float16 ? DataType::BFloat16 : held;
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(libraryProduct(bound, Arithmetic::Float8)));
    TRIMTAB_TRY(bound.x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const Float8Weight weight, placeFloat8Weight(builder, view, shape));
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, shape.bias, shape.n, library->biasType()));
    recordWeight(builder, view, shape.n * shape.k);
    builder.record().kernel = "fp8 " + library->kernel();
    const std::int64_t count = shape.m * shape.k;
    SlotId codes = kNoSlot;
    SlotId scale = kNoSlot;
    if (const auto* known = builder.derived(view.node.input(0), "fp8 codes")) {
        codes = (*known)[0];
        scale = (*known)[1];
    } else {
        codes = builder.scratch(count);
        scale = builder.scratch(sizeof(float));
        const SlotId partials = builder.scratch(1024 * sizeof(float));
        builder.step(
            [=, x = bound.x, stream = backend.stream()](Frame& frame) -> Status {
                TRIMTAB_REQUIRE(
                    launchFloat8Scale(stream, type, count, frame.at<void>(x), frame.at<float>(partials), frame.at<float>(scale)));
                return launchToFloat8(stream, type, count, frame.at<void>(x), frame.at<float>(scale), frame.at<std::uint8_t>(codes));
            },
            {bound.x}, {codes, scale, partials});
        builder.setDerived(view.node.input(0), "fp8 codes", {codes, scale});
    }
    const SlotId y = builder.write(view.node.output(0), Form{bound.output, Layout::Plain});
    builder.step(
        [=](Frame& frame) {
            LibraryOperands operands;
            operands.x = frame.at<void>(codes);
            operands.w = frame.at<void>(weight.codes);
            operands.bias = at<void>(frame, bias);
            operands.xScale = frame.at<float>(scale);
            operands.wScale = frame.at<float>(weight.scale);
            operands.y = frame.at<void>(y);
            return library->run(operands);
        },
        {codes, scale}, {y});
    return {};
}

}  // namespace trimtab::cuda
