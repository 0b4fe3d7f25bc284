// Optionals around tensors and sequences, and what asks them.
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

DataType elementType(Draw& draw) {
    return draw.pick({DataType::Float32, DataType::Float16, DataType::Float64, DataType::Int8, DataType::UInt8, DataType::Int16,
                      DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64, DataType::UInt64, DataType::Bool});
}

/// A tensor that enters the model, or a sequence of `count` of them; `count` 0 is the tensor.
ValueId content(Draw& draw, Wiring& wiring, Case& made, std::int64_t count, bool isEmpty) {
    const DataType type = elementType(draw);
    std::vector<ValueId> parts;
    for (std::int64_t i = 0; i < std::max<std::int64_t>(count, 1); ++i) {
        const Shape shape = isEmpty && i == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 3)), 1, 4);
        parts.push_back(wiring.input(made, draw.tensor(type, shape, 0, 9)));
    }
    return count == 0 ? parts[0] : wiring.node("SequenceConstruct", parts);
}

void outputContent(Wiring& wiring, ValueId id, std::int64_t count) {
    if (count == 0) wiring.output(wiring.node("Identity", {id}));
    else wiring.outputSequence(id, count);
}

/// What was put in comes out; an optional that was made in a branch too.
Case wrapped(Draw& draw, int index) {
    Wiring wiring(15);
    Case made;
    const std::int64_t count = draw.integer(0, 3);
    const ValueId optional = wiring.node("Optional", {content(draw, wiring, made, count, index == 0)});
    wiring.output(wiring.node("OptionalHasElement", {optional}));
    outputContent(wiring, wiring.node("OptionalGetElement", {optional}), count);
    return wiring.finished(std::move(made));
}

/// Since opset 18 a tensor or a sequence is its own element.
template <int kVersion>
Case element(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const std::int64_t count = draw.integer(0, 3);
    ValueId held = content(draw, wiring, made, count, index == 0);
    if (kVersion < 18 || draw.coin()) held = wiring.node("Optional", {held});
    outputContent(wiring, wiring.node("OptionalGetElement", {held}), count);
    return wiring.finished(std::move(made));
}

/// Since opset 18 tensors and sequences hold themselves, and an input that is left out holds nothing.
template <int kVersion>
Case hasElement(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    ValueId held = content(draw, wiring, made, draw.integer(0, 3), index == 0);
    if (kVersion < 18 || draw.coin()) held = wiring.node("Optional", {held});
    std::vector<ValueId> inputs{held};
    if (kVersion >= 18 && draw.coin(0.3)) inputs = draw.coin() ? std::vector<ValueId>{} : std::vector<ValueId>{graph::kNoValue};
    wiring.output(wiring.node("OptionalHasElement", inputs));
    return wiring.finished(std::move(made));
}

/// One of two optionals, chosen by a condition; the other holds nothing.
Case perhapsEmpty(Draw& draw, int index) {
    Wiring wiring(16);
    Case made;
    const bool holds = index == 0 || (index != 1 && draw.coin());
    const ValueId condition = wiring.input(made, Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {std::uint8_t{holds}}));
    const ValueId inside = wiring.input(made, draw.floats(draw.shape(2)));
    Wiring full(16, "full_"), none(16, "none_");
    full.output(full.node("Optional", {full.captured(wiring, inside)}));
    none.output(none.node("Optional", {}));
    const ValueId chosen = wiring.node("If", {condition}, {{"then_branch", full.body()}, {"else_branch", none.body()}});
    wiring.output(wiring.node("OptionalHasElement", {chosen}));
    return wiring.finished(std::move(made));
}

Tensors perhapsEmptyStatement(const Case& drawn) { return {drawn.inputs[0]}; }

}  // namespace

std::vector<Suite> optionalSuites() {
    const auto exact = [](std::string op, int version, Case (*draw)(Draw&, int)) {
        return Suite{.op = std::move(op), .version = version, .draw = draw, .relative = 0, .absolute = 0, .cases = 30};
    };
    Suite empty = exact("Optional", 16, perhapsEmpty);
    empty.statement = perhapsEmptyStatement;
    empty.why = "a graph does not keep the attribute type, without which ONNX Runtime makes no empty optional";
    empty.part = "empty ones";
    return {
        exact("Optional", 15, wrapped),
        empty,
        exact("OptionalGetElement", 15, element<15>),
        exact("OptionalGetElement", 18, element<18>),
        exact("OptionalHasElement", 15, hasElement<15>),
        exact("OptionalHasElement", 18, hasElement<18>),
    };
}

}  // namespace trimtab::operators
