#pragma once
// Element types and tensors across the boundary; no bytes are copied unless they are not aligned.
#include "core/tensor/tensor.h"
#include "kernels/onnxruntime/api.h"

namespace trimtab::onnxruntime {

/// ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED for those that the library (or its headers) does not know.
ONNXTensorElementDataType toElementType(DataType type);
DataType fromElementType(ONNXTensorElementDataType type);

/// A value that views the tensor's bytes. REQUIRES: the tensor outlives it and is aligned for its elements.
Result<Owned<OrtValue>> valueOf(const OrtApi& api, const OrtMemoryInfo& memory, const Tensor& tensor);

/// A tensor that views the value's bytes and keeps it alive. Unsupported for what is no plain tensor.
Result<Tensor> tensorOf(const OrtApi& api, std::shared_ptr<OrtValue> value);

}  // namespace trimtab::onnxruntime
