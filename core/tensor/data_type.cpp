#include "core/tensor/data_type.h"

#include <array>
#include <bit>

namespace trimtab::tensor {
namespace {

enum class Kind : std::uint8_t { None, Float, Minifloat, Integer, Boolean, Complex };

struct Row {
    DataType type;
    int bits;
    Kind kind;
    std::string_view name;
    int onnx;  // TensorProto.DataType
};

constexpr std::array<Row, 27> kRows{{
    {DataType::Undefined, 0, Kind::None, "undefined", 0},
    {DataType::Float32, 32, Kind::Float, "float32", 1},
    {DataType::Float64, 64, Kind::Float, "float64", 11},
    {DataType::Float16, 16, Kind::Float, "float16", 10},
    {DataType::BFloat16, 16, Kind::Float, "bfloat16", 16},
    {DataType::Int8, 8, Kind::Integer, "int8", 3},
    {DataType::UInt8, 8, Kind::Integer, "uint8", 2},
    {DataType::Int16, 16, Kind::Integer, "int16", 5},
    {DataType::UInt16, 16, Kind::Integer, "uint16", 4},
    {DataType::Int32, 32, Kind::Integer, "int32", 6},
    {DataType::UInt32, 32, Kind::Integer, "uint32", 12},
    {DataType::Int64, 64, Kind::Integer, "int64", 7},
    {DataType::UInt64, 64, Kind::Integer, "uint64", 13},
    {DataType::Bool, 8, Kind::Boolean, "bool", 9},
    {DataType::Int4, 4, Kind::Integer, "int4", 22},
    {DataType::UInt4, 4, Kind::Integer, "uint4", 21},
    {DataType::String, 0, Kind::None, "string", 8},
    {DataType::Complex64, 64, Kind::Complex, "complex64", 14},
    {DataType::Complex128, 128, Kind::Complex, "complex128", 15},
    {DataType::Float8E4M3FN, 8, Kind::Minifloat, "float8e4m3fn", 17},
    {DataType::Float8E4M3FNUZ, 8, Kind::Minifloat, "float8e4m3fnuz", 18},
    {DataType::Float8E5M2, 8, Kind::Minifloat, "float8e5m2", 19},
    {DataType::Float8E5M2FNUZ, 8, Kind::Minifloat, "float8e5m2fnuz", 20},
    {DataType::Float4E2M1, 4, Kind::Minifloat, "float4e2m1", 23},
    {DataType::Float8E8M0, 8, Kind::Minifloat, "float8e8m0", 24},
    {DataType::UInt2, 2, Kind::Integer, "uint2", 25},
    {DataType::Int2, 2, Kind::Integer, "int2", 26},
}};

constexpr bool rowsMatchTheEnum() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (static_cast<std::size_t>(kRows[i].type) != i) return false;
    return true;
}
static_assert(rowsMatchTheEnum());

const Row& row(DataType type) { return kRows[static_cast<std::size_t>(type)]; }

}  // namespace

int bitWidth(DataType type) { return row(type).bits; }
bool isFloatingPoint(DataType type) { return row(type).kind == Kind::Float; }
bool isMinifloat(DataType type) { return row(type).kind == Kind::Minifloat; }
bool isInteger(DataType type) { return row(type).kind == Kind::Integer; }
std::string_view name(DataType type) { return row(type).name; }

std::optional<DataType> dataTypeFromName(std::string_view word) {
    for (const Row& candidate : kRows)
        if (candidate.name == word) return candidate.type;
    return std::nullopt;
}

std::int32_t onnxNumber(DataType type) { return row(type).onnx; }

std::optional<DataType> dataTypeFromOnnx(std::int64_t number) {
    for (const Row& candidate : kRows)
        if (candidate.onnx == number) return candidate.type;
    return std::nullopt;
}

float halfToFloat(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = (bits >> 10) & 31U;
    std::uint32_t mantissa = bits & 1023U;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
    if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
    const float magnitude = static_cast<float>(mantissa) * 0x1.0p-24F;  // zero and subnormals
    return sign ? -magnitude : magnitude;
}

std::uint16_t floatToHalf(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U | ((magnitude >> 13) & 0x3ffU));
    if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // rounds beyond 65504
    if (magnitude < 0x38800000U) {
        // Subnormal: adding 0.5 lets the float adder round to nearest even at 2^-24.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5F)));
    }
    const std::uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13) & 1U);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
}

float bfloatToFloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

std::uint16_t floatToBfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

float roundToTf32(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return value;
    return std::bit_cast<float>((bits + 0xfffU + ((bits >> 13) & 1U)) & ~0x1fffU);
}

}  // namespace trimtab::tensor
