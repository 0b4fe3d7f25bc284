#include "core/compress/rescale/rescale_graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/compress/calibrate/column_statistics.h"
#include "core/compress/calibrate/input_rows.h"
#include "core/compress/calibrate/layer_inputs.h"
#include "core/compress/layer_error.h"
#include "core/compress/quantize/round_layer.h"
#include "core/compress/rescale/activation_aware.h"
#include "core/compress/rescale/columns.h"
#include "core/compress/rescale/divide_input.h"
#include "core/compress/rescale/smooth.h"
#include "core/tensor/code_values.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::WeightUse;

/// Layers that read one input and are rescaled in one way.
struct Unit {
    graph::ValueId input = graph::kNoValue;
    recipe::WeightSpec spec;
    std::vector<WeightUse> uses;
    std::vector<float> scales;
};

const Node& nodeOf(const Graph& graph, const WeightUse& use) { return graph.nodes[static_cast<std::size_t>(use.node)]; }

Result<std::vector<Unit>> unitsOf(const Graph& graph, const recipe::Recipe& recipe) {
    std::vector<Unit> units;
    for (const WeightUse& use : graph::compressibleWeights(graph)) {
        const Node& node = nodeOf(graph, use);
        TRIMTAB_TRY(const recipe::Settings settings, recipe::settingsFor(recipe, node));
        if (!settings.weights || settings.weights->bits > 8) continue;
        const std::string rescale = recipe::weightMethod(*settings.weights).rescale;
        if (rescale.empty()) continue;
        if (weightShape(graph, use).rank() != 2 || node.integer("transA", 0) != 0)
            return atLayer(Error{ErrorCode::Refused,
                                 fmt::format("weights.method {} rescales the inputs of matrix products; give this layer another "
                                             "method by a rule",
                                             rescale),
                                 ""},
                           node);
        const auto known =
            std::ranges::find_if(units, [&](const Unit& unit) { return unit.input == node.input(0) && unit.spec == *settings.weights; });
        if (known != units.end())
            known->uses.push_back(use);
        else
            units.push_back({node.input(0), *settings.weights, {use}, {}});
    }
    return units;
}

Result<std::vector<float>> rowsOfWeight(const Graph& graph, const WeightUse& use) {
    const graph::Value& value = graph.value(use.value);
    if (!value.quantized) return tensor::toRows(*value.constant, use.layout);
    TRIMTAB_TRY(const Tensor decoded, value.quantized->dequantize());
    return tensor::toRows(decoded, use.layout);
}

struct Seen {
    ColumnStatistics columns;
    Hessian products;  // only where `withProducts`
};

Result<Seen> seenBy(const Graph& graph, const Unit& unit, bool withProducts, const Tools& tools) {
    const WeightUse& use = unit.uses.front();
    ColumnStatistics columns(use.columns);
    TRIMTAB_TRY(HessianSum sum, HessianSum::begin(withProducts ? use.columns : 1));
    const Shape weight = weightShape(graph, use);
    const auto take = [&](std::size_t, const Tensor& value) -> Status {
        TRIMTAB_TRY(const InputRows rows, inputRows(nodeOf(graph, use), weight, value, 0));
        TRIMTAB_REQUIRE(columns.see(rows.values));
        return withProducts ? sum.add(*tools.math, rows.values.data(), rows.rows, rows.columns) : Status{};
    };
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&unit.input, 1), take));
    if (columns.rows() == 0) return fail(ErrorCode::Refused, "no calibration data reach this layer");
    TRIMTAB_TRY(Hessian products, std::move(sum).finish());
    return Seen{std::move(columns), std::move(products)};
}

/// Weights and divided inputs of 16 bits would be rounded once more by any other scale than a power of two.
bool needsPowersOfTwo(const Graph& graph, const Unit& unit) {
    const auto isNarrow = [&](graph::ValueId id) {
        const DataType type = graph.value(id).type.type;
        return tensor::isFloatingPoint(type) && tensor::bitWidth(type) == 16;
    };
    return isNarrow(unit.input) || std::ranges::any_of(unit.uses, [&](const WeightUse& use) { return isNarrow(use.value); });
}

