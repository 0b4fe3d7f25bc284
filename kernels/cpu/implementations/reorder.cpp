#include "kernels/cpu/implementations/reorder.h"

#include <cstring>

#include "kernels/cpu/implementations/strided_copy.h"
#include "kernels/cpu/onednn/bound_primitive.h"

namespace trimtab::cpu {

Status placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination) {
    if (shape.elementCount() == 0) return {};
    if (from.type == to.type && bitWidth(from.type) >= 8) {
        if (layoutsAgree(shape, from.layout, to.layout)) {
            placeCopy(builder, source, destination, *tensor::byteSize(from.type, shape.elementCount()));
            return {};
        }
    }
    if (onednn::dataType(from.type) && onednn::dataType(to.type)) {
        const auto sourceDesc = onednn::describe(shape, from.type, from.layout);
        const auto destinationDesc = onednn::describe(shape, to.type, to.layout);
        TRIMTAB_TRY(const auto primitive, onednn::reorder(sourceDesc, destinationDesc));
        return onednn::place(builder, primitive,
                             {{DNNL_ARG_FROM, sourceDesc, source, false}, {DNNL_ARG_TO, destinationDesc, destination, true}});
    }
    if (from.type != to.type) return fail(ErrorCode::Failed, "no conversion between these types is needed anywhere");
    StridedCopy copy;
    copy.elementBytes = bitWidth(from.type) / 8;
    copy.extents = shape.dims();
    copy.sourceStrides = stridesOf(shape, from.layout);
    copy.destinationStrides = stridesOf(shape, to.layout);
    copy.simplify();
    builder.step(
        [copy, source, destination](Frame& frame) {
            copy.run(frame.at<std::byte>(source), frame.at<std::byte>(destination));
            return Status{};
        },
        {source}, {destination});
    return {};
}

void placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes) {
    builder.step(
        [source, destination, bytes](Frame& frame) {
            if (bytes > 0) std::memcpy(frame.at<std::byte>(destination), frame.at<std::byte>(source), static_cast<std::size_t>(bytes));
            return Status{};
        },
        {source}, {destination});
}

}  // namespace trimtab::cpu
