// Element-wise arithmetic, comparisons and activations whose types or meaning changed over the versions.
#include <cmath>
#include <limits>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

/// `count` shapes that broadcast; index 0 is empty, index 1 all ones.
std::vector<Shape> broadcasting(Draw& draw, int index, std::size_t count) {
    if (index == 0) return std::vector<Shape>(count, Shape{0, 3});
    if (index == 1) return std::vector<Shape>(count, Shape{1, 1});
    const Shape whole = draw.shape(static_cast<int>(draw.integer(1, 4)));
    std::vector<Shape> parts;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::int64_t> dims;
        for (int axis = static_cast<int>(draw.integer(0, whole.rank())); axis < whole.rank(); ++axis)
            dims.push_back(draw.coin(0.25) ? 1 : whole[axis]);
        parts.emplace_back(std::move(dims));
    }
    return parts;
}

Shape anyShape(Draw& draw, int index) {
    return index == 0 ? Shape{0, 2} : index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(0, 4)));
}

Case variadic(Draw& draw, int index, DataType type) {
    Case made;
    for (const Shape& shape : broadcasting(draw, index, static_cast<std::size_t>(draw.integer(1, 4))))
        made.inputs.push_back(draw.tensor(type, shape, 0, 9));
    return made;
}

Case variadicFloat(Draw& draw, int index) { return variadic(draw, index, DataType::Float32); }
Case variadicFloats(Draw& draw, int index) { return variadic(draw, index, draw.pick({DataType::Float32, DataType::Float64})); }
Case variadicNumbers(Draw& draw, int index) {
    return variadic(draw, index, draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int32, DataType::UInt32,
                                            DataType::Int64, DataType::UInt64}));
}

Case equal(Draw& draw, int index) {
    const auto shapes = broadcasting(draw, index, 2);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64, DataType::Bool});
    return {.inputs = {*tensor::convert(draw.tensor(DataType::Int64, shapes[0], 0, 2), type),
                       *tensor::convert(draw.tensor(DataType::Int64, shapes[1], 0, 2), type)}};
}

/// Integers with and without fmod, floats with it. No divisor is 0.
Case modulo(Draw& draw, int index) {
    const auto shapes = broadcasting(draw, index, 2);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int8, DataType::UInt8,
                                     DataType::Int16, DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64,
                                     DataType::UInt64});
    const bool isSigned = type != DataType::UInt8 && type != DataType::UInt16 && type != DataType::UInt32 && type != DataType::UInt64;
    Tensor divisor = draw.tensor(DataType::Int64, shapes[1], 1, 6);
    if (isSigned && draw.coin()) divisor = draw.tensor(DataType::Int64, shapes[1], -6, -1);
    Case made{.inputs = {draw.tensor(type, shapes[0], isSigned ? -20 : 0, 20), *tensor::convert(divisor, type)}};
    if (isFloatingPoint(type)) made.attributes["fmod"] = std::int64_t{1};
    else if (draw.coin()) made.attributes["fmod"] = draw.integer(0, 1);
    return made;
}

Case bitShift(Draw& draw, int index) {
    const auto shapes = broadcasting(draw, index, 2);
    const DataType type = draw.pick({DataType::UInt8, DataType::UInt32, DataType::UInt64});
    return {.attributes = {{"direction", draw.pick<std::string>({"LEFT", "RIGHT"})}},
            .inputs = {draw.tensor(type, shapes[0], 0, 200), draw.tensor(type, shapes[1], 0, 7)}};
}

Case clipByAttributes(Draw& draw, int index) {
    Case made{.inputs = {draw.floats(anyShape(draw, index), -5, 5)}};
    if (draw.coin(0.7)) made.attributes["min"] = static_cast<float>(draw.real(-4, 4));
    if (draw.coin(0.7)) made.attributes["max"] = static_cast<float>(draw.real(-4, 4));
    if (made.attributes.size() == 2 && std::get<float>(made.attributes["min"]) > std::get<float>(made.attributes["max"]))
        std::swap(made.attributes["min"], made.attributes["max"]);
    return made;
}

/// Bounds may cross: the upper one holds then.
Case clipByInputs(Draw& draw, int index, DataType type) {
    const double low = type == DataType::UInt8 || type == DataType::UInt32 || type == DataType::UInt64 ? 0 : -5;
    Case made{.inputs = {draw.tensor(type, anyShape(draw, index), low, 5)}};
    made.inputs.push_back(draw.coin(0.7) ? draw.tensor(type, Shape{}, low, 4) : Tensor());
    if (draw.coin(0.7)) made.inputs.push_back(draw.tensor(type, Shape{}, low, 4));
    if (draw.coin()) made.initializers = {1, 2};
    return made;
}

