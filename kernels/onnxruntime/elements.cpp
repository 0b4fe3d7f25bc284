#include "kernels/onnxruntime/elements.h"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace trimtab::onnxruntime {
namespace {

struct Pair {
    DataType ours;
    ONNXTensorElementDataType theirs;
};

constexpr Pair kPairs[] = {
    {DataType::Float32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},      {DataType::Float64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
    {DataType::Float16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},    {DataType::BFloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
    {DataType::Int8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},          {DataType::UInt8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {DataType::Int16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},        {DataType::UInt16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
    {DataType::Int32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},        {DataType::UInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    {DataType::Int64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},        {DataType::UInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
    {DataType::Bool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},          {DataType::Complex64, ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX64},
    {DataType::Complex128, ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX128},
    {DataType::Float8E4M3FN, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN},
    {DataType::Float8E4M3FNUZ, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FNUZ},
    {DataType::Float8E5M2, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2},
    {DataType::Float8E5M2FNUZ, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ},
#if ORT_API_VERSION >= 18
    {DataType::Int4, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4},          {DataType::UInt4, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4},
#endif
};

Result<Shape> shapeOf(const OrtApi& api, const OrtTensorTypeAndShapeInfo& info) {
    std::size_t rank = 0;
    TRIMTAB_REQUIRE(check(api, api.GetDimensionsCount(&info, &rank)));
    std::vector<std::int64_t> dims(rank);
    TRIMTAB_REQUIRE(check(api, api.GetDimensions(&info, dims.data(), rank)));
    return Shape(std::move(dims));
}

}  // namespace

ONNXTensorElementDataType toElementType(DataType type) {
    for (const Pair& pair : kPairs)
        if (pair.ours == type) return pair.theirs;
    return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

DataType fromElementType(ONNXTensorElementDataType type) {
    for (const Pair& pair : kPairs)
        if (pair.theirs == type) return pair.ours;
    return DataType::Undefined;
}

Result<Owned<OrtValue>> valueOf(const OrtApi& api, const OrtMemoryInfo& memory, const Tensor& tensor) {
    const ONNXTensorElementDataType type = toElementType(tensor.type());
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED)
        return fail(ErrorCode::Unsupported, fmt::format("ONNX Runtime takes no {} tensors", tensor::name(tensor.type())));
    static std::byte nothing{};  // an empty tensor has no bytes to point to
    const auto bytes = tensor.bytes();
    void* data = bytes.empty() ? &nothing : const_cast<std::byte*>(bytes.data());  // inputs are only read
    const auto& dims = tensor.shape().dims();
    Owned<OrtValue> value(nullptr, api.ReleaseValue);
    TRIMTAB_REQUIRE(
        check(api, api.CreateTensorWithDataAsOrtValue(&memory, data, bytes.size(), dims.data(), dims.size(), type, Out(value))));
    return value;
}

Result<Tensor> tensorOf(const OrtApi& api, std::shared_ptr<OrtValue> value) {
    int holds = 0;
    if (value) TRIMTAB_REQUIRE(check(api, api.HasValue(value.get(), &holds)));
    ONNXType kind = ONNX_TYPE_UNKNOWN;
    if (holds) TRIMTAB_REQUIRE(check(api, api.GetValueType(value.get(), &kind)));
    if (kind != ONNX_TYPE_TENSOR) return fail(ErrorCode::Unsupported, "is no plain tensor; only tensors leave a compiled model");
    Owned<OrtTensorTypeAndShapeInfo> info(nullptr, api.ReleaseTensorTypeAndShapeInfo);
    TRIMTAB_REQUIRE(check(api, api.GetTensorTypeAndShape(value.get(), Out(info))));
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    TRIMTAB_REQUIRE(check(api, api.GetTensorElementType(info.get(), &element)));
    const DataType type = fromElementType(element);
    if (type == DataType::Undefined)
        return fail(ErrorCode::Unsupported,
                    fmt::format("has elements of type {} of ONNX Runtime, which nothing here takes", static_cast<int>(element)));
    TRIMTAB_TRY(Shape shape, shapeOf(api, *info));
    const auto count = shape.checkedElementCount();
    const auto size = count ? tensor::byteSize(type, *count) : std::nullopt;
    if (!size) return fail(ErrorCode::Failed, "has the impossible shape " + shape.text());
    void* data = nullptr;
    TRIMTAB_REQUIRE(check(api, api.GetTensorMutableData(value.get(), &data)));
    const std::span bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(*size));
    return Tensor::view(type, std::move(shape), bytes, std::move(value));
}

}  // namespace trimtab::onnxruntime
