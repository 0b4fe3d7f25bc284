// Cast, CastLike, QuantizeLinear and DequantizeLinear with the formats that came after opset 17.
#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

Shape shapeOf(Draw& draw, int index) {
    if (index == 0) return Shape{0, 3};
    if (index == 1) return Shape{};
    return draw.shape(static_cast<int>(draw.integer(1, 4)));
}

DataType float8(Draw& draw) {
    return draw.pick({DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2, DataType::Float8E5M2FNUZ});
}

DataType plain(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16}); }

/// To float8 with saturation, also from far outside the range, and back.
Case castFloat8(Draw& draw, int index) {
    const DataType small = float8(draw), wide = plain(draw);
    Case made;
    if (draw.coin()) {
        made.attributes["to"] = std::int64_t{tensor::onnxNumber(small)};
        made.inputs = {draw.tensor(wide, shapeOf(draw, index), -500, 500)};
    } else {
        made.attributes["to"] = std::int64_t{tensor::onnxNumber(wide)};
        made.inputs = {draw.tensor(small, shapeOf(draw, index), -200, 200)};
    }
    return made;
}

Case castFourBits(Draw& draw, int index) {
    const DataType small = draw.pick({DataType::Int4, DataType::UInt4});
    const DataType wide = draw.pick({DataType::Float32, DataType::Int8, DataType::UInt8, DataType::Int32});
    const double low = small == DataType::UInt4 || wide == DataType::UInt8 ? 0 : -7;
    Case made;
    const bool narrows = draw.coin();
    made.attributes["to"] = std::int64_t{tensor::onnxNumber(narrows ? small : wide)};
    made.inputs = {draw.tensor(narrows ? wide : small, shapeOf(draw, index), low, 7)};
    return made;
}

struct Grid {
    Shape data;
    Shape scale;
    std::int64_t axis = 1, block = 0;
};

/// Per tensor, per index of an axis, or in blocks along one.
Grid grid(Draw& draw, int index, bool blocks) {
    Grid made;
    made.data = index == 0 ? Shape{2, 0, 3} : draw.shape(static_cast<int>(draw.integer(2, 4)), 1, 6);
    const int axis = static_cast<int>(draw.integer(0, made.data.rank() - 1));
    made.axis = draw.coin() ? axis : axis - made.data.rank();
    if (index == 0 || draw.coin(0.25)) return made;
    if (!blocks || draw.coin(0.3)) {
        made.scale = Shape{made.data[axis]};
        return made;
    }
    made.block = draw.integer(1, made.data[axis]);
    std::vector<std::int64_t> dims(made.data.begin(), made.data.end());
    dims[static_cast<std::size_t>(axis)] = (made.data[axis] + made.block - 1) / made.block;
    made.scale = Shape(dims);
    return made;
}

void name(Case& made, const Grid& grid) {
    if (grid.scale.rank() > 0) made.attributes["axis"] = grid.axis;
    if (grid.block > 0) made.attributes["block_size"] = grid.block;
}

Case quantize(Draw& draw, int index, DataType type, bool blocks) {
    const Grid chosen = grid(draw, index, blocks);
    Case made;
    name(made, chosen);
    made.inputs = {draw.floats(chosen.data, -12, 12), draw.floats(chosen.scale, 0.05, 2)};
    const bool isSmallFloat = tensor::isMinifloat(type);
    if (isSmallFloat || draw.coin(0.7)) made.inputs.push_back(draw.tensor(type, chosen.scale, 0, isSmallFloat ? 0 : 3));
    else made.attributes["output_dtype"] = std::int64_t{tensor::onnxNumber(type)};
    return made;
}

Case quantizeFloat8(Draw& draw, int index) { return quantize(draw, index, float8(draw), false); }

Case quantizeBlocks(Draw& draw, int index) {
    return quantize(draw, index,
                    draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int4, DataType::UInt4}), true);
}

Case dequantize(Draw& draw, int index, DataType type, bool blocks) {
    const Grid chosen = grid(draw, index, blocks);
    const bool isSigned = type == DataType::Int8 || type == DataType::Int16 || type == DataType::Int4 || type == DataType::Int32;
    Case made;
    name(made, chosen);
    const double high = tensor::isMinifloat(type) ? 100 : 7;
    made.inputs = {draw.tensor(type, chosen.data, isSigned || tensor::isMinifloat(type) ? -high : 0, high),
                   draw.floats(chosen.scale, 0.05, 2)};
    if (type != DataType::Int32 && draw.coin())
        made.inputs.push_back(draw.tensor(type, chosen.scale, 0, tensor::isMinifloat(type) ? 0 : 3));
    return made;
}

Case dequantizeFloat8(Draw& draw, int index) { return dequantize(draw, index, float8(draw), false); }

Case dequantizeBlocks(Draw& draw, int index) {
    return dequantize(
        draw, index,
        draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int32, DataType::Int4, DataType::UInt4}),
        true);
}

}  // namespace

std::vector<Suite> numberFormatSuites() {
    return {
        {.op = "Cast", .version = 19, .draw = castFloat8},
        {.op = "Cast", .version = 21, .draw = castFourBits},
        {.op = "QuantizeLinear", .version = 19, .draw = quantizeFloat8},
        {.op = "QuantizeLinear", .version = 21, .draw = quantizeBlocks},
        {.op = "DequantizeLinear", .version = 19, .draw = dequantizeFloat8},
        {.op = "DequantizeLinear", .version = 21, .draw = dequantizeBlocks},
    };
}

}  // namespace trimtab::operators
