// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include "kernels/ref/quantize.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "core/tensor/packed.h"
#include "kernels/ref/quantized/dynamic_quantization.h"
#include "kernels/ref/families.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kBlock = 512;

/// The type of the codes: the zero point's, else attribute output_dtype (opset 21), else uint8.
Result<DataType> codeType(const Call& call) {
    const std::int64_t number = call.node.integer("output_dtype", 0);
    if (!call.has(2)) return number == 0 ? DataType::UInt8 : typeOfNumber(number);
    const DataType type = call.tensor(2).type();
    if (number != 0 && typeOfNumber(number) != type) return refuse(call, "output_dtype is not the zero point's type");
    return type;
}

/// The type in which x / scale is formed. Since opset 23 the scale's, or attribute precision; before, float32.
Result<DataType> quotientType(const Call& call) {
    if (opset(call) < 23) return DataType::Float32;
    const std::int64_t number = call.node.integer("precision", 0);
    const DataType scale = call.tensor(1).type();
    const DataType type = number != 0 ? typeOfNumber(number) : isFloatingPoint(scale) ? scale : DataType::Float32;
    if (!isFloatingPoint(type)) return unsupported(call, "the attribute precision names no type that quotients are formed in");
    return type;
}

double roundedTo(DataType type, double value) {
    const auto narrow = static_cast<float>(value);
    switch (type) {
        case DataType::Float16: return static_cast<double>(tensor::halfToFloat(tensor::floatToHalf(narrow)));
        case DataType::BFloat16: return static_cast<double>(tensor::bfloatToFloat(tensor::floatToBfloat(narrow)));
        case DataType::Float64: return value;
        default: return static_cast<double>(narrow);
    }
}

Result<Values> quantizeLinear(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (!isFloatingPoint(x.type()) && x.type() != DataType::Int32) return refuse(call, "the input must be of a floating type or int32");
    TRIMTAB_TRY(const DataType type, codeType(call));
    TRIMTAB_TRY(const DataType precision, quotientType(call));
    const auto range = codeRange(type);
    if (!range && !isMinifloat(type)) return unsupported(call, fmt::format("codes of type {} are not made", name(type)));
    TRIMTAB_TRY(const QuantizationGrid grid, QuantizationGrid::make(call, x.shape(), 1, 2, type));
    const tensor::MinifloatRules rules{.saturate = call.node.integer("saturate", 1) != 0};
    TRIMTAB_TRY(Tensor out, Tensor::zeros(type, x.shape()));
    std::vector<double> values(kBlock);
    std::vector<std::int64_t> codes(kBlock);
    for (std::int64_t at = 0; at < x.elementCount(); at += kBlock) {
        const std::int64_t count = std::min(kBlock, x.elementCount() - at);
        load(x, at, 1, count, values.data());
        for (std::int64_t i = 0; i < count; ++i) {
            const auto k = static_cast<std::size_t>(i);
            const double quotient = roundedTo(precision, values[k] / grid.scale(at + i));
            if (range) codes[k] = codeOf(quotient, grid.zero(at + i), *range);
            else tensor::setPackedCode(out.mutableBytes(), bitWidth(type), at + i, tensor::doubleToMinifloat(type, quotient, rules));
        }
        if (range) store(out, at, count, codes.data());
    }
    return one(std::move(out));
}

/// The result has the type of the scale, or of attribute output_dtype (opset 23).
Result<Values> dequantizeLinear(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (!isInteger(x.type()) && !isMinifloat(x.type()))
        return unsupported(call, fmt::format("codes of type {} are not read", name(x.type())));
    const std::int64_t number = call.node.integer("output_dtype", 0);
    const DataType type = number != 0 ? typeOfNumber(number) : call.tensor(1).type();
    if (!isFloatingPoint(type)) return refuse(call, "the result must be of a floating type");
    TRIMTAB_TRY(const QuantizationGrid grid, QuantizationGrid::make(call, x.shape(), 1, 2, x.type()));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, x.shape()));
    std::vector<double> values(kBlock);
    for (std::int64_t at = 0; at < x.elementCount(); at += kBlock) {
        const std::int64_t count = std::min(kBlock, x.elementCount() - at);
        load(x, at, 1, count, values.data());
        for (std::int64_t i = 0; i < count; ++i) {
            double& value = values[static_cast<std::size_t>(i)];
            value = (value - static_cast<double>(grid.zero(at + i))) * grid.scale(at + i);
        }
        store(out, at, count, values.data());
    }
    return one(std::move(out));
}

