// Means, sums and extremes over one block of neighbouring axes, and global pooling, in fp32.
#include <algorithm>
#include <map>
#include <optional>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/cpu/vector/vector_kernels.h"
#include "kernels/plan/operands/axes.h"

namespace trimtab::cpu {
namespace {

struct Reduction {
    ReduceOp op = ReduceOp::Sum;
    bool isMean = false;
};

std::optional<Reduction> reductionOf(const graph::Node& node) {
    static const std::map<std::string, Reduction, std::less<>> kKinds = {
        {"ReduceMean", {ReduceOp::Sum, true}},    {"ReduceSum", {ReduceOp::Sum, false}}, {"ReduceSumSquare", {ReduceOp::SumSquare, false}},
        {"ReduceMax", {ReduceOp::Max, false}},    {"ReduceMin", {ReduceOp::Min, false}}, {"GlobalAveragePool", {ReduceOp::Sum, true}},
        {"GlobalMaxPool", {ReduceOp::Max, false}}};
    const auto found = kKinds.find(node.op);
    if (found == kKinds.end()) return std::nullopt;
    return found->second;
}

using plan::AxisBox;

void placeBox(Builder& builder, Reduction reduction, AxisBox box, SlotId x, SlotId y) {
    const VectorKernels& kernels = vectorKernels();
    const float factor = reduction.isMean ? 1.0F / static_cast<float>(box.length) : 1.0F;
    builder.step(
        [=, &kernels](Frame& frame) {
            const float* source = frame.at<float>(x);
            float* target = frame.at<float>(y);
            if (box.inner == 1) {
                parallelRows(box.outer, box.length, [&](std::int64_t row) {
                    target[row] = kernels.reduceRow(reduction.op, source + row * box.length, box.length) * factor;
                });
                return Status{};
            }
            parallelRows(box.outer, box.length * box.inner, [&](std::int64_t row) {
                float* sums = target + row * box.inner;
                const float* from = source + row * box.length * box.inner;
                const bool startsWithRow = reduction.op != ReduceOp::SumSquare;
                if (startsWithRow) std::copy_n(from, box.inner, sums);
                else std::fill_n(sums, box.inner, 0.0F);
                for (std::int64_t k = startsWithRow ? 1 : 0; k < box.length; ++k)
                    kernels.accumulate(reduction.op, from + k * box.inner, sums, box.inner);
                if (factor != 1.0F) kernels.unary(UnaryOp::Affine, sums, sums, box.inner, factor, 0.0F);
            });
            return Status{};
        },
        {x}, {y});
}

}  // namespace

runtime::Support judgeReduce(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    if (!reductionOf(view.node)) return notMeant();
    return native();
}

Status placeReduce(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    const auto axes = plan::reducedAxes(view, shape.rank());
    if (!axes) return fail(ErrorCode::Unsupported, "its axes are not constant");
    if (axes->empty() || axes->back() - axes->front() + 1 != static_cast<int>(axes->size())) {
        return fail(ErrorCode::Unsupported, "it reduces axes that are not neighbours");
    }
    AxisBox box = plan::boxOf(shape, axes->front(), axes->back());
    if (box.length == 0 || box.outer * box.inner == 0) return fail(ErrorCode::Unsupported, "it reduces nothing");
    if (box.outer * box.inner != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size", view.node.name);
    // Both spatial axes of a channels-last tensor are one block there too.
    const bool isSpatial = shape.rank() >= 3 && axes->front() == 2 && axes->back() == shape.rank() - 1;
    if (isSpatial && builder.formOf(view.node.input(0)).layout == Layout::ChannelsLast) {
        box = {shape[0], box.length, shape[1]};
        TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{DataType::Float32, Layout::ChannelsLast}));
        placeBox(builder, *reductionOf(view.node), box, x, builder.write(view.node.output(0)));
        return {};
    }
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    placeBox(builder, *reductionOf(view.node), box, x, builder.write(view.node.output(0)));
    return {};
}

runtime::Support judgeGlobalPool(const NodeView& view) { return judgeReduce(view); }

Status placeGlobalPool(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    if (shape.rank() < 3 || shape.elementCount() == 0) return fail(ErrorCode::Unsupported, "it pools nothing");
    if (shape[0] * shape[1] != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size", view.node.name);
    const std::int64_t spatial = shape.elementCount() / (shape[0] * shape[1]);
    const bool last = builder.formOf(view.node.input(0)).layout == Layout::ChannelsLast;
    const AxisBox box = last ? AxisBox{shape[0], spatial, shape[1]} : AxisBox{shape[0] * shape[1], spatial, 1};
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{DataType::Float32, last ? Layout::ChannelsLast : Layout::Plain}));
    placeBox(builder, *reductionOf(view.node), box, x, builder.write(view.node.output(0)));
    return {};
}

}  // namespace trimtab::cpu
