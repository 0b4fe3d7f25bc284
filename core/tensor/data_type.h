#pragma once
// Element types. Types below a byte hold two or four elements a byte, the first in the low bits, as ONNX does.
#include <cstdint>
#include <optional>
#include <string_view>

namespace trimtab::tensor {

enum class DataType : std::uint8_t {
    Undefined,
    Float32,
    Float64,
    Float16,
    BFloat16,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Bool,    // one byte, 0 or 1
    Int4,
    UInt4,
    String,  // named so that messages can; no tensor holds it
    Complex64,
    Complex128,
    Float8E4M3FN,  // these and the next five: see minifloat.h
    Float8E4M3FNUZ,
    Float8E5M2,
    Float8E5M2FNUZ,
    Float4E2M1,
    Float8E8M0,
    UInt2,
    Int2,
};

/// Bits of one element; 0 for types that no tensor holds (Undefined, String).
int bitWidth(DataType type);
/// Types that arithmetic is formed in: 16 bits and more.
bool isFloatingPoint(DataType type);
/// Floating formats of eight bits and fewer: converted, quantised to and moved, but nothing is computed in them.
bool isMinifloat(DataType type);
bool isInteger(DataType type);  // signed or unsigned; not Bool
/// "float32", "bfloat16", "int4", …: the names of NumPy where it has one.
std::string_view name(DataType type);
std::optional<DataType> dataTypeFromName(std::string_view word);
/// The number of ONNX's TensorProto.DataType, as files, attributes and value types give it.
std::int32_t onnxNumber(DataType type);
std::optional<DataType> dataTypeFromOnnx(std::int64_t number);

/// Float16 <-> float, bfloat16 <-> float; round to nearest even, infinities and NaN kept.
float halfToFloat(std::uint16_t bits);
std::uint16_t floatToHalf(float value);
float bfloatToFloat(std::uint16_t bits);
std::uint16_t floatToBfloat(float value);
/// float32 with 10 mantissa bits: what tensor cores make of float32 operands. Nearest even; infinities and NaN kept.
float roundToTf32(float value);

/// Storage structs so that templates can tell 16-bit floats from uint16_t.
struct Half {
    std::uint16_t bits;
};
struct BFloat {
    std::uint16_t bits;
};

}  // namespace trimtab::tensor

namespace trimtab {
using tensor::DataType;
}
