#include "kernels/cpu/implementations/integer_operands.h"

namespace trimtab::cpu {
namespace {

int postOpOperand(std::size_t index) { return DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(index)) | DNNL_ARG_SRC_1; }

}  // namespace

Tensor codesOf(const NodeView& view, const onednn::Dims& dims) {
    const auto& weight = view.value(1).quantized;
    return Tensor::view(DataType::Int8, Shape(dims), {reinterpret_cast<const std::byte*>(weight->codes.data()), weight->codes.size()},
                        weight);
}

std::vector<onednn::PostOp> scaling(std::int64_t outputs, int rank, int axis, bool summand) {
    std::vector<std::int64_t> dims(static_cast<std::size_t>(rank), 1);
    dims[static_cast<std::size_t>(axis)] = outputs;
    const auto desc = onednn::describe(Shape(dims), DataType::Float32);
    std::vector<onednn::PostOp> ops{{onednn::PostOp::Kind::Multiply, 0, 0, desc}};
    if (summand) ops.push_back({onednn::PostOp::Kind::Add, 0, 0, desc});
    return ops;
}

std::vector<onednn::Argument> integerArguments(const onednn::Primitive& primitive, const std::vector<onednn::PostOp>& ops,
                                               const IntegerOperands& operands) {
    std::vector<onednn::Argument> result{{DNNL_ARG_SRC, primitive.source, operands.codes, false},
                                         {DNNL_ARG_WEIGHTS, primitive.weights, operands.weights, false},
                                         {postOpOperand(0), ops[0].operand, operands.factors, false}};
    if (operands.summands != kNoSlot) result.push_back({postOpOperand(1), ops[1].operand, operands.summands, false});
    if (operands.zeroPoint != kNoSlot) {
        result.push_back(
            {DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, onednn::describe(Shape{1}, DataType::Int32), operands.zeroPoint, false});
    }
    return result;
}

}  // namespace trimtab::cpu
