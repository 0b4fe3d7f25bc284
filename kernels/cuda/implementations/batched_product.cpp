// Products of two activations.
#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/products.h"
#include "kernels/plan/operands/treated.h"

namespace trimtab::cuda {

runtime::Support judgeBatchedProduct(const NodeView& view) {
    if (!view.node.is("MatMul") || !isFloat(view.type(0)) || view.type(0) != view.type(1)) return plan::notMeant();
    if (view.quantized(1)) return plan::notMeant();
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.kvBits < 32) return plan::refused("keys and values of few bits have no kernel");
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
