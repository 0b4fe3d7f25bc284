// Normalisations, softmax, reductions and the index of an extreme.
#include <map>
#include <optional>

#include "core/tensor/convert.h"
#include "kernels/cuda/implementations/products.h"
#include "kernels/cuda/kernels/rows.h"
#include "kernels/plan/operands/axes.h"

namespace trimtab::cuda {
namespace {

runtime::Support judgeFloat(const NodeView& view) {
    if (!isFloat(view.type(0))) return plan::notMeant();
    return plan::native();
}

std::optional<Reduction> reductionOf(const std::string& op) {
    static const std::map<std::string, Reduction, std::less<>> kAll{{"ReduceMean", Reduction::Mean},
                                                                    {"ReduceSum", Reduction::Sum},
                                                                    {"ReduceSumSquare", Reduction::SumSquare},
                                                                    {"ReduceMax", Reduction::Max},
                                                                    {"ReduceMin", Reduction::Min},
                                                                    {"ReduceProd", Reduction::Prod},
                                                                    {"ReduceL1", Reduction::L1},
                                                                    {"ReduceL2", Reduction::L2},
                                                                    {"ReduceLogSum", Reduction::LogSum},
                                                                    {"ReduceLogSumExp", Reduction::LogSumExp},
                                                                    {"GlobalAveragePool", Reduction::Mean},
                                                                    {"GlobalMaxPool", Reduction::Max}};
    const auto found = kAll.find(op);
    return found == kAll.end() ? std::nullopt : std::optional(found->second);
}

Status placeBox(Builder& builder, const NodeView& view, Reduction reduction, plan::AxisBox box) {
    const CudaBackend& backend = backendOf(builder);
    const Form form{isFloat(view.type(0)) ? backend.held(view.node.output(0)) : view.type(0), Layout::Plain};
    if (box.length == 0) return fail(ErrorCode::Unsupported, "it reduces nothing");
    if (box.outer * box.inner != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size", view.node.name);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchReduce(stream, reduction, form.type, box.outer, box.length, box.inner, frame.at<void>(x), frame.at<void>(y));
        },
        {x}, {y});
    return {};
}

/// A row of parameters as Float32, or as `type` where it is stored so.
Result<SlotId> readParameters(Builder& builder, const NodeView& view, std::size_t i, std::int64_t length, DataType& type) {
    if (view.shape(i).elementCount() != length) return fail(ErrorCode::Unsupported, "its parameters do not have the length of a row");
    type = view.type(i);
    return builder.read(view.node.input(i), Form{type, Layout::Plain});
}

}  // namespace

runtime::Support judgeSoftmax(const NodeView& view) { return judgeFloat(view); }

Status placeSoftmax(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    const bool coerced = view.node.version > 0 && view.node.version < 13;
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", coerced ? 1 : -1), shape.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    if (shape != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    const plan::AxisBox box = plan::boxOf(shape, *axis, coerced ? shape.rank() - 1 : *axis);
    const CudaBackend& backend = backendOf(builder);
    const Form form{backend.held(view.node.output(0)), Layout::Plain};
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    const bool logarithm = view.node.op == "LogSoftmax";
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchSoftmax(stream, form.type, box.outer, box.length, box.inner, logarithm, frame.at<void>(x), frame.at<void>(y));
        },
        {x}, {y});
    return {};
}

runtime::Support judgeRowNormalization(const NodeView& view) {
    if (!isFloat(view.type(0))) return plan::notMeant();
    for (const std::size_t i : {1, 2})
        if (view.node.output(i) != graph::kNoValue) return plan::refused("its statistics are read");
    const bool skips = view.node.op == "SkipSimplifiedLayerNormalization";
    if (skips && view.has(3)) return plan::refused("its bias is added before the norm");
    return plan::native();
}

