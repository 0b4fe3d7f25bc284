// Cast, CastLike, QuantizeLinear and DequantizeLinear with the attributes and formats of opsets 19 to 25.
#include <cmath>
#include <limits>

#include "core/tensor/convert.h"
#include "tests/operators/small_format.h"
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Shape shapeOf(Draw& draw, int index) {
    if (index == 0) return Shape{0, 3};
    if (index == 1) return Shape{};
    return draw.shape(static_cast<int>(draw.integer(1, 4)));
}

DataType float8(Draw& draw) {
    return draw.pick({DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2, DataType::Float8E5M2FNUZ});
}
DataType wideFloat(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16}); }

Tensor ofDoubles(DataType type, const Shape& shape, const std::vector<double>& values) {
    return *tensor::convert(Tensor::fromValues(DataType::Float64, shape, values), type);
}

/// Every code of the type is as likely as any other.
Tensor anyCodes(Draw& draw, DataType type, const Shape& shape) {
    std::vector<unsigned> codes(static_cast<std::size_t>(shape.elementCount()));
    for (unsigned& code : codes) code = static_cast<unsigned>(draw.integer(0, (1 << tensor::bitWidth(type)) - 1));
    return ofCodes(type, shape, codes);
}

/// Magnitudes over many powers of two around `middle`, with the numbers that formats treat apart between them.
Tensor spread(Draw& draw, DataType type, const Shape& shape, int lowest, int highest, bool isSigned, bool hasSpecial) {
    std::vector<double> values(static_cast<std::size_t>(shape.elementCount()));
    for (double& value : values) {
        value = std::ldexp(draw.real(1, 2), static_cast<int>(draw.integer(lowest, highest)));
        if (draw.coin(0.3)) value = std::ldexp(static_cast<double>(draw.integer(2, 8)) / 4, static_cast<int>(draw.integer(lowest, highest)));
        if (isSigned && draw.coin()) value = -value;
        if (hasSpecial && draw.coin(0.15)) value = isSigned ? draw.pick({kInfinity, -kInfinity, kNaN, 0.0}) : draw.pick({kNaN, 0.0});
    }
    return ofDoubles(type, shape, values);
}

std::vector<double> halved(std::vector<double> values) {
    for (double& value : values) value /= 2;
    return values;
}

/// The target as Cast's attribute or as CastLike's second input.
Case casting(Draw& draw, Tensor from, DataType to, bool like) {
    Case made;
    made.inputs = {std::move(from)};
    if (like) made.inputs.push_back(*Tensor::zeros(to, draw.shape(1)));
    else made.attributes["to"] = std::int64_t{tensor::onnxNumber(to)};
    return made;
}

DataType targetOf(const Case& drawn) {
    if (drawn.inputs.size() > 1) return drawn.inputs[1].type();
    return *tensor::dataTypeFromOnnx(std::get<std::int64_t>(drawn.attributes.at("to")));
}

/// To float8 from far beyond its range, infinities and NaN included, saturating and not; and back from every code. `kHighest`: the powers of
/// two go up to it. ONNX Runtime makes NaN of numbers from 61440 to 65536 in float8e5m2, where it should make infinity.
template <bool kLike, int kHighest>
Case castFloat8(Draw& draw, int index) {
    const DataType small = float8(draw), wide = wideFloat(draw);
    const Shape shape = shapeOf(draw, index);
    if (draw.coin(0.3)) return casting(draw, anyCodes(draw, small, shape), wide, kLike);
    Case made = casting(draw, spread(draw, wide, shape, -20, kHighest, true, true), small, kLike);
    if (draw.coin(0.7)) made.attributes["saturate"] = draw.integer(0, 1);
    return made;
}