Result<Values> dynamicQuantizeLinear(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (x.type() != DataType::Float32) return refuse(call, "the input must be float32");
    const auto quantization = DynamicQuantization::of(x);
    TRIMTAB_TRY(Tensor codes, Tensor::allocate(DataType::UInt8, x.shape()));
    const auto out = codes.mutableData<std::uint8_t>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = quantization.code(x.data<float>()[i]);
    const Tensor zero = Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{}, {static_cast<std::uint8_t>(quantization.zero)});
    return Values{codes, Tensor::scalar(quantization.scale), zero};
}

}  // namespace

std::optional<CodeRange> codeRange(DataType type) {
    const int bits = bitWidth(type);
    if (!isInteger(type) || bits > 16) return std::nullopt;
    const double half = std::ldexp(1.0, bits - 1);
    return domainOf(type) == Domain::Signed ? CodeRange{-half, half - 1} : CodeRange{0, 2 * half - 1};
}

std::int64_t codeOf(double quotient, std::int64_t zero, CodeRange range) {
    const double code = std::nearbyint(quotient) + static_cast<double>(zero);
    return std::isnan(code) ? zero : static_cast<std::int64_t>(std::clamp(code, range.low, range.high));
}

std::int64_t quantized(double x, double scale, std::int64_t zero, CodeRange range) {
    // The quotient is formed in float32, as the operator's text has it for float32 inputs.
    return codeOf(static_cast<double>(static_cast<float>(x / scale)), zero, range);
}

Result<QuantizationGrid> QuantizationGrid::make(const Call& call, const Shape& x, std::size_t scale, std::size_t zero, DataType type) {
    const Tensor& scales = call.tensor(scale);
    if (!isFloatingPoint(scales.type()) && scales.type() != DataType::Float8E8M0 && scales.type() != DataType::Int32)
        return refuse(call, "the scale must be of a floating type or int32");
    QuantizationGrid grid;
    grid.m_scales.resize(static_cast<std::size_t>(scales.elementCount()));
    load(scales, 0, 1, scales.elementCount(), grid.m_scales.data());
    if (call.has(zero)) {
        const Tensor& zeros = call.tensor(zero);
        if (zeros.type() != type) return refuse(call, "the zero point is not of the codes' type");
        if (zeros.elementCount() != scales.elementCount()) return refuse(call, "scale and zero point differ in size");
        if (isMinifloat(type)) {
            for (std::int64_t i = 0; i < zeros.elementCount(); ++i)
                if (tensor::elementAsDouble(zeros, i) != 0)
                    return unsupported(call, "zero points of floating codes other than 0 are not known here");
        } else {
            grid.m_zeros = tensor::toInt64s(zeros);
        }
    }
    if (grid.m_scales.size() == 1) return grid;
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 1, x.rank()));
    grid.m_extent = x[at];
    grid.m_inner = extent(x, at + 1, x.rank());
    const std::int64_t block = call.node.integer("block_size", 0);
    if (block == 0 && scales.shape() == Shape{x[at]}) return grid;
    grid.m_blocked = true;
    grid.m_block = block;
    if (block > 0) grid.m_blocks = (x[at] - 1) / block + 1;
    if (block < 1 || scales.shape() != spliced(x, at, at + 1, {grid.m_blocks}))
        return refuse(call, fmt::format("scales of shape {} don't fit axis {} of {}", scales.shape().text(), at, x.text()));
    return grid;
}

void registerQuantize(Registry& registry) {
    registry.add("QuantizeLinear", 10, {2, 3, 1}, quantizeLinear);
    registry.add("DequantizeLinear", 10, {2, 3, 1}, dequantizeLinear);
    registry.add("DynamicQuantizeLinear", 11, {1, 1, 3}, dynamicQuantizeLinear);
}

}  // namespace trimtab::ref
