#include "core/tensor/convert.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/base/random.h"
#include "core/tensor/packed.h"

namespace trimtab::tensor {
namespace {

// Reads element i at its own type; views of mappings may be misaligned, so bytes are copied.
template <class T>
T load(const Tensor& tensor, std::int64_t i) {
    T value;
    std::memcpy(&value, tensor.bytes().data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
}

// Calls visitor with an accessor index → native value (16-bit floats as float, smaller ones as double, packed integers as int).
template <class Visitor>
bool withElements(const Tensor& tensor, Visitor visitor) {
    const Tensor* t = &tensor;
    const int bits = bitWidth(tensor.type());
    switch (tensor.type()) {
        case DataType::Float32: visitor([t](std::int64_t i) { return load<float>(*t, i); }); return true;
        case DataType::Float64: visitor([t](std::int64_t i) { return load<double>(*t, i); }); return true;
        case DataType::Float16: visitor([t](std::int64_t i) { return halfToFloat(load<std::uint16_t>(*t, i)); }); return true;
        case DataType::BFloat16: visitor([t](std::int64_t i) { return bfloatToFloat(load<std::uint16_t>(*t, i)); }); return true;
        case DataType::Int8: visitor([t](std::int64_t i) { return load<std::int8_t>(*t, i); }); return true;
        case DataType::UInt8: visitor([t](std::int64_t i) { return load<std::uint8_t>(*t, i); }); return true;
        case DataType::Int16: visitor([t](std::int64_t i) { return load<std::int16_t>(*t, i); }); return true;
        case DataType::UInt16: visitor([t](std::int64_t i) { return load<std::uint16_t>(*t, i); }); return true;
        case DataType::Int32: visitor([t](std::int64_t i) { return load<std::int32_t>(*t, i); }); return true;
        case DataType::UInt32: visitor([t](std::int64_t i) { return load<std::uint32_t>(*t, i); }); return true;
        case DataType::Int64: visitor([t](std::int64_t i) { return load<std::int64_t>(*t, i); }); return true;
        case DataType::UInt64: visitor([t](std::int64_t i) { return load<std::uint64_t>(*t, i); }); return true;
        case DataType::Bool: visitor([t](std::int64_t i) { return load<std::uint8_t>(*t, i) != 0; }); return true;
        case DataType::Int4:
        case DataType::Int2: visitor([t, bits](std::int64_t i) { return signedCode(packedCode(t->bytes(), bits, i), bits); }); return true;
        case DataType::UInt4:
        case DataType::UInt2: visitor([t, bits](std::int64_t i) { return static_cast<int>(packedCode(t->bytes(), bits, i)); }); return true;
        case DataType::Float8E4M3FN:
        case DataType::Float8E4M3FNUZ:
        case DataType::Float8E5M2:
        case DataType::Float8E5M2FNUZ:
        case DataType::Float4E2M1:
        case DataType::Float8E8M0:
            visitor([t, bits](std::int64_t i) {
                return minifloatToDouble(t->type(), static_cast<std::uint8_t>(packedCode(t->bytes(), bits, i)));
            });
            return true;
        default: return false;
    }
}

// Float to integer truncates; what does not fit saturates to the 64-bit range first (C++ leaves that undefined), then wraps.
template <class To, class From>
To castValue(From value) {
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        if (std::isnan(value)) return To{0};
        if constexpr (std::is_same_v<To, std::uint64_t>) {
            if (value >= 0x1.0p64) return UINT64_MAX;
            if (value >= 0) return static_cast<std::uint64_t>(value);
        }
        if (value >= 0x1.0p63) return static_cast<To>(INT64_MAX);
        if (value < -0x1.0p63) return static_cast<To>(INT64_MIN);
        return static_cast<To>(static_cast<std::int64_t>(value));
    } else {
        return static_cast<To>(value);
    }
}

/// Types below a byte are quantised to, so floats are rounded to the nearest (ties to even) and held within the range; integers wrap.
template <class From>
unsigned packedInteger(DataType to, From value) {
    if constexpr (std::is_floating_point_v<From>) {
        const int bits = bitWidth(to);
        const bool isSigned = to == DataType::Int4 || to == DataType::Int2;
        const double low = isSigned ? -(1 << (bits - 1)) : 0, high = low + (1 << bits) - 1;
        if (std::isnan(value)) return 0;
        return static_cast<unsigned>(static_cast<int>(std::clamp(std::nearbyint(static_cast<double>(value)), low, high)));
    } else {
        return static_cast<unsigned>(value);
    }
}

template <class To, class Read>
void fill(Tensor& to, Read read) {
    auto out = to.mutableData<To>();
    for (std::int64_t i = 0; i < to.elementCount(); ++i) out[static_cast<std::size_t>(i)] = castValue<To>(read(i));
}

template <class Read>
bool fillAny(Tensor& to, Read read, MinifloatRules rules = {}) {
    switch (to.type()) {
        case DataType::Float32: fill<float>(to, read); return true;
        case DataType::Float64: fill<double>(to, read); return true;
        case DataType::Int8: fill<std::int8_t>(to, read); return true;
        case DataType::UInt8: fill<std::uint8_t>(to, read); return true;
        case DataType::Int16: fill<std::int16_t>(to, read); return true;
        case DataType::UInt16: fill<std::uint16_t>(to, read); return true;
        case DataType::Int32: fill<std::int32_t>(to, read); return true;
        case DataType::UInt32: fill<std::uint32_t>(to, read); return true;
        case DataType::Int64: fill<std::int64_t>(to, read); return true;
        case DataType::UInt64: fill<std::uint64_t>(to, read); return true;
        default: break;
    }
    const std::int64_t count = to.elementCount();
    auto bytes = to.mutableBytes();
    switch (to.type()) {
        case DataType::Float16:
            for (std::int64_t i = 0; i < count; ++i)
                to.mutableData<std::uint16_t>()[static_cast<std::size_t>(i)] = floatToHalf(static_cast<float>(read(i)));
            return true;
        case DataType::BFloat16:
            for (std::int64_t i = 0; i < count; ++i)
                to.mutableData<std::uint16_t>()[static_cast<std::size_t>(i)] = floatToBfloat(static_cast<float>(read(i)));
            return true;
        case DataType::Bool:
            for (std::int64_t i = 0; i < count; ++i)
                bytes[static_cast<std::size_t>(i)] = std::byte{static_cast<unsigned char>(read(i) != 0 ? 1 : 0)};
            return true;
        case DataType::Int4:
        case DataType::UInt4:
        case DataType::Int2:
        case DataType::UInt2:
            std::memset(bytes.data(), 0, bytes.size());
            for (std::int64_t i = 0; i < count; ++i)
                setPackedCode(bytes, bitWidth(to.type()), i, packedInteger(to.type(), read(i)));
            return true;
        default: break;
    }
    if (!isMinifloat(to.type())) return false;
    std::memset(bytes.data(), 0, bytes.size());
    for (std::int64_t i = 0; i < count; ++i)
        setPackedCode(bytes, bitWidth(to.type()), i, doubleToMinifloat(to.type(), static_cast<double>(read(i)), rules));
    return true;
}

}  // namespace

Result<Tensor> convert(const Tensor& from, DataType to, MinifloatRules rules) {
    if (from.type() == to) return from;
    TRIMTAB_TRY(Tensor result, Tensor::allocate(to, from.shape()));
    bool known = false;
    withElements(from, [&](auto read) { known = fillAny(result, read, rules); });
    if (!known)
        return fail(ErrorCode::Unsupported, "no conversion from " + std::string(name(from.type())) + " to " + std::string(name(to)));
    return result;
}

double elementAsDouble(const Tensor& tensor, std::int64_t index) {
    assert(index >= 0 && index < tensor.elementCount());
    double value = 0;
    withElements(tensor, [&](auto read) { value = static_cast<double>(read(index)); });
    return value;
}

std::int64_t elementAsInt64(const Tensor& tensor, std::int64_t index) {
    assert(index >= 0 && index < tensor.elementCount());
    std::int64_t value = 0;
    withElements(tensor, [&](auto read) { value = castValue<std::int64_t>(read(index)); });
    return value;
}

std::vector<std::int64_t> toInt64s(const Tensor& tensor) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(tensor.elementCount()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = elementAsInt64(tensor, static_cast<std::int64_t>(i));
    return values;
}

std::vector<float> toFloats(const Tensor& tensor) {
    std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
    withElements(tensor, [&](auto read) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(read(static_cast<std::int64_t>(i)));
    });
    return values;
}

Result<Tensor> randomTensor(DataType type, Shape shape, std::uint64_t seed, std::int64_t low, std::int64_t high) {
    base::Random random(seed);
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(type, std::move(shape)));
    const auto range = static_cast<std::uint64_t>(std::max<std::int64_t>(high - low, 1));
    bool known = false;
    if (isFloatingPoint(type)) known = fillAny(tensor, [&](std::int64_t) { return random.normal(); });
    else if (type == DataType::Bool) known = fillAny(tensor, [&](std::int64_t) { return static_cast<std::int64_t>(random.below(2)); });
    else known = fillAny(tensor, [&](std::int64_t) { return low + static_cast<std::int64_t>(random.below(range)); });
    if (!known) return fail(ErrorCode::Unsupported, "no random values of type " + std::string(name(type)));
    return tensor;
}

}  // namespace trimtab::tensor
