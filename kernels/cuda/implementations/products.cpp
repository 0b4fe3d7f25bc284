// Matrix products: with a weight (dense, weight-only, integer, fp8) and of two activations.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/cuda/implementations/weights.h"
#include "kernels/plan/operands/treated.h"

namespace trimtab::cuda {
namespace {

constexpr int kFloat8Capability = 89;
/// Our kernel asks for its first weights before the kernel in front of it has ended, which timings of one alone do not see.
constexpr double kOverlap = 1.1;

bool isFloat(DataType type) { return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16; }

using ConstSlot = const SlotId;

template <class T>
T* at(Frame& frame, SlotId slot) {
    return slot == kNoSlot ? nullptr : frame.at<T>(slot);
}

/// A product with a weight, or why it is none that kernels here take.
runtime::Support judgeWeight(const NodeView& view) {
    if (!isFloat(view.type(0)) || !view.value(1).isConstant()) return plan::notMeant();
    std::string reason;
    if (!plan::isWeightProduct(view, &reason)) return plan::refused(reason);
    return plan::native();
}

DataType outputType(const Builder& builder, const NodeView& view, DataType product) {
    const DataType held = backendOf(builder).held(view.node.output(0));
    return held == DataType::Float32 || product == DataType::Float32 ? DataType::Float32 : product;
}

/// Everything one step of a product with a weight needs.
struct Bound {
    plan::WeightProduct shape;
    DataType type = DataType::Float32;
    DataType output = DataType::Float32;
    SlotId x = kNoSlot;
    SlotId y = kNoSlot;
};

Result<Bound> bindProduct(Builder& builder, const NodeView& view, DataType type) {
    Bound bound;
    TRIMTAB_TRY(bound.shape, plan::weightProduct(view));
    bound.type = type;
    bound.output = outputType(builder, view, type);
    TRIMTAB_TRY(bound.x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    return bound;
}

LibraryProduct libraryProduct(const Bound& bound, Arithmetic arithmetic) {
    LibraryProduct product;
    product.m = bound.shape.m;
    product.n = bound.shape.n;
    product.k = bound.shape.k;
    product.input = bound.type;
    product.output = bound.output;
    product.arithmetic = arithmetic;
    product.bias = bound.shape.bias != graph::kNoValue;
    product.relu = bound.shape.relu;
    return product;
}

Product ownProduct(const Bound& bound, const WeightFormat& format) {
    Product product;
    product.m = bound.shape.m;
    product.n = bound.shape.n;
    product.k = bound.shape.k;
    product.type = bound.type;
    product.outputType = bound.output;
    product.weight = format;
    product.activation = bound.shape.relu ? Activation::Relu : Activation::None;
    return product;
}

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

Status placeLibraryStep(Builder& builder, const NodeView& view, const Bound& bound, const std::shared_ptr<BoundProduct>& product, SlotId weight) {
    TRIMTAB_TRY(ConstSlot bias, placeBias(builder, view, bound.shape.bias, bound.shape.n, product->biasType()));
    const SlotId y = builder.write(view.node.output(0), Form{bound.output, Layout::Plain});
    builder.record().kernel = product->kernel();
    builder.step(
        [=, x = bound.x](Frame& frame) {
            LibraryOperands operands;
            operands.x = frame.at<void>(x);
            operands.w = frame.at<void>(weight);
            operands.bias = at<void>(frame, bias);
            operands.y = frame.at<void>(y);
            return product->run(operands);
        },
        {bound.x}, {y});
    return {};
}

Status placeOwnStep(Builder& builder, const NodeView& view, const Bound& bound, const PlacedWeight& weight, bool tiled) {
    TRIMTAB_TRY(ConstSlot bias, placeBias(builder, view, bound.shape.bias, bound.shape.n, DataType::Float32));
    const SlotId y = builder.write(view.node.output(0), Form{bound.output, Layout::Plain});
    const Product product = ownProduct(bound, weight.format);
    builder.step(
        [=, x = bound.x, stream = backendOf(builder).stream()](Frame& frame) {
            const ProductOperands operands{frame.at<void>(x),           frame.at<void>(weight.values), at<float>(frame, weight.scales),
                                           at<std::int8_t>(frame, weight.zeros), at<float>(frame, bias), nullptr, frame.at<void>(y)};
            return tiled ? launchTiledProduct(stream, product, operands) : launchFewRows(stream, product, operands);
        },
        {bound.x}, {y});
    return {};
}

/// True when our kernel for few rows is no slower than the library on this weight.
Result<bool> fewRowsAreFaster(Builder& builder, const Bound& bound, const PlacedWeight& weight, BoundProduct& library, const std::byte* values) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const Trial trial, trialMemory(backend, bound));
    Product product = ownProduct(bound, weight.format);
    const bool hasBias = bound.shape.bias != graph::kNoValue;
    const ProductOperands own{trial.x.get(), values, nullptr, nullptr, hasBias ? reinterpret_cast<const float*>(trial.bias.get()) : nullptr, nullptr,
                              trial.y.get()};
    LibraryOperands theirs;
    theirs.x = trial.x.get();
    theirs.w = values;
    theirs.bias = trial.bias.get();
    theirs.y = trial.y.get();
    const auto ours = backend.tools().timeOf([&] { return launchFewRows(backend.stream(), product, own); });
    if (!ours) return false;
    TRIMTAB_TRY(const double other, backend.tools().timeOf([&] { return library.run(theirs); }));
    return *ours < kOverlap * other;
}

void recordWeight(Builder& builder, const NodeView& view, std::int64_t bytes) {
    plan::recordTreatment(builder, view);
    builder.record().weightBytes = bytes;
}

std::string typeName(DataType type) {
    if (type == DataType::Float32) return "fp32";
    return type == DataType::Float16 ? "fp16" : "bf16";
}

}  // namespace

