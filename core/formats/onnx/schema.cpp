#include "core/formats/onnx/schema.h"

#include <fmt/format.h>

#include "core/base/checked.h"

namespace trimtab::formats::onnx {
namespace {

Status readShape(const ::onnx::TensorShapeProto& shape, graph::ValueType& type) {
    std::vector<graph::Dim> dims;
    std::int64_t known = 1;
    for (const auto& dim : shape.dim()) {
        if (dim.has_dim_value()) {
            if (dim.dim_value() < 0) return fail(ErrorCode::Refused, fmt::format("declares the negative extent {}", dim.dim_value()));
            const auto product = base::checkedMultiply(known, std::max<std::int64_t>(dim.dim_value(), 1));
            if (!product || *product > (std::int64_t{1} << 59))
                return fail(ErrorCode::Refused, "declares a shape too large for any machine");
            known = *product;
            dims.push_back(graph::Dim::known(dim.dim_value()));
        } else {
            dims.push_back(dim.has_dim_param() ? graph::Dim::named(dim.dim_param()) : graph::Dim::unknown());
        }
    }
    type.dims = std::move(dims);
    return {};
}

}  // namespace

Result<DataType> fromOnnxType(std::int32_t number) {
    const auto known = tensor::dataTypeFromOnnx(number);
    if (!known) return fail(ErrorCode::Refused, fmt::format("has the unknown element type number {}", number));
    if (tensor::bitWidth(*known) > 0) return *known;
    if (number == 0) return fail(ErrorCode::Refused, "has no element type");
    return fail(ErrorCode::Unsupported, fmt::format("has elements of type {}, which nothing here takes", tensor::name(*known)));
}

std::string onnxTypeName(std::int32_t number) {
    const auto known = tensor::dataTypeFromOnnx(number);
    return known ? std::string(tensor::name(*known)) : fmt::format("number {}", number);
}

Result<graph::ValueType> fromTypeProto(const ::onnx::TypeProto& proto) {
    graph::ValueType type;
    const ::onnx::TypeProto* inner = &proto;
    for (int level = 0; level < 3; ++level) {  // optional of sequence of tensor is the deepest that operators use
        if (inner->has_optional_type() && !type.isOptional && !type.isSequence) {
            type.isOptional = true;
            inner = &inner->optional_type().elem_type();
        } else if (inner->has_sequence_type() && !type.isSequence) {
            type.isSequence = true;
            inner = &inner->sequence_type().elem_type();
        } else {
            break;
        }
    }
    if (!inner->has_tensor_type()) return type;
    const auto& tensorType = inner->tensor_type();
    if (tensorType.elem_type() == 8) type.type = DataType::String;
    else if (const auto known = fromOnnxType(tensorType.elem_type())) type.type = *known;
    if (tensorType.has_shape()) TRIMTAB_REQUIRE(readShape(tensorType.shape(), type));
    return type;
}

std::string cited(std::string_view nameInFile) {
    constexpr std::size_t kMost = 120;
    return "'" + std::string(nameInFile.substr(0, kMost)) + (nameInFile.size() > kMost ? "…'" : "'");
}

}  // namespace trimtab::formats::onnx
