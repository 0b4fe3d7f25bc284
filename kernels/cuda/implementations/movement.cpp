// Operators that only move elements or name them anew.
#include "core/tensor/convert.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/cuda/kernels/movement.h"
#include "kernels/plan/operands/box_copy.h"

namespace trimtab::cuda {
namespace {

/// The type in which a value that is only moved stands: as its result is held where the declared type is Float32.
DataType movedType(const CudaBackend& backend, const NodeView& view, std::size_t input, std::size_t output) {
    return view.type(input) == view.outputType(output) ? backend.held(view.node.output(output)) : view.type(input);
}

Result<StridedCopy> stridedCopy(const plan::BoxCopy& box, DataType type) {
    if (box.extents.size() > static_cast<std::size_t>(kMaxRank)) return fail(ErrorCode::Unsupported, "it has too many axes");
    StridedCopy copy;
    copy.elementBytes = bitWidth(type) / 8;
    copy.rank = static_cast<int>(box.extents.size());
    std::copy(box.extents.begin(), box.extents.end(), copy.extents.begin());
    std::copy(box.sourceStrides.begin(), box.sourceStrides.end(), copy.fromStrides.begin());
    std::copy(box.destinationStrides.begin(), box.destinationStrides.end(), copy.toStrides.begin());
    copy.fromOffset = box.sourceOffset;
    copy.toOffset = box.destinationOffset;
    return copy;
}

}  // namespace

runtime::Support judgeView(const NodeView& view) {
    if (view.outputType() != view.type(0)) return plan::refused("it changes the type");
    if (view.node.op != "Dropout") return plan::native();
    if (view.node.output(1) != graph::kNoValue) return plan::refused("its mask is read");
    if (view.node.version > 0 && view.node.version < 7 && view.node.integer("is_test", 0) == 0) return plan::refused("it trains");
    const Tensor* training = view.constant(2);
    if (view.has(2) && (!training || training->elementCount() != 1 || tensor::elementAsInt64(*training, 0) != 0))
        return plan::refused("it may train");
    return plan::native();
}

Status placeView(Builder& builder, const NodeView& view) {
    if (view.shape(0).elementCount() != view.outputShape().elementCount())
        return fail(ErrorCode::Unsupported, "it changes the number of elements");
    const Form form{backendOf(builder).held(view.node.output(0)), Layout::Plain};
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0), form));
    builder.writeOver(view.node.output(0), form, source);
    builder.record().kernel = "view";
    return {};
}

runtime::Support judgeMovement(const NodeView& view) { return plan::judgeCopies(view); }

Status placeMovement(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const auto boxes, plan::copiesOf(view));
    std::vector<StridedCopy> copies;
    for (const plan::BoxCopy& box : boxes) {
        TRIMTAB_TRY(StridedCopy copy, stridedCopy(box, movedType(backend, view, box.input, box.output)));
        copies.push_back(copy);
    }
    std::vector<SlotId> results;
    for (const graph::ValueId output : view.node.outputs)
        results.push_back(builder.write(output, Form{backend.held(output), Layout::Plain}));
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Form form{movedType(backend, view, boxes[i].input, boxes[i].output), Layout::Plain};
        TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(boxes[i].input), form));
        const SlotId destination = results[boxes[i].output];
        builder.step([copy = copies[i], source, destination, stream = backend.stream()](
                         Frame& frame) { return launchStridedCopy(stream, copy, frame.at<void>(source), frame.at<void>(destination)); },
                     {source}, {destination});
    }
    return {};
}

runtime::Support judgeGather(const NodeView& view) {
    if (view.type(1) != DataType::Int64 && view.type(1) != DataType::Int32) return plan::refused("its indices are neither int32 nor int64");
    const int bits = bitWidth(view.type(0));
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return plan::refused("its elements are not 1, 2, 4 or 8 bytes");
    return plan::native();
}

Status placeGather(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const Shape from = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), from.rank());
    if (!axis) return fail(ErrorCode::Refused, "its axis is outside the input", view.node.name);
    Gather gather;
    gather.outer = plan::extentBetween(from, 0, *axis);
    gather.axis = from[*axis];
    gather.inner = plan::extentBetween(from, *axis + 1, from.rank());
    gather.count = view.shape(1).elementCount();
    gather.indexType = view.type(1);
    gather.faultCode = builder.layer() + 1;
    if (gather.outer * gather.count * gather.inner != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size than it gathers", view.node.name);
    // Tables are gathered as they are stored; the rows are converted by whoever wants them otherwise.
    const DataType type = builder.formOf(view.node.input(0)).type;
    gather.elementBytes = bitWidth(type) / 8;
    TRIMTAB_TRY(const SlotId table, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const SlotId indices, builder.read(view.node.input(1)));
    const SlotId result = builder.write(view.node.output(0), Form{type, Layout::Plain});
    builder.step(
        [gather, table, indices, result, fault = backend.faultWord(), stream = backend.stream()](Frame& frame) {
            return launchGather(stream, gather, frame.at<void>(table), frame.at<void>(indices), frame.at<void>(result), fault);
        },
        {table, indices}, {result});
    return {};
}

runtime::Support judgeGatherNd(const NodeView& view) {
    if (view.node.integer("batch_dims", 0) != 0) return plan::refused("batch_dims has no kernel");
    return judgeGather(view);
}

Status placeGatherNd(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const Shape from = view.shape(0);
    const Shape indices = view.shape(1);
    GatherNd gather;
    gather.depth = indices.rank() > 0 ? static_cast<int>(std::min<std::int64_t>(indices[indices.rank() - 1], 1 + from.rank())) : 0;
    if (gather.depth < 1 || gather.depth > from.rank()) return fail(ErrorCode::Refused, "its indices do not fit its data", view.node.name);
    if (gather.depth > GatherNd::kMostDepth) return fail(ErrorCode::Unsupported, "its tuples of indices have no kernel");
    for (int i = 0; i < gather.depth; ++i) gather.extents[static_cast<std::size_t>(i)] = from[i];
    gather.inner = plan::extentBetween(from, gather.depth, from.rank());
    gather.count = indices.elementCount() / gather.depth;
    if (gather.count * gather.inner != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size than it gathers", view.node.name);
    gather.indexType = view.type(1);
    gather.faultCode = builder.layer() + 1;
    const DataType type = builder.formOf(view.node.input(0)).type;
    gather.elementBytes = bitWidth(type) / 8;
    TRIMTAB_TRY(const SlotId table, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const SlotId tuples, builder.read(view.node.input(1)));
    const SlotId result = builder.write(view.node.output(0), Form{type, Layout::Plain});
    builder.step(
        [gather, table, tuples, result, fault = backend.faultWord(), stream = backend.stream()](Frame& frame) {
            return launchGatherNd(stream, gather, frame.at<void>(table), frame.at<void>(tuples), frame.at<void>(result), fault);
        },
        {table, tuples}, {result});
    return {};
}

}  // namespace trimtab::cuda
