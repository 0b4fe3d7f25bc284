// Softmax and the normalisations that work on rows of neighbouring elements, and BatchNormalization as a factor and a summand for each
// channel.
#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/broadcast_loop.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/vector_kernels.h"
#include "kernels/plan/operands/axes.h"

namespace trimtab::cpu {
namespace {

struct Rows {
    std::int64_t count = 1;
    std::int64_t length = 1;
};

Rows rowsFrom(const Shape& shape, int axis) {
    Rows rows;
    for (int i = 0; i < shape.rank(); ++i) (i < axis ? rows.count : rows.length) *= shape[i];
    return rows;
}

/// All constant and of `length` elements, or absent.
bool isRowOf(const NodeView& view, std::size_t input, std::int64_t length) {
    return !view.has(input) || (view.type(input) == DataType::Float32 && view.shape(input).elementCount() == length);
}

}  // namespace

runtime::Support judgeSoftmax(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    return native();
}

Status placeSoftmax(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    const bool coerced = view.node.version > 0 && view.node.version < 13;
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", coerced ? 1 : -1), shape.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    if (!coerced && *axis != shape.rank() - 1) return fail(ErrorCode::Unsupported, "its axis is not the last");
    const Rows rows = rowsFrom(shape, *axis);
    if (shape != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    const Form form{DataType::Float32, Layout::Plain};
    const SlotId y = builder.mayOverwrite(x) ? builder.writeOver(view.node.output(0), form, x) : builder.write(view.node.output(0), form);
    if (rows.count == 0 || rows.length == 0) return {};
    const bool logarithm = view.node.op == "LogSoftmax";
    const auto softmaxRow = vectorKernels().softmaxRow;
    builder.step(
        [=](Frame& frame) {
            parallelRows(rows.count, rows.length * 4, [&](std::int64_t row) {
                softmaxRow(frame.at<float>(x) + row * rows.length, frame.at<float>(y) + row * rows.length, rows.length, logarithm);
            });
            return Status{};
        },
        {x}, {y});
    return {};
}

runtime::Support judgeRowNormalization(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    if (view.node.outputs.size() > 1 && (view.node.output(1) != graph::kNoValue || view.node.output(2) != graph::kNoValue)) {
        return refused("its statistics are read");
    }
    return native();
}

Status placeRowNormalization(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", -1), shape.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    const Rows rows = rowsFrom(shape, *axis);
    if (shape != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    const bool isLayerNorm = view.node.op == "LayerNormalization";
    if (!isRowOf(view, 1, rows.length) || (isLayerNorm && !isRowOf(view, 2, rows.length)) || !view.has(1)) {
        return fail(ErrorCode::Unsupported, "its scale does not have the length of a row");
    }
    const float epsilon = view.node.number("epsilon", 1e-5F);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId scale, builder.read(view.node.input(1)));
    SlotId bias = kNoSlot;
    if (isLayerNorm && view.has(2)) {
        TRIMTAB_TRY(bias, builder.read(view.node.input(2)));
    }
    const SlotId y = builder.write(view.node.output(0));
    if (rows.count == 0 || rows.length == 0) return {};
    const VectorKernels& kernels = vectorKernels();
    std::vector<SlotId> reads{x, scale};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [=, &kernels](Frame& frame) {
            parallelRows(rows.count, rows.length * 2, [&](std::int64_t row) {
                const float* from = frame.at<float>(x) + row * rows.length;
                float* to = frame.at<float>(y) + row * rows.length;
                const float* summand = bias == kNoSlot ? nullptr : frame.at<float>(bias);
                if (isLayerNorm) kernels.layerNormRow(from, frame.at<float>(scale), summand, to, rows.length, epsilon);
                else kernels.rmsRow(from, frame.at<float>(scale), to, rows.length, epsilon);
            });
            return Status{};
        },
        std::move(reads), {y});
    return {};
}

runtime::Support judgeBatchNormalization(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    return plan::judgeChannelScaling(view);
}

Status placeBatchNormalization(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    TRIMTAB_TRY(const plan::ChannelScaling scaling, plan::channelScaling(view));
    const graph::ValueId from = view.node.input(0);
    const Form form{DataType::Float32, builder.formOf(from).layout};
    std::vector<std::int64_t> channel(static_cast<std::size_t>(shape.rank()), 1);
    channel[1] = shape[1];
    const BroadcastLoop::Operand perChannel{Shape(channel), Layout::Plain};
    const auto loop = BroadcastLoop::make(shape, form.layout, {{shape, form.layout}, perChannel});
    if (!loop) return fail(ErrorCode::Unsupported, "its operands meet across their rows");
    TRIMTAB_TRY(const SlotId x, builder.read(from, form));
    const SlotId y = builder.write(view.node.output(0), form);
    const SlotId factor = builder.constantFloats(scaling.factors);
    const SlotId summand = builder.constantFloats(scaling.summands);
    const auto binary = vectorKernels().binary;
    builder.step(
        [=, loop = *loop](Frame& frame) {
            float* target = frame.at<float>(y);
            loop.run<2>([&](std::int64_t at, std::int64_t length, const std::int64_t* offsets) {
                binary(BinaryOp::Mul, frame.at<float>(x) + offsets[0], 1, frame.at<float>(factor) + offsets[1], loop.step(1), target + at,
                       length);
                binary(BinaryOp::Add, target + at, 1, frame.at<float>(summand) + offsets[1], loop.step(1), target + at, length);
            });
            return Status{};
        },
        {x, factor, summand}, {y});
    return {};
}

}  // namespace trimtab::cpu