runtime::Support judgeDenseProduct(const NodeView& view) {
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.activationBits < 32) return plan::refused("integer products of these widths have no kernel");
    if (treatment.compute == graph::ComputeType::Float8 || treatment.compute == graph::ComputeType::Int8)
        return plan::refused("these products have no kernel");
    if (treatment.weightBits < 16) return plan::emulated(fmt::format("no kernel executes {}-bit weights; they are widened before", treatment.weightBits));
    return plan::native();
}

Status placeDenseProduct(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const bool tf32 = view.node.treatment.compute == graph::ComputeType::Tf32;
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    const DataType type = productType(view.node, view.type(0));
    Bound probe{shape, type, outputType(builder, view, type), kNoSlot, kNoSlot};
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(libraryProduct(probe, tf32 ? Arithmetic::Tf32 : Arithmetic::Full)));
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

runtime::Support judgeWeightOnly(const NodeView& view) {
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const tensor::QuantizedWeight* codes = view.quantized(1);
    const graph::Treatment& treatment = view.node.treatment;
    if (!codes || treatment.activationBits < 32) return plan::notMeant();
    if (codes->bits != 8 && codes->bits != 4) return plan::refused(fmt::format("no kernel reads {}-bit codes", codes->bits));
    if (treatment.compute == graph::ComputeType::Float8 || treatment.compute == graph::ComputeType::Int8) return plan::notMeant();
    return plan::native();
}

