// Reductions over axes and positions of extreme elements.
#include <numeric>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

/// What a reduction takes, and over which values it is drawn.
enum class Kind { Sum, Ordered, OrderedOrBool, Product, Mean, Norm, SumSquare, Logarithm };

DataType typeFor(Draw& draw, Kind kind) {
    switch (kind) {
        case Kind::Sum: return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
        case Kind::Ordered:
            return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64, DataType::Int8, DataType::UInt8});
        case Kind::OrderedOrBool: return draw.coin() ? DataType::Bool : draw.pick({DataType::Float32, DataType::Int8, DataType::UInt8});
        case Kind::Product: return draw.pick({DataType::Float32, DataType::Int32, DataType::Int64});
        case Kind::SumSquare: return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32});
        case Kind::Norm: return DataType::Float32;
        default: return draw.pick({DataType::Float32, DataType::Float64});
    }
}

/// The chosen axes as the version wants them: an attribute or an input, some of them counted from the back.
template <Kind kKind>
Case reduction(Draw& draw, int index, bool asInput) {
    const bool empty = index == 0 && kKind != Kind::Mean;
    const Shape shape = empty ? Shape{2, 0, 3} : index == 1 ? Shape{1, 1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 4);
    const DataType type = typeFor(draw, kKind);
    const double low = kKind == Kind::Logarithm || type == DataType::UInt8 ? 0.5 : -3;
    Case made{.inputs = {draw.tensor(type, shape, low, 3)}};
    if (draw.coin(0.7)) made.attributes["keepdims"] = draw.integer(0, 1);
    std::vector<std::int64_t> axes = draw.permutation(shape.rank());
    axes.resize(static_cast<std::size_t>(draw.integer(1, shape.rank())));
    if (empty) axes = {1};
    for (std::int64_t& axis : axes)
        if (draw.coin(0.3)) axis -= shape.rank();
    const int way = empty ? 0 : static_cast<int>(draw.integer(0, 4));  // 0, 1, 2: axes; 3: none; 4: an empty list
    if (!asInput) {
        if (way < 3) made.attributes["axes"] = axes;
        return made;
    }
    if (way == 4) axes.clear();
    if (way != 3) made.inputs.push_back(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(axes.size())}, axes));
    if (draw.coin()) made.initializers.insert(1);
    if (draw.coin()) made.attributes["noop_with_empty_axes"] = draw.integer(0, 1);
    return made;
}

template <Kind kKind>
Case byAttribute(Draw& draw, int index) {
    return reduction<kKind>(draw, index, false);
}

template <Kind kKind>
Case byInput(Draw& draw, int index) {
    return reduction<kKind>(draw, index, true);
}

template <bool kLastIndex>
Case extremePosition(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{0, 3} : index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 5);
    const DataType type = draw.pick({DataType::Float32, DataType::Int32});
    Case made{.inputs = {draw.tensor(type, shape, -2, 2)}};
    const std::int64_t axis = index == 0 ? 1 : draw.integer(0, shape.rank() - 1);
    if (axis != 0 || draw.coin()) made.attributes["axis"] = draw.coin(0.3) ? axis - shape.rank() : axis;
    if (draw.coin(0.7)) made.attributes["keepdims"] = draw.integer(0, 1);
    if (kLastIndex && draw.coin()) made.attributes["select_last_index"] = draw.integer(0, 1);
    return made;
}

void add(std::vector<Suite>& suites, const std::string& op, int version, Case (*draw)(Draw&, int)) {
    suites.push_back({.op = op, .version = version, .draw = draw});
}

}  // namespace

std::vector<Suite> reductionSuites() {
    std::vector<Suite> all;
    add(all, "ReduceSum", 11, byAttribute<Kind::Sum>);
    add(all, "ReduceSum", 13, byInput<Kind::Sum>);
    for (const char* op : {"ReduceMax", "ReduceMin"}) {
        add(all, op, 13, byAttribute<Kind::Ordered>);
        add(all, op, 18, byInput<Kind::Ordered>);
        add(all, op, 20, byInput<Kind::OrderedOrBool>);
    }
    add(all, "ReduceProd", 13, byAttribute<Kind::Product>);
    add(all, "ReduceProd", 18, byInput<Kind::Product>);
    add(all, "ReduceMean", 13, byAttribute<Kind::Mean>);
    add(all, "ReduceMean", 18, byInput<Kind::Mean>);
    for (const char* op : {"ReduceL1", "ReduceL2"}) {
        add(all, op, 13, byAttribute<Kind::Norm>);
        add(all, op, 18, byInput<Kind::Norm>);
    }
    add(all, "ReduceSumSquare", 13, byAttribute<Kind::SumSquare>);
    add(all, "ReduceSumSquare", 18, byInput<Kind::SumSquare>);
    for (const char* op : {"ReduceLogSum", "ReduceLogSumExp"}) {
        add(all, op, 13, byAttribute<Kind::Logarithm>);
        add(all, op, 18, byInput<Kind::Logarithm>);
    }
    for (const char* op : {"ArgMax", "ArgMin"}) {
        add(all, op, 11, extremePosition<false>);
        add(all, op, 12, extremePosition<true>);
        add(all, op, 13, extremePosition<true>);
    }
    return all;
}

}  // namespace trimtab::operators
