// Sequences of tensors: made, changed, measured, taken apart and joined.
#include <algorithm>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

DataType elementType(Draw& draw) {
    return draw.pick({DataType::Float32, DataType::Float16, DataType::Float64, DataType::Int8, DataType::UInt8, DataType::Int16,
                      DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64, DataType::UInt64, DataType::Bool});
}

/// Any rank and shape; the first case holds an empty tensor.
Tensor item(Draw& draw, DataType type, bool isEmpty) {
    return draw.tensor(type, isEmpty ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 3)), 1, 4), 0, 9);
}

/// A position in low…high, as int32 or int64.
ValueId position(Draw& draw, Wiring& wiring, Case& made, std::int64_t low, std::int64_t high) {
    const Tensor at = Tensor::fromInt64s(Shape{}, {draw.integer(low, high)});
    return wiring.input(made, *tensor::convert(at, draw.pick({DataType::Int32, DataType::Int64})));
}

/// A sequence of 1…4 tensors that enter the model.
ValueId drawnSequence(Draw& draw, Wiring& wiring, Case& made, DataType type, std::int64_t count, bool isEmpty) {
    std::vector<ValueId> parts;
    for (std::int64_t i = 0; i < count; ++i) parts.push_back(wiring.input(made, item(draw, type, isEmpty && i == 0)));
    return wiring.node("SequenceConstruct", parts);
}

Case construct(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const std::int64_t count = index == 1 ? 1 : draw.integer(1, 4);
    wiring.outputSequence(drawnSequence(draw, wiring, made, elementType(draw), count, index == 0), count);
    return wiring.finished(std::move(made));
}

Case insert(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const DataType type = elementType(draw);
    const std::int64_t count = index == 1 ? 1 : draw.integer(1, 4);
    const ValueId sequence = drawnSequence(draw, wiring, made, type, count, index == 0);
    std::vector<ValueId> inputs{sequence, wiring.input(made, item(draw, type, false))};
    if (draw.coin(0.7)) inputs.push_back(position(draw, wiring, made, -count, count));
    wiring.outputSequence(wiring.node("SequenceInsert", inputs), count + 1);
    return wiring.finished(std::move(made));
}

Case erase(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const std::int64_t count = index == 1 ? 1 : draw.integer(1, 4);
    std::vector<ValueId> inputs{drawnSequence(draw, wiring, made, elementType(draw), count, index == 0)};
    if (draw.coin(0.7)) inputs.push_back(position(draw, wiring, made, -count, count - 1));
    wiring.outputSequence(wiring.node("SequenceErase", inputs), count - 1);
    return wiring.finished(std::move(made));
}

Case itemAt(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const std::int64_t count = index == 1 ? 1 : draw.integer(1, 4);
    const ValueId sequence = drawnSequence(draw, wiring, made, elementType(draw), count, index == 0);
    wiring.output(wiring.node("SequenceAt", {sequence, position(draw, wiring, made, -count, count - 1)}));
    return wiring.finished(std::move(made));
}

/// Of sequences with any number of tensors, none included.
Case length(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const std::int64_t count = draw.integer(1, 5);
    ValueId sequence = drawnSequence(draw, wiring, made, elementType(draw), count, index == 0);
    const std::int64_t erased = index == 1 ? count : draw.integer(0, count);
    for (std::int64_t i = 0; i < erased; ++i) sequence = wiring.node("SequenceErase", {sequence});
    wiring.output(wiring.node("SequenceLength", {sequence}));
    return wiring.finished(std::move(made));
}

/// An empty sequence to which what it is for is added.
Case empty(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const DataType type = index == 1 ? DataType::Float32 : elementType(draw);
    Attributes attributes;
    if (type != DataType::Float32) attributes["dtype"] = std::int64_t{tensor::onnxNumber(type)};
    const ValueId none = wiring.node("SequenceEmpty", {}, attributes);
    wiring.output(wiring.node("SequenceLength", {none}));
    wiring.outputSequence(wiring.node("SequenceInsert", {none, wiring.input(made, item(draw, type, index == 0))}), 1);
    return wiring.finished(std::move(made));
}