Status placeWeightOnly(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const DataType type = productType(view.node, view.type(0));
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    const bool few = shape.m <= kFewRows;
    const bool tiled = !few && type != DataType::Float32;
    std::shared_ptr<BoundProduct> library;
    if (!few && !tiled) {
        const Bound probe{shape, type, outputType(builder, view, type), kNoSlot, kNoSlot};
        const bool tf32 = view.node.treatment.compute == graph::ComputeType::Tf32;
        TRIMTAB_TRY(library, backend.tools().products->prepare(libraryProduct(probe, tf32 ? Arithmetic::Tf32 : Arithmetic::Full)));
    }
    TRIMTAB_TRY(const PlacedWeight weight, placeCodes(builder, view));
    TRIMTAB_TRY(const Bound bound, bindProduct(builder, view, type));
    recordWeight(builder, view, weight.bytes);
    const int bits = view.quantized(1)->bits;
    if (few || tiled) {
        builder.record().kernel = fmt::format("{} int{} {}", few ? "few rows" : "tiled", bits, typeName(type));
        return placeOwnStep(builder, view, bound, weight, tiled);
    }
    const SlotId wide = builder.scratch(shape.n * shape.k * 4);
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchDequantize(stream, shape.n, shape.k, weight.format, frame.at<void>(weight.values), at<float>(frame, weight.scales),
                                    at<std::int8_t>(frame, weight.zeros), type, frame.at<void>(wide));
        },
        {}, {wide});
    TRIMTAB_REQUIRE(placeLibraryStep(builder, view, bound, library, wide));
    builder.alsoRead(wide);
    builder.record().kernel = fmt::format("int{} widened, then {}", bits, library->kernel());
    return {};
}

runtime::Support judgeIntegerProduct(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8) return plan::notMeant();
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return plan::refused("integer products need 8-bit weights and activations");
    if (codes->bits != 8) return plan::refused(fmt::format("no kernel forms integer products with {}-bit weights", codes->bits));
    if (!codes->symmetric || codes->group != codes->columns) return plan::refused("integer products need symmetric weights with one scale for each output");
    return plan::native();
}

Status placeIntegerProduct(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    LibraryProduct product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = (shape.k + 15) / 16 * 16;
    product.input = DataType::Int8;
    product.output = DataType::Int32;
    product.arithmetic = Arithmetic::Integer;
    auto prepared = backend.tools().products->prepare(product);
    std::shared_ptr<BoundProduct> library = prepared ? *prepared : nullptr;
    if (!library && prepared.error().code != ErrorCode::Unsupported) return fail(prepared.error());
    TRIMTAB_TRY(const IntegerWeight weight, placeIntegerWeight(builder, view));
    const DataType type = builder.formOf(view.node.input(0)).type;
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(ConstSlot bias, placeBias(builder, view, shape.bias, shape.n, DataType::Float32));
    recordWeight(builder, view, shape.n * weight.pitch);
    const Stream stream = backend.stream();
    const std::int64_t pitch = weight.pitch;

    // Several products of one activation share its codes.
    SlotId codes = kNoSlot;
    SlotId parameters = kNoSlot;
    if (const auto* known = builder.derived(view.node.input(0), "signed codes")) {
        codes = (*known)[0];
        parameters = (*known)[1];
    } else {
        codes = builder.scratch(shape.m * pitch);
        parameters = builder.scratch(2 * sizeof(float));
        const SlotId partials = builder.scratch(2 * 1024 * sizeof(float));
        builder.step(
            [=](Frame& frame) -> Status {
                TRIMTAB_REQUIRE(launchQuantizationParameters(stream, type, shape.m * shape.k, frame.at<void>(x), frame.at<float>(partials),
                                                             frame.at<float>(parameters)));
                return launchQuantize(stream, type, shape.m, shape.k, pitch, frame.at<void>(x), frame.at<float>(parameters), frame.at<std::int8_t>(codes));
            },
            {x}, {codes, parameters, partials});
        builder.setDerived(view.node.input(0), "signed codes", {codes, parameters});
    }
    const SlotId sums = builder.scratch(shape.m * shape.n * 4);
    IntegerEpilogue epilogue;
    epilogue.m = shape.m;
    epilogue.n = shape.n;
    epilogue.outputType = backend.held(view.node.output(0));
    epilogue.activation = shape.relu ? Activation::Relu : Activation::None;
    const SlotId y = builder.write(view.node.output(0), Form{epilogue.outputType, Layout::Plain});
    builder.record().kernel = "int8 " + (library ? library->kernel() : std::string("own tiles"));
    builder.step(
        [=](Frame& frame) -> Status {
            LibraryOperands operands;
            operands.x = frame.at<void>(codes);
            operands.w = frame.at<void>(weight.codes);
            operands.y = frame.at<void>(sums);
            if (library) TRIMTAB_REQUIRE(library->run(operands));
            else
                TRIMTAB_REQUIRE(launchIntegerProduct(stream, shape.m, shape.n, pitch, pitch, pitch, frame.at<std::int8_t>(codes),
                                                     frame.at<std::int8_t>(weight.codes), frame.at<std::int32_t>(sums)));
            return launchIntegerEpilogue(stream, epilogue, frame.at<std::int32_t>(sums), frame.at<float>(parameters), frame.at<std::int32_t>(weight.rowSums),
                                         frame.at<float>(weight.scales), at<float>(frame, bias), nullptr, frame.at<void>(y));
        },
        {codes, parameters}, {sums, y});
    return {};
}

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
    Bound bound{shape, type, DataType::BFloat16, kNoSlot, kNoSlot};
    const DataType held = backend.held(view.node.output(0));
    bound.output = held == DataType::Float16 ? DataType::BFloat16 : held;
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(libraryProduct(bound, Arithmetic::Float8)));
    TRIMTAB_TRY(bound.x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const Float8Weight weight, placeFloat8Weight(builder, view, shape));
    TRIMTAB_TRY(ConstSlot bias, placeBias(builder, view, shape.bias, shape.n, library->biasType()));
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
                TRIMTAB_REQUIRE(launchFloat8Scale(stream, type, count, frame.at<void>(x), frame.at<float>(partials), frame.at<float>(scale)));
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

