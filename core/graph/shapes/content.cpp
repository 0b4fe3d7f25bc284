#include "core/graph/shapes/content.h"

#include "core/base/checked.h"
#include "core/tensor/convert.h"

namespace trimtab::graph::shapes {

DataType elementType(std::int64_t onnxNumber) {
    return tensor::dataTypeFromOnnx(onnxNumber).value_or(DataType::Undefined);
}

std::optional<Content> contentOf(const Tensor& tensor) {
    if (!tensor.defined() || tensor.elementCount() > kMaxContentItems) return std::nullopt;
    Content content{tensor.shape().dims(), {}, {}};
    const bool real = tensor::isFloatingPoint(tensor.type());
    if (!real && !tensor::isInteger(tensor.type()) && tensor.type() != DataType::Bool) return std::nullopt;
    for (std::int64_t i = 0; i < tensor.elementCount(); ++i) {
        if (real) {
            content.reals.push_back(tensor::elementAsDouble(tensor, i));
        } else {
            content.items.push_back(Extent::known(tensor::elementAsInt64(tensor, i)));
        }
    }
    return content;
}

std::optional<std::int64_t> contentCount(const std::vector<std::int64_t>& dims) {
    const auto count = base::checkedProduct(dims);
    return count && *count <= kMaxContentItems ? count : std::nullopt;
}

std::optional<Content> contentOrUnknown(const Context& context, std::size_t input) {
    if (const Content* content = context.content(input)) return *content;
    const auto& dims = context.dims(input);
    if (!dims || dims->size() > 1) return std::nullopt;
    Content content;
    for (const Extent& dim : *dims) {
        if (!dim.isKnown()) return std::nullopt;
        content.dims.push_back(dim.value());
    }
    const auto count = contentCount(content.dims);
    if (!count) return std::nullopt;
    content.items.resize(static_cast<std::size_t>(*count));
    return content;
}

Content broadcastContent(const Content& content, const std::vector<std::int64_t>& dims) {
    const std::size_t lead = dims.size() - content.dims.size();
    const std::vector<std::int64_t> from = Shape(content.dims).strides();
    const std::int64_t count = contentCount(dims).value_or(0);
    Content out{dims, {}, {}};
    for (std::int64_t flat = 0; flat < count; ++flat) {
        std::int64_t rest = flat;
        std::size_t source = 0;
        for (std::size_t d = dims.size(); d > lead; --d) {
            const std::int64_t index = rest % dims[d - 1];
            rest /= dims[d - 1];
            if (content.dims[d - 1 - lead] != 1) source += static_cast<std::size_t>(index * from[d - 1 - lead]);
        }
        if (content.isReal()) {
            out.reals.push_back(content.reals[source]);
        } else {
            out.items.push_back(content.items[source]);
        }
    }
    return out;
}

void followContent(Context& context) {
    if (context.outputs.empty() || context.outputs[0].content || context.outputs[0].isSequence) return;
    if (!context.node.domain.empty() && context.node.domain != "ai.onnx") return;
    std::optional<Content> content = followArithmetic(context);
    if (!content) content = followStructure(context);
    if (!content) return;
    Fact& out = context.outputs[0];
    if (!out.dims) out.dims = toExtents(Shape(content->dims));
    out.content = std::move(content);
}

}  // namespace trimtab::graph::shapes