Status placeRowNormalization(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const Shape shape = view.shape(0);
    const bool skips = view.node.op == "SkipSimplifiedLayerNormalization";
    const auto axis = tensor::normalizeAxis(skips ? -1 : view.node.integer("axis", -1), shape.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    if (shape != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    const plan::AxisBox box = plan::boxOf(shape, *axis, shape.rank() - 1);
    RowNorm norm;
    norm.kind = view.node.op == "LayerNormalization" ? RowNorm::Kind::Layer : RowNorm::Kind::Rms;
    norm.rows = box.outer;
    norm.columns = box.length;
    norm.epsilon = view.node.number("epsilon", skips ? 1e-12F : 1e-5F);
    norm.type = backend.held(view.node.output(0));
    const Form form{norm.type, Layout::Plain};
    if (skips && view.shape(1) != shape) return fail(ErrorCode::Unsupported, "what it adds has another shape");
    const std::size_t scaleAt = skips ? 2 : 1;
    if (view.shape(scaleAt).elementCount() != norm.columns)
        return fail(ErrorCode::Unsupported, "its scale does not have the length of a row");
    const bool hasBias = norm.kind == RowNorm::Kind::Layer && view.has(2);
    if (hasBias && view.type(2) != view.type(1)) return fail(ErrorCode::Unsupported, "scale and bias differ in type");
    if (view.type(scaleAt) != DataType::Float32 && view.type(scaleAt) != norm.type)
        return fail(ErrorCode::Unsupported, "its scale has another type");

    std::vector<SlotId> reads;
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    reads.push_back(x);
    SlotId residual = kNoSlot;
    if (skips) {
        TRIMTAB_TRY(residual, builder.read(view.node.input(1), form));
        reads.push_back(residual);
    }
    TRIMTAB_TRY(const SlotId scale, readParameters(builder, view, scaleAt, norm.columns, norm.parameterType));
    reads.push_back(scale);
    norm.constantScale = view.constant(scaleAt) != nullptr;
    SlotId bias = kNoSlot;
    if (hasBias) {
        TRIMTAB_TRY(bias, readParameters(builder, view, 2, norm.columns, norm.parameterType));
        reads.push_back(bias);
    }
    const SlotId y = builder.write(view.node.output(0), form);
    const bool keepsSum = skips && view.node.output(3) != graph::kNoValue;
    const SlotId sum = keepsSum ? builder.write(view.node.output(3), form) : kNoSlot;
    std::vector<SlotId> writes{y};
    if (keepsSum) writes.push_back(sum);
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchRowNorm(stream, norm, at<void>(frame, x), at<void>(frame, residual), at<void>(frame, scale), at<void>(frame, bias),
                                 at<void>(frame, y), at<void>(frame, sum));
        },
        reads, writes);
    return {};
}

runtime::Support judgeReduce(const NodeView& view) {
    const auto reduction = reductionOf(view.node.op);
    if (!reduction) return plan::notMeant();
    if (isFloat(view.type(0))) return plan::native();
    const bool integer = view.type(0) == DataType::Int32 || view.type(0) == DataType::Int64;
    const bool plain = *reduction == Reduction::Sum || *reduction == Reduction::Mean || *reduction == Reduction::Max ||
                       *reduction == Reduction::Min || *reduction == Reduction::Prod;
    return integer && plain ? plan::native() : plan::refused("its type has no kernel");
}

Status placeReduce(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    const auto axes = plan::reducedAxes(view, shape.rank());
    if (!axes) return fail(ErrorCode::Unsupported, "its axes are not constant");
    if (axes->empty() || axes->back() - axes->front() + 1 != static_cast<int>(axes->size()))
        return fail(ErrorCode::Unsupported, "it reduces axes that are not neighbours");
    return placeBox(builder, view, *reductionOf(view.node.op), plan::boxOf(shape, axes->front(), axes->back()));
}

runtime::Support judgeGlobalPool(const NodeView& view) { return judgeFloat(view); }

Status placeGlobalPool(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    if (shape.rank() < 3) return fail(ErrorCode::Unsupported, "it pools nothing");
    return placeBox(builder, view, *reductionOf(view.node.op), plan::boxOf(shape, 2, shape.rank() - 1));
}

runtime::Support judgeArgReduce(const NodeView& view) { return judgeFloat(view); }

Status placeArgReduce(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const Shape shape = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), shape.rank());
    if (!axis || shape[*axis] == 0) return fail(ErrorCode::Unsupported, "its axis is outside the input or empty");
    const plan::AxisBox box = plan::boxOf(shape, *axis, *axis);
    const DataType type = builder.formOf(view.node.input(0)).type;
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    const SlotId y = builder.write(view.node.output(0));
    const bool largest = view.node.op == "ArgMax";
    const bool last = view.node.integer("select_last_index", 0) != 0;
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchArgReduce(stream, largest, last, type, box.outer, box.length, box.inner, frame.at<void>(x),
                                   frame.at<std::int64_t>(y));
        },
        {x}, {y});
    return {};
}

runtime::Support judgeBatchNormalization(const NodeView& view) {
    if (!isFloat(view.type(0))) return plan::notMeant();
    return plan::judgeChannelScaling(view);
}

Status placeBatchNormalization(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const plan::ChannelScaling scaling, plan::channelScaling(view));
    const Shape shape = view.shape(0);
    const Form form{backend.held(view.node.output(0)), Layout::Plain};
    const plan::AxisBox box = plan::boxOf(shape, 1, 1);
    const auto count = static_cast<std::int64_t>(scaling.factors.size());
    TRIMTAB_TRY(const SlotId scale, backend.placeConstant(builder, Tensor::fromFloats(Shape{count}, scaling.factors)));
    TRIMTAB_TRY(const SlotId shift, backend.placeConstant(builder, Tensor::fromFloats(Shape{count}, scaling.summands)));
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchChannelScale(stream, form.type, box.outer, box.length, box.inner, frame.at<void>(x), frame.at<float>(scale),
                                      frame.at<float>(shift), frame.at<void>(y));
        },
        {x, scale, shift}, {y});
    return {};
}

}  // namespace trimtab::cuda
