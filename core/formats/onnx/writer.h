#pragma once
// Graph → ONNX file. Quantised weights leave in forms that other tools take:
//   8 bits and fewer on Conv, Gemm, MatMul with integer products: int8 weight → DequantizeLinear per channel, activation
//   DynamicQuantizeLinear → DequantizeLinear (QDQ); weight-only 8 bits: int8 weight → DequantizeLinear per channel; weight-only 4 bits (and
//   8 with groups) of a MatMul: com.microsoft.MatMulNBits where its block rules allow (power of two ≥ 16), else values rounded and stored
//   dense; masked weights stay dense with zeros; 16 bits: bf16/fp16 weight → Cast; float8 codes: DequantizeLinear from operator set 19 on
//   (per channel; groups of a matrix from 21 on); nf4 of a MatMul: com.microsoft.MatMulBnb4 where groups are powers of two ≥ 16 that
//   divide the reduction; other floating codes: values rounded and stored dense.
// Operators of the "trimtab" domain are refused: write the graph before fuse().
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

struct WriteResult {
    std::int64_t fileBytes = 0;
    // "QDQ int8", "int8 DequantizeLinear", "fp8_e4m3 DequantizeLinear", "MatMulNBits int4", "MatMulBnb4 nf4", "bf16", "masked fp32",
    // "fp32"; "mixed (…)" names all where layers differ; "fp32 with values rounded to 4 bits: <reason>" where no operator of the file's
    // operator set takes the form; "fp32 without fp8 products, …" where the treatment is nothing that a file can hold.
    std::string form;
};

struct WriteOptions {
    std::int64_t externalAbove = std::int64_t{1} << 30;  // bytes of initializers in all
    /// Given the file, complete but under another path, before it takes its place. Its failure is the writer's.
    std::function<Status(const std::filesystem::path&)> check = [](const std::filesystem::path&) { return Status(); };
};

struct Encoded {
    std::string bytes;  // the file's content, every initializer within
    std::string form;   // as in WriteResult
};

/// What write() would put into one file. Refused above 2 GiB.
Result<Encoded> encode(const Graph& graph);

/// Initializers above 1 GiB in all go to `<file>.data` beside it. Both are made in a folder of their own and renamed into place when they
/// are whole and checked: after a failure what stood there stands there still.
Result<WriteResult> write(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options = {});

}  // namespace trimtab::formats::onnx
