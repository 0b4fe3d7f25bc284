// Binding of symbols to extents.
#include <algorithm>

#include "core/graph/shape_inference.h"
#include "core/graph/shapes/input_symbols.h"

namespace trimtab::graph {

namespace {

std::string openName(const Value& input, std::size_t axis) { return input.name + ":" + std::to_string(axis); }

using Bindings = std::map<std::string, std::int64_t>;

/// Extents of one input; new symbols go to `bindings`.
Status bindInput(Value& input, const Shape& shape, Bindings& bindings) {
    const auto mismatch = [&](const std::string& why) {
        return fail(ErrorCode::Refused, "input " + input.name + " is " + input.type.text() + "; " + shape.text() + " does not fit: " + why);
    };
    if (!shape.checkedElementCount()) return mismatch("its size is impossible");
    if (!input.type.dims) {
        input.type.dims = ValueType::of(input.type.type, shape).dims;
        return {};
    }
    if (static_cast<int>(input.type.dims->size()) != shape.rank()) return mismatch("the number of axes differs");
    for (int axis = 0; axis < shape.rank(); ++axis) {
        Dim& dim = (*input.type.dims)[static_cast<std::size_t>(axis)];
        if (dim.isKnown()) {
            if (dim.extent != shape[axis]) return mismatch("axis " + std::to_string(axis) + " must be " + std::to_string(dim.extent));
            continue;
        }
        const auto [place, isNew] = bindings.emplace(dim.symbol, shape[axis]);
        if (!isNew && place->second != shape[axis]) {
            return mismatch(dim.symbol + " is already " + std::to_string(place->second));
        }
        dim = Dim::known(shape[axis]);
    }
    return {};
}

}  // namespace

void shapes::nameOpenDims(Graph& graph) {
    for (const ValueId id : graph.inputs) {
        Value& input = graph.value(id);
        if (!input.type.dims) continue;
        for (std::size_t axis = 0; axis < input.type.dims->size(); ++axis) {
            Dim& dim = (*input.type.dims)[axis];
            if (!dim.isKnown() && dim.symbol.empty()) dim.symbol = openName(input, axis);
        }
    }
}

Status bindInputShapes(Graph& graph, const std::map<std::string, Shape>& shapes) {
    TRIMTAB_REQUIRE(inferShapes(graph));
    Bindings bindings;
    for (const auto& [name, shape] : shapes) {
        const auto isNamed = [&graph, &wanted = name](ValueId id) { return graph.value(id).name == wanted; };
        const auto found = std::find_if(graph.inputs.begin(), graph.inputs.end(), isNamed);
        if (found == graph.inputs.end()) return fail(ErrorCode::Refused, "the model has no input named " + name);
        TRIMTAB_REQUIRE(bindInput(graph.value(*found), shape, bindings));
    }
    for (Value& value : graph.values) {
        if (!value.type.dims) continue;
        for (Dim& dim : *value.type.dims) {
            if (dim.isKnown() || dim.symbol.empty()) continue;
            if (const auto bound = bindings.find(dim.symbol); bound != bindings.end()) dim = Dim::known(bound->second);
        }
    }
    return inferShapes(graph);
}

std::vector<std::string> openSymbols(const Graph& graph) {
    std::vector<std::string> symbols;
    for (const ValueId id : graph.inputs) {
        const Value& input = graph.value(id);
        for (std::size_t axis = 0; input.type.dims && axis < input.type.dims->size(); ++axis) {
            const Dim& dim = (*input.type.dims)[axis];
            if (dim.isKnown()) continue;
            const std::string symbol = dim.symbol.empty() ? openName(input, axis) : dim.symbol;
            if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) symbols.push_back(symbol);
        }
    }
    return symbols;
}

}  // namespace trimtab::graph
