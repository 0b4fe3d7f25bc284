// Cast and CastLike with the attributes and formats of opsets 19 to 25.
#include "tests/operators/suites/formats/narrow_draws.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

Shape shapeOf(Draw& draw, int index) {
    if (index == 0) return Shape{0, 3};
    if (index == 1) return Shape{};
    return draw.shape(static_cast<int>(draw.integer(1, 4)));
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

/// To float8 from far beyond its range, infinities and NaN included, saturating and not; and back from every code. `kHighest`: the powers
/// of two go up to it. ONNX Runtime makes NaN of numbers from 61440 to 65536 in float8e5m2, where it should make infinity.
template <bool kLike, int kHighest>
Case castFloat8(Draw& draw, int index) {
    const DataType small = float8(draw), wide = wideFloat(draw);
    const Shape shape = shapeOf(draw, index);
    if (draw.coin(0.3)) return casting(draw, anyCodes(draw, small, shape), wide, kLike);
    Case made = casting(draw, spread(draw, wide, shape, -20, kHighest, true, true), small, kLike);
    if (draw.coin(0.7)) made.attributes["saturate"] = draw.integer(0, 1);
    return made;
}

/// Within the range: what lies beyond it is nowhere defined. Halves, which `kTies` draws, go to the even number; ONNX Runtime's go away
/// from 0.
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
    const DataType back = draw.pick({DataType::Float32, DataType::Float64});
    wiring.output(wiring.node("Cast", {inside}, {{"to", std::int64_t{tensor::onnxNumber(back)}}}));
    return wiring.finished(std::move(made));
}

template <bool kLike, int kVersion>
Case scaleThereAndBack(Draw& draw, int index) {
    const DataType wide = wideFloat(draw);
    const int reach = wide == DataType::Float16 ? 13 : 100;
    Attributes attributes;
    // ONNX Runtime's CastLike loses the attribute.
    if (!kLike && draw.coin(0.8)) attributes["round_mode"] = draw.pick<std::string>({"up", "down", "nearest"});
    const Tensor from = spread(draw, wide, shapeOf(draw, index), -reach, reach, false, true);
    return thereAndBack<kLike>(draw, kVersion, from, DataType::Float8E8M0, attributes);
}

template <bool kLike>
Case twoBitsThereAndBack(Draw& draw, int index) {
    const DataType narrow = draw.pick({DataType::Int2, DataType::UInt2});
    const DataType wide = draw.pick({DataType::Float32, DataType::Float64, DataType::Int8, DataType::Int32, DataType::Int64});
    const double low = narrow == DataType::Int2 ? -2 : 0;
    return thereAndBack<kLike>(draw, 25, draw.tensor(wide, shapeOf(draw, index), low, low + 3), narrow, {});
}

/// Narrow types by search; wide ones hold every narrow value.
Tensors castStatement(const Case& drawn) {
    const DataType to = targetOf(drawn);
    const std::vector<double> values = valuesOf(drawn.inputs[0]);
    if (tensor::bitWidth(to) > 8) return {ofDoubles(to, drawn.inputs[0].shape(), values)};
    const std::string mode = text(drawn, "round_mode", "up");
    const bool saturates = number(drawn, "saturate", 1) != 0;
    std::vector<unsigned> codes;
    for (const double value : values)
        codes.push_back(to == DataType::Bool ? (value != 0 ? 1U : 0U) : encoded(to, value, mode, saturates));
    return {ofCodes(to, drawn.inputs[0].shape(), codes)};
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
        const auto around = version == 24 ? scaleThereAndBack<kLike, 24> : scaleThereAndBack<kLike, 25>;
        suites.push_back(held(op, version, around, "round_mode, and back"));
    }
    state(25, castPacked<kInt2, kUInt2, kLike, false>, "two bits", "ONNX Runtime's interface passes no tensors of two-bit integers");
    state(25, castPacked<kInt2, kUInt2, kLike, true>, "two bits, ties", "ONNX Runtime's interface passes no tensors of two-bit integers");
    suites.push_back(held(op, 25, twoBitsThereAndBack<kLike>, "two bits, and back"));
}

}  // namespace

std::vector<Suite> narrowCastSuites() {
    std::vector<Suite> suites;
    addCasts<false>(suites);
    addCasts<true>(suites);
    return suites;
}

}  // namespace trimtab::operators