/// Within the range: what lies beyond it is nowhere defined. Halves, which `kTies` draws, go to the even number; ONNX Runtime's go away from 0.
template <DataType kSigned, DataType kUnsigned, bool kLike, bool kTies>
Case castPacked(Draw& draw, int index) {
    const DataType small = draw.pick({kSigned, kUnsigned});
    const DataType wide = kTies ? draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16, DataType::Float64})
                                : draw.pick({DataType::Float32, DataType::Float64, DataType::Int8, DataType::UInt8, DataType::Int16,
                                             DataType::Int32, DataType::Int64, DataType::Bool});
    const Shape shape = shapeOf(draw, index);
    if (draw.coin()) {
        const bool fits = small == kUnsigned || wide != DataType::UInt8;
        return casting(draw, fits ? anyCodes(draw, small, shape) : anyCodes(draw, kUnsigned, shape), wide, kLike);
    }
    const double high = std::ldexp(1.0, tensor::bitWidth(small) - (small == kSigned ? 1 : 0)) - 1;
    if (kTies) {
        const double low = small == kSigned ? -high - 1 : 0;
        return casting(draw, ofDoubles(wide, shape, halved(valuesOf(draw.tensor(DataType::Int8, shape, 2 * low, 2 * high)))), small, kLike);
    }
    return casting(draw, draw.tensor(wide, shape, small == kSigned && wide != DataType::UInt8 ? -high - 1 : 0, high), small, kLike);
}

template <bool kLike>
Case castFloat4(Draw& draw, int index) {
    const DataType wide = draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16, DataType::Float64});
    const Shape shape = shapeOf(draw, index);
    if (draw.coin(0.3)) return casting(draw, anyCodes(draw, DataType::Float4E2M1, shape), wide, kLike);
    return casting(draw, spread(draw, wide, shape, -4, 4, true, true), DataType::Float4E2M1, kLike);
}

/// Positive numbers: what negative ones become is open.
template <bool kLike>
Case castScale(Draw& draw, int index) {
    const DataType wide = wideFloat(draw);
    const Shape shape = shapeOf(draw, index);
    if (draw.coin(0.2)) {
        const DataType any = draw.pick({DataType::Float32, DataType::BFloat16});
        return casting(draw, anyCodes(draw, DataType::Float8E8M0, shape), any, kLike);
    }
    const int reach = wide == DataType::Float16 ? 13 : 100;
    Case made = casting(draw, spread(draw, wide, shape, -reach, reach, false, true), DataType::Float8E8M0, kLike);
    if (draw.coin(0.8)) made.attributes["round_mode"] = draw.pick<std::string>({"up", "down", "nearest"});
    if (draw.coin(0.3)) made.attributes["saturate"] = std::int64_t{1};
    return made;
}

/// A narrow type between two casts of its version: ONNX Runtime has it inside a model, but lets no tensor of it in or out.
template <bool kLike>
Case thereAndBack(Draw& draw, int version, const Tensor& from, DataType narrow, Attributes attributes) {
    Wiring wiring(version);
    Case made;
    const ValueId x = wiring.input(made, from);
    ValueId inside = 0;
    if (kLike) {
        const ValueId target = wiring.node("Cast", {x}, {{"to", std::int64_t{tensor::onnxNumber(narrow)}}});
        inside = wiring.node("CastLike", {x, target}, std::move(attributes));
    } else {
        attributes["to"] = std::int64_t{tensor::onnxNumber(narrow)};
        inside = wiring.node("Cast", {x}, std::move(attributes));
    }
    wiring.output(wiring.node("Cast", {inside}, {{"to", std::int64_t{tensor::onnxNumber(draw.pick({DataType::Float32, DataType::Float64}))}}}));
    return wiring.finished(std::move(made));
}

template <bool kLike>
Case scaleThereAndBack(Draw& draw, int index) {
    const DataType wide = wideFloat(draw);
    const int reach = wide == DataType::Float16 ? 13 : 100;
    Attributes attributes;
    // ONNX Runtime's CastLike loses the attribute.
    if (!kLike && draw.coin(0.8)) attributes["round_mode"] = draw.pick<std::string>({"up", "down", "nearest"});
    return thereAndBack<kLike>(draw, 25, spread(draw, wide, shapeOf(draw, index), -reach, reach, false, true), DataType::Float8E8M0, attributes);
}

