// Cast between the types that shape arithmetic, masks and 16-bit storage use.
#include <array>

#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {
namespace {

using Convert = void (*)(const std::byte*, std::byte*, std::int64_t begin, std::int64_t end);

template <class From, class To>
void convert(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
    const auto* source = reinterpret_cast<const From*>(from);
    auto* target = reinterpret_cast<To*>(to);
    for (std::int64_t i = begin; i < end; ++i) target[i] = static_cast<To>(source[i]);
}

template <class From>
void convertToBool(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
    const auto* source = reinterpret_cast<const From*>(from);
    for (std::int64_t i = begin; i < end; ++i) to[i] = static_cast<std::byte>(source[i] != From{0});
}

template <float (*Widen)(std::uint16_t)>
void widen(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
    const auto* source = reinterpret_cast<const std::uint16_t*>(from);
    for (std::int64_t i = begin; i < end; ++i) reinterpret_cast<float*>(to)[i] = Widen(source[i]);
}

template <std::uint16_t (*Narrow)(float)>
void narrow(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
    const auto* source = reinterpret_cast<const float*>(from);
    for (std::int64_t i = begin; i < end; ++i) reinterpret_cast<std::uint16_t*>(to)[i] = Narrow(source[i]);
}

struct Pair {
    DataType from;
    DataType to;
    Convert convert;
};

// Bool is one byte of 0 or 1, so it converts as uint8. Floats to integers are left to the reference kernel, which settles what is out of
// range.
constexpr std::array kPairs = {
    Pair{DataType::Bool, DataType::Float32, convert<std::uint8_t, float>},
    Pair{DataType::Bool, DataType::Int64, convert<std::uint8_t, std::int64_t>},
    Pair{DataType::Bool, DataType::Int32, convert<std::uint8_t, std::int32_t>},
    Pair{DataType::UInt8, DataType::Float32, convert<std::uint8_t, float>},
    Pair{DataType::Int32, DataType::Float32, convert<std::int32_t, float>},
    Pair{DataType::Int64, DataType::Float32, convert<std::int64_t, float>},
    Pair{DataType::Int32, DataType::Int64, convert<std::int32_t, std::int64_t>},
    Pair{DataType::Int64, DataType::Int32, convert<std::int64_t, std::int32_t>},
    Pair{DataType::Float64, DataType::Float32, convert<double, float>},
    Pair{DataType::Float32, DataType::Float64, convert<float, double>},
    Pair{DataType::Float16, DataType::Float32, widen<tensor::halfToFloat>},
    Pair{DataType::BFloat16, DataType::Float32, widen<tensor::bfloatToFloat>},
    Pair{DataType::Float32, DataType::Float16, narrow<tensor::floatToHalf>},
    Pair{DataType::Float32, DataType::BFloat16, narrow<tensor::floatToBfloat>},
    Pair{DataType::Int64, DataType::Bool, convertToBool<std::int64_t>},
    Pair{DataType::Int32, DataType::Bool, convertToBool<std::int32_t>},
    Pair{DataType::Float32, DataType::Bool, convertToBool<float>},
};

Convert find(DataType from, DataType to) {
    for (const Pair& pair : kPairs) {
        if (pair.from == from && pair.to == to) return pair.convert;
    }
    return nullptr;
}

}  // namespace

runtime::Support judgeCast(const NodeView& view) {
    if (!find(view.type(0), view.outputType())) return notMeant();
    return native();
}

Status placeCast(Builder& builder, const NodeView& view) {
    const Convert convert = find(view.type(0), view.outputType());
    if (view.shape(0) != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    const std::int64_t count = view.outputShape().elementCount();
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0)));
    const SlotId target = builder.write(view.node.output(0));
    builder.step(
        [=](Frame& frame) {
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                convert(frame.at<std::byte>(source), frame.at<std::byte>(target), begin, end);
            });
            return Status{};
        },
        {source}, {target});
    return {};
}

}  // namespace trimtab::cpu
