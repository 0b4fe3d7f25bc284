#include "kernels/ref/elements.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "core/tensor/minifloat.h"
#include "core/tensor/packed.h"

namespace trimtab::ref {
namespace {

/// Float to integer without undefined behaviour: truncated, saturated at the ends of the 64-bit type, NaN becomes 0.
template <class C, class T>
C narrowed(T value) {
    if constexpr (std::is_floating_point_v<T> && std::is_integral_v<C>) {
        if (std::isnan(value)) return 0;
        constexpr double low = static_cast<double>(std::numeric_limits<C>::lowest());
        constexpr double high = std::is_signed_v<C> ? 0x1p63 : 0x1p64;
        if (static_cast<double>(value) >= high) return std::numeric_limits<C>::max();
        if (static_cast<double>(value) <= low) return std::numeric_limits<C>::lowest();
    }
    return static_cast<C>(value);
}

template <class T, class C>
void loadTyped(const Tensor& from, std::int64_t start, std::int64_t stride, std::int64_t count, C* out) {
    const T* in = from.data<T>().data() + start;
    for (std::int64_t i = 0; i < count; ++i) {
        const T value = in[i * stride];
        if constexpr (std::is_same_v<T, tensor::Half>) out[i] = narrowed<C>(tensor::halfToFloat(value.bits));
        else if constexpr (std::is_same_v<T, tensor::BFloat>) out[i] = narrowed<C>(tensor::bfloatToFloat(value.bits));
        else out[i] = narrowed<C>(value);
    }
}

template <class T, class C>
void storeTyped(Tensor& to, std::int64_t start, std::int64_t count, const C* in) {
    T* out = to.mutableData<T>().data() + start;
    for (std::int64_t i = 0; i < count; ++i) {
        if constexpr (std::is_same_v<T, tensor::Half>) out[i].bits = tensor::floatToHalf(static_cast<float>(in[i]));
        else if constexpr (std::is_same_v<T, tensor::BFloat>) out[i].bits = tensor::floatToBfloat(static_cast<float>(in[i]));
        else if constexpr (std::is_floating_point_v<T>) out[i] = static_cast<T>(in[i]);
        else if constexpr (std::is_floating_point_v<C>) out[i] = static_cast<T>(narrowed<std::int64_t>(in[i]));
        else out[i] = static_cast<T>(in[i]);
    }
}

template <class C>
void loadPacked(const Tensor& from, std::int64_t start, std::int64_t stride, std::int64_t count, C* out) {
    const int bits = bitWidth(from.type());
    const bool isSigned = from.type() == DataType::Int4 || from.type() == DataType::Int2;
    for (std::int64_t i = 0; i < count; ++i) {
        const unsigned code = tensor::packedCode(from.bytes(), bits, start + i * stride);
        out[i] = static_cast<C>(isSigned ? tensor::signedCode(code, bits) : static_cast<int>(code));
    }
}

template <class C>
void storePacked(Tensor& to, std::int64_t start, std::int64_t count, const C* in) {
    for (std::int64_t i = 0; i < count; ++i)
        tensor::setPackedCode(to.mutableBytes(), bitWidth(to.type()), start + i, static_cast<unsigned>(narrowed<std::int64_t>(in[i])));
}

template <class C>
void loadMinifloats(const Tensor& from, std::int64_t start, std::int64_t stride, std::int64_t count, C* out) {
    const int bits = bitWidth(from.type());
    for (std::int64_t i = 0; i < count; ++i) {
        const unsigned code = tensor::packedCode(from.bytes(), bits, start + i * stride);
        out[i] = narrowed<C>(tensor::minifloatToDouble(from.type(), static_cast<std::uint8_t>(code)));
    }
}

}  // namespace

Domain domainOf(DataType type) {
    switch (type) {
        case DataType::Float32:
        case DataType::Float64:
        case DataType::Float16:
        case DataType::BFloat16: return Domain::Floating;
        case DataType::Int8:
        case DataType::Int16:
        case DataType::Int32:
        case DataType::Int64:
        case DataType::Int4:
        case DataType::Int2: return Domain::Signed;
        case DataType::UInt8:
        case DataType::UInt16:
        case DataType::UInt32:
        case DataType::UInt64:
        case DataType::UInt4:
        case DataType::UInt2:
        case DataType::Bool: return Domain::Unsigned;
        default: return Domain::None;
    }
}

template <class C>
void load(const Tensor& from, std::int64_t start, std::int64_t stride, std::int64_t count, C* out) {
    switch (from.type()) {
        case DataType::Float32: return loadTyped<float>(from, start, stride, count, out);
        case DataType::Float64: return loadTyped<double>(from, start, stride, count, out);
        case DataType::Float16: return loadTyped<tensor::Half>(from, start, stride, count, out);
        case DataType::BFloat16: return loadTyped<tensor::BFloat>(from, start, stride, count, out);
        case DataType::Int8: return loadTyped<std::int8_t>(from, start, stride, count, out);
        case DataType::Int16: return loadTyped<std::int16_t>(from, start, stride, count, out);
        case DataType::Int32: return loadTyped<std::int32_t>(from, start, stride, count, out);
        case DataType::Int64: return loadTyped<std::int64_t>(from, start, stride, count, out);
        case DataType::UInt8:
        case DataType::Bool: return loadTyped<std::uint8_t>(from, start, stride, count, out);
        case DataType::UInt16: return loadTyped<std::uint16_t>(from, start, stride, count, out);
        case DataType::UInt32: return loadTyped<std::uint32_t>(from, start, stride, count, out);
        case DataType::UInt64: return loadTyped<std::uint64_t>(from, start, stride, count, out);
        case DataType::Int4:
        case DataType::UInt4:
        case DataType::Int2:
        case DataType::UInt2: return loadPacked(from, start, stride, count, out);
        default: assert(isMinifloat(from.type())); return loadMinifloats(from, start, stride, count, out);
    }
}

template <class C>
void store(Tensor& to, std::int64_t start, std::int64_t count, const C* in) {
    switch (to.type()) {
        case DataType::Float32: return storeTyped<float>(to, start, count, in);
        case DataType::Float64: return storeTyped<double>(to, start, count, in);
        case DataType::Float16: return storeTyped<tensor::Half>(to, start, count, in);
        case DataType::BFloat16: return storeTyped<tensor::BFloat>(to, start, count, in);
        case DataType::Int8: return storeTyped<std::int8_t>(to, start, count, in);
        case DataType::Int16: return storeTyped<std::int16_t>(to, start, count, in);
        case DataType::Int32: return storeTyped<std::int32_t>(to, start, count, in);
        case DataType::Int64: return storeTyped<std::int64_t>(to, start, count, in);
        case DataType::UInt8: return storeTyped<std::uint8_t>(to, start, count, in);
        case DataType::UInt16: return storeTyped<std::uint16_t>(to, start, count, in);
        case DataType::UInt32: return storeTyped<std::uint32_t>(to, start, count, in);
        case DataType::UInt64: return storeTyped<std::uint64_t>(to, start, count, in);
        case DataType::Int4:
        case DataType::UInt4:
        case DataType::Int2:
        case DataType::UInt2: return storePacked(to, start, count, in);
        case DataType::Bool: {
            std::uint8_t* out = to.mutableData<std::uint8_t>().data() + start;
            for (std::int64_t i = 0; i < count; ++i) out[i] = in[i] != C{0} ? 1 : 0;
            return;
        }
        default: assert(false && "no numeric type"); return;
    }
}

template void load(const Tensor&, std::int64_t, std::int64_t, std::int64_t, double*);
template void load(const Tensor&, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void load(const Tensor&, std::int64_t, std::int64_t, std::int64_t, std::uint64_t*);
template void store(Tensor&, std::int64_t, std::int64_t, const double*);
template void store(Tensor&, std::int64_t, std::int64_t, const std::int64_t*);
template void store(Tensor&, std::int64_t, std::int64_t, const std::uint64_t*);

}  // namespace trimtab::ref
