#include "kernels/cuda/implementations/products.h"

#include <vector>

#include "kernels/plan/operands/treated.h"

namespace trimtab::cuda {

bool isFloat(DataType type) { return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16; }

std::string typeName(DataType type) {
    if (type == DataType::Float32) return "fp32";
    return type == DataType::Float16 ? "fp16" : "bf16";
}

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

Status placeLibraryStep(Builder& builder, const NodeView& view, const Bound& bound, const std::shared_ptr<BoundProduct>& product,
                        SlotId weight) {
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, bound.shape.bias, bound.shape.n, product->biasType()));
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
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, bound.shape.bias, bound.shape.n, DataType::Float32));
    const SlotId y = builder.write(view.node.output(0), Form{bound.output, Layout::Plain});
    const Product product = ownProduct(bound, weight.format);
    std::vector<SlotId> written{y};
    SlotId workspace = kNoSlot;
    if (const std::int64_t bytes = tiled ? productWorkspace(product) : 0; bytes > 0)
        written.push_back(workspace = builder.scratch(bytes));
    builder.step(
        [=, x = bound.x, stream = backendOf(builder).stream()](Frame& frame) {
            const ProductOperands operands{frame.at<void>(x),
                                           frame.at<void>(weight.values),
                                           at<float>(frame, weight.scales),
                                           at<std::int8_t>(frame, weight.zeros),
                                           at<float>(frame, bias),
                                           nullptr,
                                           frame.at<void>(y),
                                           at<float>(frame, workspace)};
            return tiled ? launchTiledProduct(stream, product, operands) : launchFewRows(stream, product, operands);
        },
        {bound.x}, std::move(written));
    return {};
}

void recordWeight(Builder& builder, const NodeView& view, std::int64_t bytes) {
    plan::recordTreatment(builder, view);
    builder.record().weightBytes = bytes;
}

}  // namespace trimtab::cuda