Case clipFloats(Draw& draw, int index) { return clipByInputs(draw, index, DataType::Float32); }
Case clipNumbers(Draw& draw, int index) {
    return clipByInputs(draw, index, draw.pick({DataType::Float32, DataType::Float64, DataType::Int8, DataType::UInt8, DataType::Int32,
                                                DataType::UInt32, DataType::Int64, DataType::UInt64}));
}

/// Some infinities and NaN among the numbers.
Tensor withSpecials(Draw& draw, const Shape& shape, DataType type) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& value : values)
        value = draw.coin() ? static_cast<float>(draw.real(-3, 3)) : draw.pick({kInfinity, -kInfinity, kNan});
    return *tensor::convert(Tensor::fromFloats(shape, values), type);
}

Case isInf(Draw& draw, int index, DataType type) {
    Case made{.inputs = {withSpecials(draw, anyShape(draw, index), type)}};
    if (draw.coin()) made.attributes["detect_positive"] = draw.integer(0, 1);
    if (draw.coin()) made.attributes["detect_negative"] = draw.integer(0, 1);
    return made;
}

Case isInf10(Draw& draw, int index) { return isInf(draw, index, draw.pick({DataType::Float32, DataType::Float64})); }
Case isInf20(Draw& draw, int index) {
    return isInf(draw, index, draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16}));
}
Case isNan13(Draw& draw, int index) {
    return {.inputs = {withSpecials(draw, anyShape(draw, index), draw.pick({DataType::Float32, DataType::Float64, DataType::Float16}))}};
}
Case isNan20(Draw& draw, int index) {
    return {.inputs = {withSpecials(draw, anyShape(draw, index),
                                    draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16}))}};
}

Case floatUnary(Draw& draw, int index) { return {.inputs = {draw.floats(anyShape(draw, index), -6, 6)}}; }

Case withAlpha(Draw& draw, int index) {
    Case made = floatUnary(draw, index);
    if (draw.coin(0.7)) made.attributes["alpha"] = static_cast<float>(draw.real(0.2, 2));
    return made;
}

}  // namespace

std::vector<Suite> numericSuites() {
    std::vector<Suite> all{
        {.op = "Equal", .version = 13, .draw = equal},
        {.op = "Equal", .version = 19, .draw = equal},
        {.op = "Mod", .version = 10, .draw = modulo, .cases = 40},
        {.op = "Mod", .version = 13, .draw = modulo, .cases = 40},
        {.op = "BitShift", .version = 11, .draw = bitShift},
        {.op = "Clip", .version = 6, .draw = clipByAttributes},
        {.op = "Clip", .version = 11, .draw = clipFloats},
        {.op = "Clip", .version = 12, .draw = clipNumbers},
        {.op = "Clip", .version = 13, .draw = clipNumbers},
        {.op = "IsInf", .version = 10, .draw = isInf10},
        {.op = "IsInf", .version = 20, .draw = isInf20},
        {.op = "IsNaN", .version = 13, .draw = isNan13},
        {.op = "IsNaN", .version = 20, .draw = isNan20},
        {.op = "HardSwish", .version = 14, .draw = floatUnary},
        {.op = "HardSwish", .version = 22, .draw = floatUnary},
        {.op = "Celu", .version = 12, .draw = withAlpha},
        {.op = "ThresholdedRelu", .version = 10, .draw = withAlpha},
        {.op = "ThresholdedRelu", .version = 22, .draw = withAlpha},
        {.op = "Swish", .version = 24, .draw = withAlpha},
    };
    for (const char* op : {"Sum", "Mean"}) {
        all.push_back({.op = op, .version = 8, .draw = variadicFloat});
        all.push_back({.op = op, .version = 13, .draw = op[0] == 'S' ? variadicFloats : variadicFloat});
    }
    for (const char* op : {"Max", "Min"}) {
        all.push_back({.op = op, .version = 8, .draw = variadicFloats});
        all.push_back({.op = op, .version = 12, .draw = variadicNumbers});
        all.push_back({.op = op, .version = 13, .draw = variadicNumbers});
    }
    return all;
}

}  // namespace trimtab::operators
