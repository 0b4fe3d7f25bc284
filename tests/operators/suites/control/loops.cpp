// Loop: how often it goes round, what it carries, what it captures and what it gathers.
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

Tensor boolean(bool value) { return Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {static_cast<std::uint8_t>(value ? 1 : 0)}); }

/// The body's condition: given on unchanged, or true while the round's number is below a limit.
ValueId nextCondition(Wiring& body, ValueId round, ValueId given, std::int64_t limit) {
    if (limit < 0) return body.node("Identity", {given});
    return body.node("Less", {round, body.integer(limit)});
}

/// One carried value's next state.
ValueId nextState(Draw& draw, Wiring& body, ValueId state, ValueId outer, ValueId round, DataType type) {
    switch (draw.integer(0, 3)) {
        case 0: return body.node("Add", {state, outer});
        case 1: return body.node("Identity", {state});
        case 2: return body.node("Sub", {outer, state});
        default: return body.node("Add", {state, body.node("Cast", {round}, {{"to", std::int64_t{tensor::onnxNumber(type)}}})});
    }
}

struct Ends {
    std::int64_t trips;      // −1: the trip count is left out
    std::int64_t limit;      // −1: the body gives its condition on
    int condition;           // −1 left out, 0 false, 1 true
};

/// Some end is always given; the first cases have no round at all.
Ends ends(Draw& draw, int index) {
    if (index == 0) return {0, -1, 1};
    if (index == 1) return {3, -1, 0};
    Ends made{draw.coin(0.7) ? draw.integer(0, 5) : -1, draw.coin(0.5) ? draw.integer(0, 4) : -1, draw.coin(0.7) ? 1 : -1};
    if (made.trips < 0 && made.limit < 0) made.limit = draw.integer(0, 4);
    return made;
}

std::vector<ValueId> leading(Wiring& wiring, Case& made, const Ends& ends) {
    return {ends.trips < 0 ? graph::kNoValue : wiring.input(made, Tensor::fromInt64s(Shape{}, {ends.trips})),
            ends.condition < 0 ? graph::kNoValue : wiring.input(made, boolean(ends.condition == 1))};
}

template <int kVersion>
Case rounds(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    const Ends end = ends(draw, index);
    const Shape shape = index == 2 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 3)), 1, 4);
    std::vector<ValueId> inputs = leading(wiring, made, end);
    const ValueId outer = wiring.input(made, draw.tensor(type, shape, -3, 3));
    Wiring body(kVersion, "body_");
    const ValueId round = body.formalScalar(DataType::Int64), given = body.formalScalar(DataType::Bool);
    const std::int64_t carried = draw.integer(0, 3), gathered = draw.integer(carried == 0 ? 1 : 0, 2);
    std::vector<ValueId> states;
    for (std::int64_t i = 0; i < carried; ++i) {
        inputs.push_back(wiring.input(made, draw.tensor(type, shape, -3, 3)));
        states.push_back(body.formal(type));
    }
    const ValueId seen = body.captured(wiring, outer);
    body.output(nextCondition(body, round, given, end.limit));
    std::vector<ValueId> next;
    for (const ValueId state : states) next.push_back(nextState(draw, body, state, seen, round, type));
    for (const ValueId state : next) body.output(state);
    const bool hasRounds = index > 1 && end.trips != 0 && end.condition != 0;
    for (std::int64_t i = 0; i < gathered; ++i) {
        // Without a round, what is gathered has the extents that the body declares, and none are declared here.
        const ValueId one = !next.empty() && draw.coin() ? next[0] : seen;
        body.output(hasRounds && draw.coin() ? body.node("Mul", {one, one}) : body.node("Identity", {hasRounds ? one : round}));
    }
    const auto results = wiring.nodes("Loop", inputs, static_cast<std::size_t>(carried + gathered), {{"body", body.body()}});
    for (const ValueId result : results) wiring.output(result);
    return wiring.finished(std::move(made));
}

/// A value that grows: each round joins the captured one to it, so that no round's shape is that of the next.
template <int kVersion>
Case growing(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const Ends end = ends(draw, index);
    std::vector<ValueId> inputs = leading(wiring, made, end);
    const std::int64_t width = draw.integer(1, 3);
    const ValueId piece = wiring.input(made, draw.floats(Shape{draw.integer(0, 2), width}));
    inputs.push_back(wiring.input(made, draw.floats(Shape{draw.integer(0, 2), width})));
    Wiring body(kVersion, "body_");
    const ValueId round = body.formalScalar(DataType::Int64), given = body.formalScalar(DataType::Bool);
    const ValueId state = body.formal(DataType::Float32);
    body.output(nextCondition(body, round, given, end.limit));
    body.output(body.node("Concat", {state, body.captured(wiring, piece)}, {{"axis", std::int64_t{0}}}));
    body.output(body.node("Identity", {round}));
    for (const ValueId result : wiring.nodes("Loop", inputs, 2, {{"body", body.body()}})) wiring.output(result);
    return wiring.finished(std::move(made));
}

/// A loop in the body of a loop, whose own body captures through both.
template <int kVersion>
Case nested(Draw& draw, int) {
    Wiring wiring(kVersion);
    Case made;
    const Shape shape = draw.shape(2);
    const ValueId trips = wiring.input(made, Tensor::fromInt64s(Shape{}, {draw.integer(0, 3)}));
    const ValueId outer = wiring.input(made, draw.floats(shape)), start = wiring.input(made, draw.floats(shape));
    Wiring body(kVersion, "body_"), inside(kVersion, "inside_");
    const ValueId round = body.formalScalar(DataType::Int64), given = body.formalScalar(DataType::Bool);
    const ValueId state = body.formal(DataType::Float32);
    const ValueId seen = body.captured(wiring, outer);
    inside.formalScalar(DataType::Int64);
    const ValueId innerGiven = inside.formalScalar(DataType::Bool), innerState = inside.formal(DataType::Float32);
    const ValueId innerSeen = inside.captured(body, seen);
    inside.output(inside.node("Identity", {innerGiven}));
    inside.output(inside.node("Add", {innerState, innerSeen}));
    body.output(body.node("Identity", {given}));
    body.output(body.node("Loop", {round, graph::kNoValue, state}, {{"body", inside.body()}}));
    wiring.output(wiring.node("Loop", {trips, graph::kNoValue, start}, {{"body", body.body()}}));
    return wiring.finished(std::move(made));
}

template <int... kVersions>
void add(std::vector<Suite>& suites) {
    const auto suite = [&suites](int version, Case (*draw)(Draw&, int), const std::string& part) {
        suites.push_back({.op = "Loop", .version = version, .draw = draw, .relative = 1e-6, .absolute = 1e-6, .part = part});
    };
    (suite(kVersions, rounds<kVersions>, ""), ...);
    (suite(kVersions, growing<kVersions>, "growing values"), ...);
    (suite(kVersions, nested<kVersions>, "loops in loops"), ...);
}

}  // namespace

std::vector<Suite> loopSuites() {
    std::vector<Suite> suites;
    add<11, 13, 16, 19, 21, 23, 24, 25>(suites);
    return suites;
}

}  // namespace trimtab::operators
