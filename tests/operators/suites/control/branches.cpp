// If: which branch runs, what branches capture, and what they may give.
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

Tensor boolean(bool value, const Shape& shape) {
    return Tensor::fromValues<std::uint8_t>(DataType::Bool, shape, {static_cast<std::uint8_t>(value ? 1 : 0)});
}

struct Outer {
    Wiring* wiring;
    ValueId x, y, condition;
    DataType type;
    int version;
    int count = 0;  // numbers the subgraphs
};

/// A value of `type` from captured values and constants; rank and shape are the branch's own.
ValueId someValue(Draw& draw, Outer& outer, Wiring& branch) {
    const ValueId x = branch.captured(*outer.wiring, outer.x);
    switch (draw.integer(0, 4)) {
        case 0: return branch.node("Identity", {x});
        case 1: return branch.node("Add", {x, branch.captured(*outer.wiring, outer.y)});
        case 2: return branch.node("Mul", {x, x});
        case 3: return branch.node("Concat", {x, branch.captured(*outer.wiring, outer.y)}, {{"axis", std::int64_t{0}}});
        default: return branch.node("Add", {x, branch.constant(draw.tensor(outer.type, Shape{}, 1, 3))});
    }
}

Wiring branchOf(Draw& draw, Outer& outer, int results) {
    Wiring branch(outer.version, "branch" + std::to_string(outer.count++) + "_");
    for (int i = 0; i < results; ++i) branch.output(branch.node("Identity", {someValue(draw, outer, branch)}));
    return branch;
}

/// A branch that holds an If of its own, whose branches capture through two graphs.
Wiring nestedBranch(Draw& draw, Outer& outer, int results) {
    Wiring branch(outer.version, "branch" + std::to_string(outer.count++) + "_");
    Outer inner{&branch,
                branch.captured(*outer.wiring, outer.x),
                branch.captured(*outer.wiring, outer.y),
                branch.captured(*outer.wiring, outer.condition),
                outer.type,
                outer.version,
                outer.count};
    const Wiring first = branchOf(draw, inner, results), second = branchOf(draw, inner, results);
    outer.count = inner.count;
    for (const ValueId made : branch.nodes("If", {inner.condition}, static_cast<std::size_t>(results),
                                           {{"then_branch", first.body()}, {"else_branch", second.body()}}))
        branch.output(made);
    return branch;
}

template <int kVersion>
Case choice(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    const Shape shape = index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 4);
    const Tensor decided = boolean(draw.coin(), draw.coin() ? Shape{} : Shape{1});
    Outer outer{&wiring, wiring.input(made, draw.tensor(type, shape, -4, 4)), wiring.input(made, draw.tensor(type, shape, -4, 4)),
                draw.coin(0.8) ? wiring.input(made, decided) : wiring.constant(decided), type, kVersion};
    const int results = static_cast<int>(draw.integer(1, 3));
    const Wiring first = draw.coin(0.3) ? nestedBranch(draw, outer, results) : branchOf(draw, outer, results);
    const Wiring second = branchOf(draw, outer, results);
    for (const ValueId result : wiring.nodes("If", {outer.condition}, static_cast<std::size_t>(results),
                                             {{"then_branch", first.body()}, {"else_branch", second.body()}}))
        wiring.output(result);
    return wiring.finished(std::move(made));
}

/// Since opset 13 branches give sequences too.
template <int kVersion>
Case sequences(Draw& draw, int) {
    Wiring wiring(kVersion);
    Case made;
    const Shape shape = draw.shape(2);
    const ValueId condition = wiring.input(made, boolean(draw.coin(), Shape{}));
    const ValueId x = wiring.input(made, draw.floats(shape)), y = wiring.input(made, draw.floats(shape));
    Outer outer{&wiring, x, y, condition, DataType::Float32, kVersion};
    std::vector<Wiring> branches;
    for (const char* prefix : {"first_", "second_"}) {
        Wiring& branch = branches.emplace_back(kVersion, prefix);
        const ValueId one = someValue(draw, outer, branch), other = someValue(draw, outer, branch);
        branch.output(branch.node("SequenceConstruct", {one, other}));
    }
    wiring.outputSequence(wiring.node("If", {condition}, {{"then_branch", branches[0].body()}, {"else_branch", branches[1].body()}}), 2);
    return wiring.finished(std::move(made));
}

template <int... kVersions>
void add(std::vector<Suite>& suites) {
    (suites.push_back({.op = "If", .version = kVersions, .draw = choice<kVersions>, .relative = 1e-6, .absolute = 0, .cases = 30}), ...);
}

}  // namespace

std::vector<Suite> branchSuites() {
    std::vector<Suite> suites;
    add<11, 13, 16, 19, 21, 23, 24, 25>(suites);
    suites.push_back({.op = "If", .version = 13, .draw = sequences<13>, .relative = 1e-6, .absolute = 0, .part = "sequences"});
    suites.push_back({.op = "If", .version = 25, .draw = sequences<25>, .relative = 1e-6, .absolute = 0, .part = "sequences"});
    return suites;
}

}  // namespace trimtab::operators
