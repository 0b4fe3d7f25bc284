// Add, Sub, Mul, Div, Min, Max, Pow with a constant exponent, and Where, with broadcasting, in fp32.
#include <map>
#include <optional>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/broadcast_loop.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

std::optional<BinaryOp> binaryOp(const graph::Node& node) {
    static const std::map<std::string, BinaryOp, std::less<>> kOps = {{"Add", BinaryOp::Add}, {"Sub", BinaryOp::Sub},
                                                                      {"Mul", BinaryOp::Mul}, {"Div", BinaryOp::Div},
                                                                      {"Min", BinaryOp::Min}, {"Max", BinaryOp::Max}};
    const auto found = kOps.find(node.op);
    if (found == kOps.end()) return std::nullopt;
    return found->second;
}

/// The result takes the layout of the operand that has its shape, channels last being the rarer choice.
Layout resultLayout(Builder& builder, const NodeView& view, std::initializer_list<std::size_t> operands) {
    for (const std::size_t i : operands) {
        if (view.shape(i) == view.outputShape() && builder.formOf(view.node.input(i)).layout == Layout::ChannelsLast)
            return Layout::ChannelsLast;
    }
    return Layout::Plain;
}

/// Operands of the result's rank come in its layout, so that the innermost strides are 0 or 1; smaller ones as they are.
Result<SlotId> readOperand(Builder& builder, const NodeView& view, std::size_t i, Layout layout) {
    const Layout own = view.shape(i).rank() == view.outputShape().rank() ? layout : Layout::Plain;
    return builder.read(view.node.input(i), Form{view.type(i), own});
}

}  // namespace

runtime::Support judgeBinary(const NodeView& view) {
    if (view.type(0) != DataType::Float32 || view.type(1) != DataType::Float32) return notMeant();
    if (!binaryOp(view.node) || view.node.inputs.size() != 2) return refused("only two operands have a kernel");
    return native();
}

Status placeBinary(Builder& builder, const NodeView& view) {
    const BinaryOp op = *binaryOp(view.node);
    const Layout layout = resultLayout(builder, view, {0, 1});
    const Shape output = view.outputShape();
    std::vector<BroadcastLoop::Operand> shapes;
    for (std::size_t i = 0; i < 2; ++i) shapes.push_back({view.shape(i), view.shape(i).rank() == output.rank() ? layout : Layout::Plain});
    const auto loop = BroadcastLoop::make(output, layout, shapes);
    if (!loop) return fail(ErrorCode::Unsupported, "its operands meet across their rows");
    TRIMTAB_TRY(const SlotId a, readOperand(builder, view, 0, layout));
    TRIMTAB_TRY(const SlotId b, readOperand(builder, view, 1, layout));

    const Form form{DataType::Float32, layout};
    SlotId y = kNoSlot;
    // A broadcast operand in the same bytes would be read again after they were overwritten.
    const bool apart = builder.rootOf(a) != builder.rootOf(b) || view.shape(0) == view.shape(1);
    if (apart && view.shape(0) == output && builder.mayOverwrite(a)) y = builder.writeOver(view.node.output(0), form, a);
    else if (apart && view.shape(1) == output && builder.mayOverwrite(b)) y = builder.writeOver(view.node.output(0), form, b);
    else y = builder.write(view.node.output(0), form);
    if (output.elementCount() == 0) return {};
    const auto binary = vectorKernels().binary;
    builder.step(
        [loop = *loop, op, a, b, y, binary](Frame& frame) {
            const float* left = frame.at<float>(a);
            const float* right = frame.at<float>(b);
            float* target = frame.at<float>(y);
            loop.run<2>([&](std::int64_t at, std::int64_t length, const std::int64_t* offsets) {
                binary(op, left + offsets[0], loop.step(0), right + offsets[1], loop.step(1), target + at, length);
            });
            return Status{};
        },
        {a, b}, {y});
    return {};
}

runtime::Support judgePower(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    const Tensor* exponent = view.constant(1);
    if (!exponent || exponent->elementCount() != 1) return refused("its exponent is not one constant");
    const double power = tensor::elementAsDouble(*exponent, 0);
    if (power != 2.0 && power != 0.5 && power != 1.0 && power != -1.0) return refused("only squares, roots and reciprocals have a kernel");
    if (view.rank(0) < exponent->shape().rank()) return refused("its exponent has more axes than its base");
    return native();
}

Status placePower(Builder& builder, const NodeView& view) {
    const double power = tensor::elementAsDouble(*view.constant(1), 0);
    const UnaryOp op = power == 2.0    ? UnaryOp::Square
                       : power == 0.5  ? UnaryOp::Sqrt
                       : power == -1.0 ? UnaryOp::Reciprocal
                                       : UnaryOp::Affine;
    const graph::ValueId from = view.node.input(0);
    if (view.shape(0) != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its base", view.node.name);
    const Form form{DataType::Float32, builder.formOf(from).layout};
    const std::int64_t count = view.outputShape().elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(from, form));
    const SlotId y = builder.write(view.node.output(0), form);
    const auto unary = vectorKernels().unary;
    builder.step(
        [=](Frame& frame) {
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                unary(op, frame.at<float>(x) + begin, frame.at<float>(y) + begin, end - begin, 1.0F, 0.0F);
            });
            return Status{};
        },
        {x}, {y});
    return {};
}

runtime::Support judgeSelect(const NodeView& view) {
    if (view.type(1) != DataType::Float32 || view.type(0) != DataType::Bool) return notMeant();
    return native();
}

Status placeSelect(Builder& builder, const NodeView& view) {
    const Shape output = view.outputShape();
    std::vector<BroadcastLoop::Operand> shapes;
    for (std::size_t i = 0; i < 3; ++i) shapes.push_back({view.shape(i), Layout::Plain});
    const auto loop = BroadcastLoop::make(output, Layout::Plain, shapes);
    if (!loop) return fail(ErrorCode::Unsupported, "its operands meet across their rows");
    TRIMTAB_TRY(const SlotId condition, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId a, builder.read(view.node.input(1)));
    TRIMTAB_TRY(const SlotId b, builder.read(view.node.input(2)));
    const SlotId y = builder.write(view.node.output(0));
    if (output.elementCount() == 0) return {};
    const auto select = vectorKernels().select;
    builder.step(
        [loop = *loop, condition, a, b, y, select](Frame& frame) {
            loop.run<3>([&](std::int64_t at, std::int64_t length, const std::int64_t* offsets) {
                select(frame.at<std::uint8_t>(condition) + offsets[0], loop.step(0), frame.at<float>(a) + offsets[1], loop.step(1),
                       frame.at<float>(b) + offsets[2], loop.step(2), frame.at<float>(y) + at, length);
            });
            return Status{};
        },
        {condition, a, b}, {y});
    return {};
}

}  // namespace trimtab::cpu