Result<std::vector<float>> scalesFor(const Graph& graph, const Unit& unit, const Tools& tools) {
    const bool activationAware = recipe::weightMethod(unit.spec).rescale == "awq";
    TRIMTAB_TRY(const Seen seen, seenBy(graph, unit, activationAware, tools));
    std::vector<std::vector<float>> weights;
    for (const WeightUse& use : unit.uses) {
        TRIMTAB_TRY(weights.emplace_back(), rowsOfWeight(graph, use));
    }
    if (!activationAware) {
        std::vector<float> maxima(seen.columns.largest().size(), 0.0F);
        for (const auto& rows : weights) raiseToColumnMaxima(rows, maxima);
        std::vector<float> scales = smoothScales(seen.columns.largest(), maxima, unit.spec.alpha);
        if (needsPowersOfTwo(graph, unit)) roundToPowersOfTwo(scales);
        return scales;
    }
    std::vector<ReadingWeight> reading;
    for (const auto& rows : weights) reading.push_back({rows});
    // GPTQ needs the scaled inputs' own products; the search judges its scales by plain rounding.
    recipe::WeightSpec spec = unit.spec;
    spec.method = recipe::weightMethod(spec).rounding == "gptq" ? "rtn" : recipe::weightMethod(spec).rounding;
    const auto rounded = [&](std::span<const float> values, std::int64_t rows, std::int64_t columns) -> Result<std::vector<float>> {
        TRIMTAB_TRY(const auto codes, roundLayer({values.begin(), values.end()}, rows, columns, spec, false, {}, tools));
        return tensor::decodedRows(codes);
    };
    const auto means = seen.columns.meanMagnitudes();
    TRIMTAB_TRY(auto found, activationAwareScales(reading, means, seen.products.values.data<float>(), rounded, *tools.math,
                                                  needsPowersOfTwo(graph, unit)));
    return std::move(found.scales);
}

Status scaleWeight(Graph& graph, const WeightUse& use, std::span<const float> scales) {
    const graph::Value& value = graph.value(use.value);
    TRIMTAB_TRY(const Tensor weight, value.quantized ? value.quantized->dequantize() : Result<Tensor>(*value.constant));
    const bool columnsFirst = use.layout == tensor::WeightLayout::OutputsLast;
    const auto scaleAt = [&](std::int64_t i) { return scales[static_cast<std::size_t>(columnsFirst ? i / use.rows : i % use.columns)]; };
    TRIMTAB_TRY(Tensor scaled, multiplied(weight, scaleAt));
    const std::string name = value.name + "_scaled";
    graph.nodes[static_cast<std::size_t>(use.node)].inputs[1] = graph.addConstant(name, std::move(scaled));
    return {};
}

}  // namespace

Result<Graph> rescaled(const Graph& graph, const recipe::Recipe& recipe, const Tools& tools) {
    TRIMTAB_TRY(std::vector<Unit> units, unitsOf(graph, recipe));
    if (units.empty()) return graph;
    if (!tools.activations || !tools.math)
        return fail(ErrorCode::Refused, "rescaling looks at activations: name calibration data (--calibration)");
    for (Unit& unit : units) {
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        auto scales = scalesFor(graph, unit, tools);
        if (!scales) return atLayer(std::move(scales).error(), nodeOf(graph, unit.uses.front()));
        unit.scales = std::move(*scales);
    }
    Graph made = graph;
    for (const Unit& unit : units)
        for (const WeightUse& use : unit.uses) TRIMTAB_REQUIRE(scaleWeight(made, use, unit.scales));
    std::vector<Division> divisions;
    for (Unit& unit : units) {
        std::vector<std::size_t> readers;
        for (const WeightUse& use : unit.uses) readers.push_back(static_cast<std::size_t>(use.node));
        divisions.push_back({unit.input, std::move(readers), std::move(unit.scales)});
    }
    TRIMTAB_REQUIRE(divideInputs(made, divisions));
    made.removeDeadNodes();
    tools.activations->restart();
    return made;
}

}  // namespace trimtab::compress
