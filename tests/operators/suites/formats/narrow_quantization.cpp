// QuantizeLinear and DequantizeLinear with the attributes and formats of opsets 19 to 25.
#include <algorithm>

#include "tests/operators/suites/formats/narrow_draws.h"

namespace trimtab::operators {
namespace {

/// Scales per tensor, per index of an axis, or (from opset 21) per block along one.
struct Grid {
    Shape data, scale;
    std::int64_t axis = 1, block = 0;
};

Grid gridOf(Draw& draw, int index, bool blocks) {
    Grid made;
    made.data = index == 0 ? Shape{2, 0, 3} : draw.shape(static_cast<int>(draw.integer(2, 4)), 1, 6);
    const int axis = static_cast<int>(draw.integer(0, made.data.rank() - 1));
    made.axis = draw.coin() ? axis : axis - made.data.rank();
    if (index == 0 || draw.coin(0.25)) return made;
    made.scale = Shape{made.data[axis]};
    if (!blocks || draw.coin(0.3)) return made;
    made.block = draw.integer(1, made.data[axis]);
    made.scale = made.data;
    made.scale[axis] = (made.data[axis] + made.block - 1) / made.block;
    return made;
}

Case onGrid(const Grid& grid) {
    Case made;
    if (grid.scale.rank() > 0) made.attributes["axis"] = grid.axis;
    if (grid.block > 0) made.attributes["block_size"] = grid.block;
    return made;
}

/// The flat index into the scales of each flat index into the data.
std::vector<std::size_t> scalePlaces(const Case& drawn) {
    const Shape &data = drawn.inputs[0].shape(), &scale = drawn.inputs[1].shape();
    const std::int64_t given = number(drawn, "axis", 1), block = std::max<std::int64_t>(number(drawn, "block_size", 0), 1);
    const int axis = static_cast<int>(given < 0 ? given + data.rank() : given);
    std::vector<std::size_t> places;
    for (std::int64_t i = 0; i < data.elementCount(); ++i) {
        std::vector<std::int64_t> at(static_cast<std::size_t>(data.rank()));
        std::int64_t rest = i, place = 0;
        for (int d = data.rank(); d-- > 0; rest /= data[d]) at[static_cast<std::size_t>(d)] = rest % data[d];
        if (scale.rank() == 1) place = at[static_cast<std::size_t>(axis)];
        for (int d = 0; scale.rank() > 1 && d < scale.rank(); ++d)
            place = place * scale[d] + at[static_cast<std::size_t>(d)] / (d == axis ? block : 1);
        places.push_back(static_cast<std::size_t>(scale.elementCount() == 1 ? 0 : place));
    }
    return places;
}

/// The zero point, which floating codes have as zeros alone, or the attribute output_dtype in its place.
void addCodeType(Draw& draw, Case& made, DataType type, const Shape& scale, bool takesAttribute) {
    const auto zeros = isMinifloat(type) ? *Tensor::zeros(type, scale)
                                        : draw.tensor(type, scale, 0, std::min(std::ldexp(1.0, tensor::bitWidth(type) - 1) - 1, 20.0));
    if (takesAttribute && draw.coin(0.4)) made.attributes["output_dtype"] = std::int64_t{tensor::onnxNumber(type)};
    else made.inputs.push_back(zeros);
}

/// In low…high; of float8e8m0, the powers of two around.
Tensor scaleTensor(Draw& draw, DataType type, const Shape& shape, double low, double high) {
    if (type != DataType::Float8E8M0) return draw.tensor(type, shape, low, high);
    std::vector<unsigned> codes(static_cast<std::size_t>(shape.elementCount()));
    const std::int64_t first = 127 + std::lround(std::log2(low)), last = 127 + std::lround(std::log2(high));
    for (unsigned& code : codes) code = static_cast<unsigned>(draw.integer(first, last));
    return ofCodes(type, shape, codes);
}

Case quantize(Draw& draw, int index, DataType x, DataType scale, DataType code, int version) {
    const Grid grid = gridOf(draw, index, version >= 21);
    Case made = onGrid(grid);
    const double reach = x == DataType::Int32 ? 40 : 12;
    made.inputs = {draw.tensor(x, grid.data, -reach, reach), scaleTensor(draw, scale, grid.scale, 0.3, 3)};
    addCodeType(draw, made, code, grid.scale, version >= 21);
    return made;
}

/// float8 that does not saturate: values up to a hundred times the largest.
Case quantizeUnsaturated(Draw& draw, int index) {
    Case made = quantize(draw, index, DataType::Float32, DataType::Float32, float8(draw), 19);
    made.inputs[0] = spread(draw, DataType::Float32, made.inputs[0].shape(), -12, 18, true, false);
    made.attributes["saturate"] = draw.integer(0, 1);
    return made;
}

DataType wholeCode(Draw& draw) {
    return draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int4, DataType::UInt4});
}

