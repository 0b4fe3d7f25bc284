#pragma once
// What this processor lets ONNX Runtime's kernels do; ONNX Runtime itself tells nobody which it took.
#include <string>

namespace trimtab::onnxruntime {

/// "up to avx512_vnni", "up to avx2", …
std::string processorOffers();

/// Whether sums of uint8 × int8 products lose what exceeds 16 bits: x86 without VNNI adds pairs of products by an instruction that
/// saturates (ONNX Runtime's documentation, "Quantize ONNX models", on reduce_range).
bool integerSumsSaturate();

}  // namespace trimtab::onnxruntime
