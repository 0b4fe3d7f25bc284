#include "core/formats/onnx/schema.h"

#include <array>

#include <fmt/format.h>

#include "core/base/checked.h"

namespace trimtab::formats::onnx {
namespace {

struct TypeNumber {
    std::int32_t number;
    DataType type;  // Undefined: known by name only
    std::string_view name;
};

// TensorProto.DataType, with the numbers that later versions of the schema added.
constexpr std::array<TypeNumber, 27> kTypes{{
    {0, DataType::Undefined, "undefined"},    {1, DataType::Float32, "float32"},     {2, DataType::UInt8, "uint8"},
    {3, DataType::Int8, "int8"},              {4, DataType::UInt16, "uint16"},       {5, DataType::Int16, "int16"},
    {6, DataType::Int32, "int32"},            {7, DataType::Int64, "int64"},         {8, DataType::String, "string"},
    {9, DataType::Bool, "bool"},              {10, DataType::Float16, "float16"},    {11, DataType::Float64, "float64"},
    {12, DataType::UInt32, "uint32"},         {13, DataType::UInt64, "uint64"},      {14, DataType::Complex64, "complex64"},
    {15, DataType::Complex128, "complex128"}, {16, DataType::BFloat16, "bfloat16"},  {17, DataType::Undefined, "float8e4m3fn"},
    {18, DataType::Undefined, "float8e4m3fnuz"}, {19, DataType::Undefined, "float8e5m2"}, {20, DataType::Undefined, "float8e5m2fnuz"},
    {21, DataType::UInt4, "uint4"},           {22, DataType::Int4, "int4"},          {23, DataType::Undefined, "float4e2m1"},
    {24, DataType::Undefined, "float8e8m0"},  {25, DataType::Undefined, "uint2"},    {26, DataType::Undefined, "int2"},
}};

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
    for (const TypeNumber& known : kTypes) {
        if (known.number != number) continue;
        if (tensor::bitWidth(known.type) > 0) return known.type;
        if (number == 0) return fail(ErrorCode::Refused, "has no element type");
        return fail(ErrorCode::Unsupported, fmt::format("has elements of type {}, which nothing here takes", known.name));
    }
    return fail(ErrorCode::Refused, fmt::format("has the unknown element type number {}", number));
}

std::int32_t toOnnxType(DataType type) {
    for (const TypeNumber& known : kTypes)
        if (known.type == type) return known.number;
    return 0;
}

std::string onnxTypeName(std::int32_t number) {
    for (const TypeNumber& known : kTypes)
        if (known.number == number) return std::string(known.name);
    return fmt::format("number {}", number);
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