/// 16-bit inputs and scales of their own type.
Case quantizeHalves(Draw& draw, int index) {
    const DataType x = draw.pick({DataType::Float16, DataType::BFloat16});
    return quantize(draw, index, x, x, draw.coin() ? float8(draw) : wholeCode(draw), 21);
}

/// int32 inputs with int32 scales, whose quotients are real numbers.
Case quantizeWhole(Draw& draw, int index) {
    Case made = quantize(draw, index, DataType::Int32, DataType::Float32, wholeCode(draw), 21);
    made.inputs[1] = draw.tensor(DataType::Int32, made.inputs[1].shape(), 2, 9);
    return made;
}

/// float32 and float16 throughout, which ONNX Runtime has kernels of. Integer codes from float32 alone: it cuts quotients of float16 off.
/// Since opset 23 nothing from float16: the quotient is to be one of float16, and ONNX Runtime's is one of float32.
template <int kVersion>
Case quantizeAsRun(Draw& draw, int index) {
    const DataType x = kVersion < 23 ? draw.pick({DataType::Float32, DataType::Float16}) : DataType::Float32;
    return quantize(draw, index, x, x, x == DataType::Float16 || draw.coin(0.3) ? float8(draw) : wholeCode(draw), kVersion);
}

/// Since opset 23 x and scale differ in type, and attribute precision names the type of the quotient.
template <int kVersion>
Case quantizeMixed(Draw& draw, int index) {
    const DataType x = draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16, DataType::Int32});
    const bool isScale = kVersion >= 24 && draw.coin(0.3);
    const DataType scale = isScale ? DataType::Float8E8M0 : wideFloat(draw);
    const bool isFour = draw.coin(0.3);
    const bool isTwo = kVersion >= 25 && draw.coin(0.4);
    const DataType code = isFour ? DataType::Float4E2M1 : isTwo ? draw.pick({DataType::Int2, DataType::UInt2}) : wholeCode(draw);
    Case made = quantize(draw, index, x, scale, code, kVersion);
    const DataType precision = isScale ? DataType::Float32 : wideFloat(draw);
    if (isScale || draw.coin()) made.attributes["precision"] = std::int64_t{tensor::onnxNumber(precision)};
    return made;
}

/// The quotient in the scale's type, or in what attribute precision names, or (before opset 23) in float32; then the code nearest to it.
template <bool kInFloat32>
Tensors quantizeStatement(const Case& drawn) {
    const std::int64_t named = number(drawn, "precision", 0), output = number(drawn, "output_dtype", 0);
    const DataType precision = named != 0 ? *tensor::dataTypeFromOnnx(named) : kInFloat32 ? DataType::Float32 : drawn.inputs[1].type();
    const DataType code = drawn.inputs.size() > 2 ? drawn.inputs[2].type() : *tensor::dataTypeFromOnnx(output);
    const std::vector<double> x = valuesOf(drawn.inputs[0]), scales = valuesOf(drawn.inputs[1]);
    const std::vector<double> zeros = drawn.inputs.size() > 2 ? valuesOf(drawn.inputs[2]) : std::vector<double>(scales.size(), 0.0);
    const std::vector<std::size_t> places = scalePlaces(drawn);
    std::vector<double> quotients;
    for (std::size_t i = 0; i < x.size(); ++i) quotients.push_back(x[i] / scales[places[i]]);
    quotients = valuesOf(ofDoubles(precision, drawn.inputs[0].shape(), quotients));
    std::vector<unsigned> codes;
    std::vector<double> wide;
    const double span = std::ldexp(1.0, tensor::bitWidth(code)), low = code == DataType::Int16 ? -span / 2 : 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double value = isMinifloat(code) ? quotients[i] : std::nearbyint(quotients[i]) + zeros[places[i]];
        if (tensor::bitWidth(code) <= 8) codes.push_back(encoded(code, value, "up", number(drawn, "saturate", 1) != 0));
        else wide.push_back(std::min(std::max(value, low), low + span - 1));
    }
    if (tensor::bitWidth(code) <= 8) return {ofCodes(code, drawn.inputs[0].shape(), codes)};
    return {ofDoubles(code, drawn.inputs[0].shape(), wide)};
}

Case dequantize(Draw& draw, int index, DataType code, DataType scale, int version) {
    const Grid grid = gridOf(draw, index, version >= 21);
    Case made = onGrid(grid);
    const bool isNarrow = tensor::bitWidth(code) <= 8;
    const double low = code == DataType::UInt16 ? 0 : -900;
    made.inputs = {isNarrow ? anyCodes(draw, code, grid.data) : draw.tensor(code, grid.data, low, 900)};
    made.inputs.push_back(scaleTensor(draw, scale, grid.scale, 0.05, 2));
    if (code != DataType::Int32 && draw.coin()) addCodeType(draw, made, code, grid.scale, false);
    return made;
}

