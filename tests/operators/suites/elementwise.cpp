// Element-wise operators newer than opset 17.
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

/// Two shapes that broadcast; index 0 is empty, index 1 all ones.
std::vector<Shape> broadcasting(Draw& draw, int index) {
    if (index == 0) return {Shape{0, 3}, Shape{1, 3}};
    if (index == 1) return {Shape{1, 1}, Shape{1}};
    const Shape whole = draw.shape(static_cast<int>(draw.integer(1, 4)));
    std::vector<Shape> parts;
    for (int side = 0; side < 2; ++side) {
        std::vector<std::int64_t> dims;
        for (int axis = static_cast<int>(draw.integer(0, side == 0 ? 0 : whole.rank() - 1)); axis < whole.rank(); ++axis)
            dims.push_back(draw.coin(0.25) ? 1 : whole[axis]);
        parts.emplace_back(std::move(dims));
    }
    return parts;
}

DataType integerType(Draw& draw) {
    return draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int32, DataType::UInt32,
                      DataType::Int64, DataType::UInt64});
}

Case bitwise(Draw& draw, int index) {
    const std::vector<Shape> shapes = broadcasting(draw, index);
    const DataType type = integerType(draw);
    return {.inputs = {draw.tensor(type, shapes[0], 0, 100), draw.tensor(type, shapes[1], 0, 100)}};
}

Case bitwiseNot(Draw& draw, int index) {
    return {.inputs = {draw.tensor(integerType(draw), index == 0 ? Shape{0} : draw.shape(3), 0, 100)}};
}

Case floatUnary(Draw& draw, int index) {
    return {.inputs = {draw.floats(index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 4))), -4, 4)}};
}

Case gelu(Draw& draw, int index) {
    Case made = floatUnary(draw, index);
    if (draw.coin(0.7)) made.attributes["approximate"] = draw.pick<std::string>({"none", "tanh"});
    return made;
}

}  // namespace

std::vector<Suite> elementwiseSuites() {
    return {
        {.op = "BitwiseAnd", .version = 18, .draw = bitwise},   {.op = "BitwiseOr", .version = 18, .draw = bitwise},
        {.op = "BitwiseXor", .version = 18, .draw = bitwise},   {.op = "BitwiseNot", .version = 18, .draw = bitwiseNot},
        {.op = "Mish", .version = 18, .draw = floatUnary},      {.op = "Gelu", .version = 20, .draw = gelu},
    };
}

}  // namespace trimtab::operators