template <bool kLike>
Case twoBitsThereAndBack(Draw& draw, int index) {
    const DataType narrow = draw.pick({DataType::Int2, DataType::UInt2});
    const DataType wide = draw.pick({DataType::Float32, DataType::Float64, DataType::Int8, DataType::Int32, DataType::Int64});
    const double low = narrow == DataType::Int2 ? -2 : 0;
    return thereAndBack<kLike>(draw, 25, draw.tensor(wide, shapeOf(draw, index), low, low + 3), narrow, {});
}

std::string text(const Case& drawn, const std::string& key, const std::string& fallback) {
    const auto found = drawn.attributes.find(key);
    return found == drawn.attributes.end() ? fallback : std::get<std::string>(found->second);
}
std::int64_t number(const Case& drawn, const std::string& key, std::int64_t fallback) {
    const auto found = drawn.attributes.find(key);
    return found == drawn.attributes.end() ? fallback : std::get<std::int64_t>(found->second);
}

/// Narrow types by search; wide ones hold every narrow value.
Tensors castStatement(const Case& drawn) {
    const DataType to = targetOf(drawn);
    const std::vector<double> values = valuesOf(drawn.inputs[0]);
    if (tensor::bitWidth(to) > 8) return {ofDoubles(to, drawn.inputs[0].shape(), values)};
    std::vector<unsigned> codes;
    for (const double value : values)
        codes.push_back(to == DataType::Bool ? (value != 0 ? 1U : 0U) : encoded(to, value, text(drawn, "round_mode", "up"), number(drawn, "saturate", 1) != 0));
    return {ofCodes(to, drawn.inputs[0].shape(), codes)};
}

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

bool isFloating(DataType type) { return tensor::isMinifloat(type); }

/// The zero point, which floating codes have as zeros alone, or the attribute output_dtype in its place.
void addCodeType(Draw& draw, Case& made, DataType type, const Shape& scale, bool takesAttribute) {
    const auto zeros = isFloating(type) ? *Tensor::zeros(type, scale)
                                        : draw.tensor(type, scale, 0, std::min(std::ldexp(1.0, tensor::bitWidth(type) - 1) - 1, 20.0));
    if (takesAttribute && draw.coin(0.4)) made.attributes["output_dtype"] = std::int64_t{tensor::onnxNumber(type)};
    else made.inputs.push_back(zeros);
}

