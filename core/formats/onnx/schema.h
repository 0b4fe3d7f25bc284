#pragma once
// The generated ONNX messages, and how their numbers map to ours. Included by .cpp files of this folder only.
#include <cstdint>
#include <string>
#include <string_view>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

#include "core/base/result.h"
#include "core/graph/value_type.h"

namespace trimtab::formats::onnx {

/// Graphs within graphs (bodies of Loop, branches of If); the graph of the model is level 1.
inline constexpr int kMaxGraphNesting = 32;

/// Unsupported, naming the type, for those no tensor holds (string); Refused for numbers that the schema does not know.
Result<DataType> fromOnnxType(std::int32_t number);
std::string onnxTypeName(std::int32_t number);

/// The declared type; an absent or unknown element type is Undefined. Refused: negative dims, nesting of types that no operator uses.
Result<graph::ValueType> fromTypeProto(const ::onnx::TypeProto& proto);

/// A name from a file, quoted and cut for messages.
std::string cited(std::string_view nameInFile);

/// "ai.onnx" is another spelling of the default domain.
inline std::string normalDomain(const std::string& domain) { return domain == "ai.onnx" ? std::string() : domain; }

}  // namespace trimtab::formats::onnx