/// `kVersion` 11 or 24; the lengths are left out, one number, or a list.
template <int kVersion>
Case split(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    const Shape shape = index == 0 ? Shape{2, 0, 3} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
    const int axis = index == 0 ? 0 : static_cast<int>(draw.integer(0, shape.rank() - 1));
    const std::int64_t whole = shape[axis];
    Attributes attributes;
    if (axis != 0 || draw.coin()) attributes["axis"] = std::int64_t{draw.coin() ? axis : axis - shape.rank()};
    std::vector<ValueId> inputs{wiring.input(made, draw.tensor(type, shape, 0, 9))};
    std::int64_t count = whole;
    const DataType lengths = draw.pick({DataType::Int32, DataType::Int64});
    if (draw.coin(0.35)) {
        const std::int64_t each = draw.integer(1, whole);
        count = (whole + each - 1) / each;
        inputs.push_back(wiring.input(made, *tensor::convert(Tensor::fromInt64s(Shape{}, {each}), lengths)));
    } else if (draw.coin()) {
        Ints parts;
        for (std::int64_t left = whole; left > 0; left -= parts.back()) parts.push_back(draw.integer(1, left));
        count = static_cast<std::int64_t>(parts.size());
        inputs.push_back(wiring.input(made, *tensor::convert(Tensor::fromInt64s(Shape{count}, parts), lengths)));
    }
    // Beside lengths the attribute says nothing by the operator's text; ONNX Runtime drops the axis all the same.
    if (inputs.size() == 1 && draw.coin()) attributes["keepdims"] = draw.integer(0, 1);
    wiring.outputSequence(wiring.node("SplitToSequence", inputs, attributes), count);
    return wiring.finished(std::move(made));
}

/// Along an axis that the tensors have, or along a new one.
Case concat(Draw& draw, int index) {
    Wiring wiring(11);
    Case made;
    const DataType type = elementType(draw);
    const bool isNew = draw.coin();
    const Shape shape = draw.shape(static_cast<int>(isNew ? draw.integer(0, 3) : draw.integer(1, 4)), 1, 4);
    const int rank = shape.rank() + (isNew ? 1 : 0);
    const int axis = static_cast<int>(draw.integer(0, rank - 1));
    Attributes attributes{{"axis", std::int64_t{draw.coin() ? axis : axis - rank}}};
    if (isNew || draw.coin()) attributes["new_axis"] = std::int64_t{isNew ? 1 : 0};
    std::vector<ValueId> parts;
    for (std::int64_t i = 0, count = index == 1 ? 1 : draw.integer(1, 4); i < count; ++i) {
        Shape part = shape;
        if (!isNew) part[axis] = index == 0 && i == 0 ? 0 : draw.integer(1, 4);
        parts.push_back(wiring.input(made, draw.tensor(type, part, 0, 9)));
    }
    wiring.output(wiring.node("ConcatFromSequence", {wiring.node("SequenceConstruct", parts)}, attributes));
    return wiring.finished(std::move(made));
}

/// A body of arithmetic over one or two sequences and a tensor that is given whole, with what it captures and with two results.
Case map(Draw& draw, int index) {
    Wiring wiring(17);
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    const std::int64_t count = index == 1 ? 1 : draw.integer(1, 4);
    const bool hasSecond = draw.coin(), hasWhole = draw.coin(), hasTwoResults = draw.coin();
    std::vector<ValueId> first, second;
    for (std::int64_t i = 0; i < count; ++i) {
        const Shape shape = index == 0 && i == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 3)), 1, 4);
        first.push_back(wiring.input(made, draw.tensor(type, shape, 0, 9)));
        if (hasSecond) second.push_back(wiring.input(made, draw.tensor(type, shape, 0, 9)));
    }
    const ValueId outer = wiring.input(made, draw.tensor(type, Shape{}, 1, 5));
    std::vector<ValueId> inputs{wiring.node("SequenceConstruct", first)};
    Wiring body(17, "body_");
    std::vector<ValueId> formals{body.formal(type)};
    if (hasSecond) inputs.push_back(wiring.node("SequenceConstruct", second)), formals.push_back(body.formal(type));
    if (hasWhole) inputs.push_back(wiring.input(made, draw.tensor(type, Shape{1}, 1, 5))), formals.push_back(body.formal(type));
    ValueId sum = formals[0];
    for (std::size_t i = 1; i < formals.size(); ++i) sum = body.node(i == 1 ? "Mul" : "Add", {sum, formals[i]});
    if (draw.coin()) sum = body.node("Add", {sum, body.captured(wiring, outer)});
    body.output(body.node("Identity", {sum}), type);
    if (hasTwoResults) body.output(body.node("Shape", {formals[0]}), DataType::Int64);
    const auto results = wiring.nodes("SequenceMap", inputs, hasTwoResults ? 2 : 1, {{"body", body.body()}});
    for (const ValueId result : results) wiring.outputSequence(result, count);
    return wiring.finished(std::move(made));
}

}  // namespace

std::vector<Suite> sequenceSuites() {
    const auto exact = [](std::string op, int version, Case (*draw)(Draw&, int)) {
        return Suite{.op = std::move(op), .version = version, .draw = draw, .relative = 0, .absolute = 0, .cases = 30};
    };
    return {
        exact("SequenceConstruct", 11, construct), exact("SequenceInsert", 11, insert),
        exact("SequenceErase", 11, erase),         exact("SequenceAt", 11, itemAt),
        exact("SequenceLength", 11, length),       exact("SequenceEmpty", 11, empty),
        exact("SplitToSequence", 11, split<11>),   exact("SplitToSequence", 24, split<24>),
        exact("ConcatFromSequence", 11, concat),   exact("SequenceMap", 17, map),
    };
}

}  // namespace trimtab::operators