Case quantize(Draw& draw, int index, DataType x, DataType scale, DataType code, int version) {
    const Grid grid = gridOf(draw, index, version >= 21);
    Case made = onGrid(grid);
    const double reach = x == DataType::Int32 ? 40 : 12;
    Tensor scales = scale == DataType::Float8E8M0 ? ofCodes(scale, grid.scale, std::vector<unsigned>(static_cast<std::size_t>(grid.scale.elementCount()), 127))
                                                  : draw.tensor(scale, grid.scale, 0.3, 3);
    if (scale == DataType::Float8E8M0) {
        std::vector<unsigned> codes = codesOf(scales);
        for (unsigned& each : codes) each = static_cast<unsigned>(draw.integer(124, 129));
        scales = ofCodes(scale, grid.scale, codes);
    }
    made.inputs = {draw.tensor(x, grid.data, -reach, reach), scales};
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

/// 16-bit inputs and scales of their own type, and int32 inputs.
Case quantizeHalves(Draw& draw, int index) {
    const DataType x = draw.pick({DataType::Float16, DataType::BFloat16});
    return quantize(draw, index, x, x, draw.coin() ? float8(draw) : wholeCode(draw), 21);
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
    const DataType code = isFour ? DataType::Float4E2M1 : kVersion >= 25 && draw.coin(0.4) ? draw.pick({DataType::Int2, DataType::UInt2}) : wholeCode(draw);
    Case made = quantize(draw, index, x, scale, code, kVersion);
    if (isScale || draw.coin()) made.attributes["precision"] = std::int64_t{tensor::onnxNumber(isScale ? DataType::Float32 : wideFloat(draw))};
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
        const double value = isFloating(code) ? quotients[i] : std::nearbyint(quotients[i]) + zeros[places[i]];
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
    if (scale == DataType::Float8E8M0) {
        std::vector<unsigned> codes(static_cast<std::size_t>(grid.scale.elementCount()));
        for (unsigned& each : codes) each = static_cast<unsigned>(draw.integer(120, 132));
        made.inputs.push_back(ofCodes(scale, grid.scale, codes));
    } else {
        made.inputs.push_back(draw.tensor(scale, grid.scale, 0.05, 2));
    }
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

using Drawing = Case (*)(Draw&, int);

Suite held(std::string op, int version, Drawing draw, std::string part) {
    return {.op = std::move(op), .version = version, .draw = draw, .relative = 0, .absolute = 0, .cases = 40, .part = std::move(part)};
}

Suite stated(std::string op, int version, Drawing draw, std::string part, Statement statement, std::string why) {
    Suite made = held(std::move(op), version, draw, std::move(part));
    made.statement = std::move(statement);
    made.why = std::move(why);
    return made;
}

constexpr auto kInt4 = DataType::Int4, kUInt4 = DataType::UInt4, kInt2 = DataType::Int2, kUInt2 = DataType::UInt2;

/// `kLike`: of CastLike.
template <bool kLike>
void addCasts(std::vector<Suite>& suites) {
    const std::string op = kLike ? "CastLike" : "Cast";
    const auto state = [&](int version, Drawing draw, std::string part, std::string why) {
        suites.push_back(stated(op, version, draw, std::move(part), castStatement, std::move(why)));
    };
    for (const int version : {19, 21, 23, 24, 25}) {
        suites.push_back(held(op, version, castFloat8<kLike, 14>, "saturate"));
        state(version, castFloat8<kLike, 15>, "saturate, to 65536", "ONNX Runtime makes NaN of what is just beyond float8e5m2");
        if (version < 21) continue;
        suites.push_back(held(op, version, castPacked<kInt4, kUInt4, kLike, false>, "four bits"));
        state(version, castPacked<kInt4, kUInt4, kLike, true>, "four bits, ties", "ONNX Runtime rounds halves away from 0");
        if (version < 23) continue;
        state(version, castFloat4<kLike>, "float4e2m1", "ONNX Runtime has no kernel of float4e2m1");
        if (version < 24) continue;
        state(version, castScale<kLike>, "round_mode", "ONNX Runtime's interface passes no tensors of float8e8m0");
        suites.push_back(held(op, version, scaleThereAndBack<kLike>, "round_mode, and back"));
    }
    state(25, castPacked<kInt2, kUInt2, kLike, false>, "two bits", "ONNX Runtime's interface passes no tensors of two-bit integers");
    state(25, castPacked<kInt2, kUInt2, kLike, true>, "two bits, ties", "ONNX Runtime's interface passes no tensors of two-bit integers");
    suites.push_back(held(op, 25, twoBitsThereAndBack<kLike>, "two bits, and back"));
}

}  // namespace

std::vector<Suite> narrowFormatSuites() {
    std::vector<Suite> suites;
    addCasts<false>(suites);
    addCasts<true>(suites);
    const std::string noKernel = "ONNX Runtime has no kernel of bfloat16, float4e2m1, float8e8m0, two bits, or of different types";
    const std::string cutsOff = "ONNX Runtime has no kernel of bfloat16, and cuts quotients of float16 off where it should round them";
    suites.push_back(held("QuantizeLinear", 19, quantizeUnsaturated, "saturate"));
    suites.push_back(stated("QuantizeLinear", 21, quantizeHalves, "16 bits", quantizeStatement<true>, cutsOff));
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