DataType readCode(Draw& draw, int version) {
    if (draw.coin(0.3)) return float8(draw);
    if (version >= 25 && draw.coin(0.4)) return draw.pick({DataType::Int2, DataType::UInt2});
    return draw.coin(0.2) ? DataType::Int32 : wholeCode(draw);
}

/// float32 and float16 throughout, and codes that ONNX Runtime takes.
template <int kVersion>
Case dequantizeAsRun(Draw& draw, int index) {
    return dequantize(draw, index, readCode(draw, 21), draw.pick({DataType::Float32, DataType::Float16}), kVersion);
}

/// Since opset 23 float4e2m1 codes and attribute output_dtype; since 24 scales of float8e8m0; since 25 two-bit integers.
template <int kVersion>
Case dequantizeMixed(Draw& draw, int index) {
    const bool isScale = kVersion >= 24 && draw.coin(0.4);
    const DataType scale = isScale ? DataType::Float8E8M0 : wideFloat(draw);
    Case made = dequantize(draw, index, draw.coin(0.3) ? DataType::Float4E2M1 : readCode(draw, kVersion), scale, kVersion);
    if (isScale || draw.coin()) made.attributes["output_dtype"] = std::int64_t{tensor::onnxNumber(wideFloat(draw))};
    return made;
}

Tensors dequantizeStatement(const Case& drawn) {
    const std::int64_t named = number(drawn, "output_dtype", 0);
    const DataType type = named != 0 ? *tensor::dataTypeFromOnnx(named) : drawn.inputs[1].type();
    const std::vector<double> x = valuesOf(drawn.inputs[0]), scales = valuesOf(drawn.inputs[1]);
    const std::vector<double> zeros = drawn.inputs.size() > 2 ? valuesOf(drawn.inputs[2]) : std::vector<double>(scales.size(), 0.0);
    const std::vector<std::size_t> places = scalePlaces(drawn);
    std::vector<double> values;
    for (std::size_t i = 0; i < x.size(); ++i) values.push_back((x[i] - zeros[places[i]]) * scales[places[i]]);
    return {ofDoubles(type, drawn.inputs[0].shape(), values)};
}

}  // namespace

std::vector<Suite> narrowQuantizationSuites() {
    std::vector<Suite> suites;
    const std::string noKernel = "ONNX Runtime has no kernel of bfloat16, float4e2m1, float8e8m0, two bits, or of different types";
    const std::string cutsOff = "ONNX Runtime has no kernel of bfloat16, and cuts quotients of float16 off where it should round them";
    suites.push_back(held("QuantizeLinear", 19, quantizeUnsaturated, "saturate"));
    suites.push_back(stated("QuantizeLinear", 21, quantizeHalves, "16 bits", quantizeStatement<true>, cutsOff));
    const std::string noWhole = "ONNX Runtime has no kernel of int32 scales";
    suites.push_back(stated("QuantizeLinear", 21, quantizeWhole, "int32", quantizeStatement<true>, noWhole));
    suites.push_back(held("QuantizeLinear", 21, quantizeAsRun<21>, "float16"));
    suites.push_back(held("QuantizeLinear", 23, quantizeAsRun<23>, ""));
    suites.push_back(held("QuantizeLinear", 24, quantizeAsRun<24>, ""));
    suites.push_back(held("QuantizeLinear", 25, quantizeAsRun<25>, ""));
    suites.push_back(stated("QuantizeLinear", 23, quantizeMixed<23>, "precision", quantizeStatement<false>, noKernel));
    suites.push_back(stated("QuantizeLinear", 24, quantizeMixed<24>, "precision", quantizeStatement<false>, noKernel));
    suites.push_back(stated("QuantizeLinear", 25, quantizeMixed<25>, "precision", quantizeStatement<false>, noKernel));
    suites.push_back(held("DequantizeLinear", 21, dequantizeAsRun<21>, "float16"));
    suites.push_back(held("DequantizeLinear", 23, dequantizeAsRun<23>, ""));
    suites.push_back(held("DequantizeLinear", 24, dequantizeAsRun<24>, ""));
    suites.push_back(held("DequantizeLinear", 25, dequantizeAsRun<25>, ""));
    suites.push_back(stated("DequantizeLinear", 23, dequantizeMixed<23>, "output_dtype", dequantizeStatement, noKernel));
    suites.push_back(stated("DequantizeLinear", 24, dequantizeMixed<24>, "output_dtype", dequantizeStatement, noKernel));
    suites.push_back(stated("DequantizeLinear", 25, dequantizeMixed<25>, "output_dtype", dequantizeStatement, noKernel));
    return suites;
}

}  // namespace trimtab::operators