runtime::Support judgeBatchedProduct(const NodeView& view) {
    if (!view.node.is("MatMul") || !isFloat(view.type(0)) || view.type(0) != view.type(1)) return plan::notMeant();
    if (view.quantized(1)) return plan::notMeant();
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.activationBits < 32) return plan::refused("integer products of two activations have no kernel");
    if (treatment.compute == graph::ComputeType::Float8 || treatment.compute == graph::ComputeType::Int8)
        return plan::refused("these products of two activations have no kernel");
    return plan::native();
}

Status placeBatchedProduct(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const plan::BatchedProduct shapes, plan::batchedProduct(view));
    const int rank = shapes.result.rank();
    LibraryProduct product;
    product.m = shapes.left[rank - 2];
    product.k = shapes.left[rank - 1];
    product.n = shapes.right[rank - 1];
    product.weightIsRows = false;
    product.batch = shapes.result.elementCount() / (product.m * product.n);
    const auto batches = [&](const Shape& shape) { return shape.elementCount() / (shape[rank - 2] * shape[rank - 1]); };
    const std::int64_t left = batches(shapes.left);
    const std::int64_t right = batches(shapes.right);
    if ((left != product.batch && left != 1) || (right != product.batch && right != 1))
        return fail(ErrorCode::Unsupported, "its batches broadcast across several axes");
    product.xStride = left == 1 ? 0 : product.m * product.k;
    product.wStride = right == 1 ? 0 : product.k * product.n;
    product.yStride = product.m * product.n;
    const DataType type = productType(view.node, view.type(0));
    product.input = type;
    product.output = outputType(builder, view, type);
    product.arithmetic = view.node.treatment.compute == graph::ComputeType::Tf32 ? Arithmetic::Tf32 : Arithmetic::Full;
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(product));
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const SlotId w, builder.read(view.node.input(1), Form{type, Layout::Plain}));
    const SlotId y = builder.write(view.node.output(0), Form{product.output, Layout::Plain});
    plan::recordTreatment(builder, view);
    builder.record().kernel = library->kernel();
    builder.step(
        [=](Frame& frame) {
            LibraryOperands operands;
            operands.x = frame.at<void>(x);
            operands.w = frame.at<void>(w);
            operands.y = frame.at<void>(y);
            return library->run(operands);
        },
        {x, w}, {y});
    return {};
}

}  // namespace trimtab::cuda
