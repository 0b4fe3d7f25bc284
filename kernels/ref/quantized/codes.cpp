#include "kernels/ref/quantized/codes.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/quantize.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kBlock = 512;

Status checkCodes(const Call& call, const Tensor& codes, std::size_t zero) {
    if (!isByteCode(codes.type())) return refuse(call, fmt::format("codes of type {} where int8 or uint8 are needed", name(codes.type())));
    return call.has(zero) ? sameType(call, codes, call.tensor(zero)) : Status();
}

Result<Tensor> permuted(const Tensor& x, const Ints& order) {
    const Ints strides = x.shape().strides();
    Ints dims, steps;
    for (const std::int64_t from : order) {
        dims.push_back(x.shape()[static_cast<int>(from)]);
        steps.push_back(strides[static_cast<std::size_t>(from)]);
    }
    return gatherStrided(x, Shape(std::move(dims)), 0, steps, bitWidth(x.type()) / 8);
}

}  // namespace

Result<Parameter> Parameter::make(const Call& call, std::size_t i, const Shape& of, int axis, double fallback) {
    Parameter result;
    result.m_values = {fallback};
    if (!call.has(i)) return result;
    const Tensor& given = call.tensor(i);
    const Shape& shape = given.shape();
    if (!isInteger(given.type()) && !isFloatingPoint(given.type())) return refuse(call, fmt::format("input {} must be numeric", i));
    result.m_values.resize(static_cast<std::size_t>(given.elementCount()));
    load(given, 0, 1, given.elementCount(), result.m_values.data());
    if (given.elementCount() == 1) return result;
    if (shape.rank() == 1 && axis >= 0 && shape[0] == of[axis]) {
        result.m_steps.push_back({extent(of, axis + 1, of.rank()), of[axis], 1});
        return result;
    }
    bool fits = shape.rank() == of.rank();
    const Ints strides = shape.strides();
    for (int d = 0; fits && d < of.rank(); ++d) {
        if (shape[d] == of[d]) result.m_steps.push_back({extent(of, d + 1, of.rank()), of[d], strides[static_cast<std::size_t>(d)]});
        else fits = shape[d] == 1;
    }
    if (!fits) return refuse(call, fmt::format("input {} of shape {} does not fit a tensor of shape {}", i, shape.text(), of.text()));
    return result;
}

bool isByteCode(DataType type) { return type == DataType::Int8 || type == DataType::UInt8; }

Result<Tensor> withoutZero(const Call& call, const Tensor& codes, std::size_t zero, int axis) {
    TRIMTAB_REQUIRE(checkCodes(call, codes, zero));
    TRIMTAB_TRY(const Parameter zeros, Parameter::make(call, zero, codes.shape(), axis, 0));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Int64, codes.shape()));
    const auto to = out.mutableData<std::int64_t>();
    load(codes, 0, 1, codes.elementCount(), to.data());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] -= static_cast<std::int64_t>(zeros.at(static_cast<std::int64_t>(i)));
    return out;
}

Result<Tensor> valuesOf(const Call& call, const Tensor& codes, std::size_t scale, std::size_t zero, int axis) {
    TRIMTAB_REQUIRE(checkCodes(call, codes, zero));
    if (!call.has(scale) || !isFloatingPoint(call.tensor(scale).type()))
        return refuse(call, fmt::format("input {} must be a scale of a floating type", scale));
    TRIMTAB_TRY(const Parameter scales, Parameter::make(call, scale, codes.shape(), axis, 1));
    TRIMTAB_TRY(const Parameter zeros, Parameter::make(call, zero, codes.shape(), axis, 0));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Float64, codes.shape()));
    const auto to = out.mutableData<double>();
    load(codes, 0, 1, codes.elementCount(), to.data());
    for (std::size_t i = 0; i < to.size(); ++i) {
        const auto element = static_cast<std::int64_t>(i);
        to[i] = (to[i] - zeros.at(element)) * scales.at(element);
    }
    return out;
}

Result<double> scaleOf(const Call& call, std::size_t i) {
    if (!call.has(i) || !isFloatingPoint(call.tensor(i).type()))
        return refuse(call, fmt::format("input {} must be a scale of a floating type", i));
    return number(call, i);
}

Result<Tensor> codesOf(const Call& call, const Tensor& values, std::size_t scale, std::size_t zero, DataType type) {
    const auto range = codeRange(type);
    if (!isByteCode(type) || !range) return refuse(call, "the result must be of int8 or uint8 codes");
    TRIMTAB_TRY(const double step, scaleOf(call, scale));
    std::int64_t origin = 0;
    if (call.has(zero)) {
        if (call.tensor(zero).type() != type) return refuse(call, "the zero point of the result is not of the codes' type");
        TRIMTAB_TRY(origin, integer(call, zero));
    }
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, values.shape()));
    std::vector<std::int64_t> codes(kBlock);
    for (std::int64_t at = 0; at < out.elementCount(); at += kBlock) {
        const std::int64_t count = std::min(kBlock, out.elementCount() - at);
        for (std::int64_t k = 0; k < count; ++k)
            codes[static_cast<std::size_t>(k)] = quantized(values.data<double>()[static_cast<std::size_t>(at + k)], step, origin, *range);
        store(out, at, count, codes.data());
    }
    return out;
}

Result<Tensor> channelsFirst(const Tensor& x) {
    Ints order{0, x.shape().rank() - 1};
    for (int d = 1; d < x.shape().rank() - 1; ++d) order.push_back(d);
    return permuted(x, order);
}

Result<Tensor> channelsLast(const Tensor& x) {
    Ints order{0};
    for (int d = 2; d < x.shape().rank(); ++d) order.push_back(d);
    order.push_back(1);
    return permuted(x, order);
}

}  // namespace trimtab::ref
