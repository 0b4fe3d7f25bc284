// Element-wise operators, alone or with those before them in one pass.
#include "kernels/cuda/implementations/expression_builder.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/cuda/implementations/gated_product.h"

namespace trimtab::cuda {

runtime::Support judgeElementwise(const NodeView& view) {
    const auto made = elementwiseOf(view);
    if (!made) return plan::refused(made.error().message);
    return plan::native();
}

Status placeElementwise(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const graph::ValueId output = view.node.output(0);
    if (isInGatedUnit(builder, view)) return {};
    if (backend.isInlined(output)) {
        builder.record().kernel = "in the pass of its reader";
        return {};
    }
    TRIMTAB_TRY(const Elementwise whole, composed(view.graph, view.node, backend.inlined()));
    const DataType type = backend.held(output);
    std::vector<DataType> types;
    for (const graph::ValueId id : whole.inputs) types.push_back(builder.formOf(id).type);
    TRIMTAB_TRY(Expression expression, expressionOf(view.graph, whole, types, view.outputShape(), type));
    std::vector<SlotId> reads;
    for (std::size_t i = 0; i < whole.inputs.size(); ++i) {
        TRIMTAB_TRY(const SlotId slot, builder.read(whole.inputs[i], Form{types[i], Layout::Plain}));
        reads.push_back(slot);
    }
    const SlotId result = builder.write(output, Form{type, Layout::Plain});
    if (view.outputShape().elementCount() == 0) return {};
    builder.step(
        [expression = std::move(expression), reads, result, stream = backend.stream()](Frame& frame) {
            std::array<const void*, kMaxInputs> inputs{};
            for (std::size_t i = 0; i < reads.size(); ++i) inputs[i] = frame.at<void>(reads[i]);
            return launchExpression(stream, expression, inputs, frame.at<void>(result));
        },
        reads, {result});
    return {};
}

}  // namespace trimtab::cuda
