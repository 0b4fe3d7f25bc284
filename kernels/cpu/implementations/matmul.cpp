#include "kernels/cpu/implementations/matmul.h"

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"

namespace trimtab::cpu {
Result<SlotId> readBias(Builder& builder, const NodeView& view, const WeightProduct& product) {
    if (product.bias == graph::kNoValue) return kNoSlot;
    if (view.shape(2).elementCount() == product.n) return builder.read(product.bias);
    const auto value = static_cast<float>(tensor::elementAsDouble(*view.constant(2), 0));
    return builder.constantFloats(std::vector<float>(static_cast<std::size_t>(product.n), value));
}

runtime::Support judgeMatMul(const NodeView& view) {
    std::string reason;
    return isFloatWeightProduct(view, &reason) ? judgeEmulation(view) : refusedOrImitatedElsewhere(view, reason);
}

Status placeMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const bool isConstant = view.value(1).isConstant();
    const bool outputsFirst = product.layout == tensor::WeightLayout::OutputsFirst;
    const onednn::Dims dims{product.k, product.n};
    const auto plain = onednn::describe(dims, DataType::Float32, outputsFirst ? onednn::Dims{1, product.k} : onednn::Dims{product.n, 1});
    onednn::Attributes attributes;
    if (product.relu) attributes.postOps.push_back({onednn::PostOp::Kind::Relu, 0, 0, {}});
    std::optional<onednn::Desc> bias;
    if (product.bias != graph::kNoValue) bias = onednn::describe(Shape{1, product.n}, DataType::Float32);
    TRIMTAB_TRY(const auto primitive, onednn::matMul(onednn::describe(Shape{product.m, product.k}, DataType::Float32),
                                                     isConstant ? onednn::anyLayout(dims, DataType::Float32) : plain, bias,
                                                     onednn::describe(Shape{product.m, product.n}, DataType::Float32), attributes));

    TRIMTAB_TRY(const SlotId source, readAsTreated(builder, view, 0));
    SlotId weights = kNoSlot;
    if (isConstant) {
        TRIMTAB_TRY(const Tensor weight, treatedWeight(builder, view, 1));
        TRIMTAB_TRY(weights, onednn::packed(builder, weight, plain, primitive.weights));
    } else {
        TRIMTAB_TRY(weights, readAsTreated(builder, view, 1));
    }
    std::vector<onednn::Argument> arguments{{DNNL_ARG_SRC, primitive.source, source, false},
                                            {DNNL_ARG_WEIGHTS, primitive.weights, weights, false}};
    if (bias) {
        TRIMTAB_TRY(const SlotId slot, readBias(builder, view, product));
        arguments.push_back({DNNL_ARG_BIAS, *bias, slot, false});
    }
    arguments.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0)), true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul " + primitive.name;
    return onednn::place(builder, primitive, std::move(arguments));
}

runtime::Support judgeBatchedMatMul(const NodeView& view) {
    if (view.type(0) != DataType::Float32 || view.type(1) != DataType::Float32) return notMeant();
    if (!view.node.is("MatMul")) return notMeant();
    return judgeEmulation(view);
}

Status placeBatchedMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const BatchedProduct product, batchedProduct(view));
    const auto source = onednn::describe(product.left, DataType::Float32);
    const auto weights = onednn::describe(product.right, DataType::Float32);
    const auto destination = onednn::describe(product.result, DataType::Float32);
    TRIMTAB_TRY(const auto primitive, onednn::matMul(source, weights, std::nullopt, destination, {}));
    TRIMTAB_TRY(const SlotId left, readAsTreated(builder, view, 0));
    TRIMTAB_TRY(const SlotId right, readAsTreated(builder, view, 1));
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul " + primitive.name;
    return onednn::place(builder, primitive,
                         {{DNNL_ARG_SRC, source, left, false},
                          {DNNL_ARG_WEIGHTS, weights, right, false},
                          {DNNL_ARG_DST, destination, builder.write(view.node.output(0)), true}});
}

}  // namespace trimtab::cpu
