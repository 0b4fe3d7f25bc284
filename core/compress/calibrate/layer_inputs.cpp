#include "core/compress/calibrate/layer_inputs.h"

#include "core/compress/calibrate/input_rows.h"
#include "core/compress/second_order/shrinkage.h"

namespace trimtab::compress {

bool clipsByOutputs(const recipe::WeightSpec& spec) {
    const recipe::WeightMethod method = recipe::weightMethod(spec);
    return spec.bits <= 8 && spec.group >= 0 && method.rescale == "awq" && method.rounding == "rtn";
}

InputNeeds needsOf(const recipe::Settings& settings) {
    InputNeeds needs;
    if (settings.prune) {
        needs.columns = settings.prune->method == "wanda";
        if (settings.prune->method == "sparsegpt") needs.factors.insert(pruningFactor());
    }
    if (settings.weights && settings.weights->bits <= 8 && recipe::weightMethod(*settings.weights).rounding == "gptq")
        needs.factors.insert(roundingFactor(*settings.weights));
    needs.products = settings.weights && clipsByOutputs(*settings.weights);
    return needs;
}

void InputNeeds::add(const InputNeeds& other) {
    columns = columns || other.columns;
    products = products || other.products;
    factors.insert(other.factors.begin(), other.factors.end());
}

FactorKind pruningFactor() { return {}; }

FactorKind roundingFactor(const recipe::WeightSpec& spec) { return {spec.damping, spec.actOrder}; }

Shape weightShape(const Graph& graph, const graph::WeightUse& use) {
    const graph::Value& value = graph.value(use.value);
    return value.quantized ? value.quantized->originalShape : value.constant->shape();
}

bool meetSameInputs(const graph::Node& a, const Shape& weightA, const graph::Node& b, const Shape& weightB) {
    if (a.input(0) != b.input(0)) return false;
    if (weightA.rank() == 2 && weightB.rank() == 2) return a.integer("transA", 0) == b.integer("transA", 0);
    if (weightA.rank() != weightB.rank() || partsOf(a) != partsOf(b)) return false;
    for (int d = 1; d < weightA.rank(); ++d)
        if (weightA[d] != weightB[d]) return false;
    return a.integers("strides") == b.integers("strides") && a.integers("pads") == b.integers("pads") &&
           a.integers("dilations") == b.integers("dilations") && a.string("auto_pad", "") == b.string("auto_pad", "");
}

namespace {

Result<std::map<FactorKind, InverseFactor>> factorsOf(Hessian products, const std::set<FactorKind>& kinds, const Tools& tools) {
    std::map<FactorKind, InverseFactor> factors;
    if (!kinds.empty()) shrink(products);
    for (auto kind = kinds.begin(); kind != kinds.end(); ++kind) {
        const bool isLast = std::next(kind) == kinds.end();
        Hessian mine{products.size, {}, products.rows};
        if (isLast) {
            mine.values = std::move(products.values);
        } else {
            TRIMTAB_TRY(mine.values, products.values.clone());
        }
        const FactorOptions options{kind->damping, kind->byFallingDiagonal, tools.cancelled};
        TRIMTAB_TRY(InverseFactor factor, factorInverse(*tools.math, std::move(mine), options));
        factors.emplace(*kind, std::move(factor));
    }
    return factors;
}

}  // namespace

Result<LayerInputs> collectInputs(const Graph& graph, const graph::WeightUse& use, const InputNeeds& needs, const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    const graph::Node& node = graph.nodes[static_cast<std::size_t>(use.node)];
    const Shape weight = weightShape(graph, use);
    const std::int64_t parts = partsOf(node);
    LayerInputs inputs(static_cast<std::size_t>(parts));
    std::vector<HessianSum> sums;
    for (PartInputs& part : inputs) {
        if (needs.columns) part.columns.emplace(use.columns);
        if (needs.factors.empty() && !needs.products) continue;
        TRIMTAB_TRY(HessianSum sum, HessianSum::begin(use.columns));
        sums.push_back(std::move(sum));
    }
    const auto take = [&](std::size_t, const Tensor& value) -> Status {
        for (std::int64_t part = 0; part < parts; ++part) {
            TRIMTAB_TRY(const InputRows rows, inputRows(node, weight, value, part));
            const auto index = static_cast<std::size_t>(part);
            inputs[index].rows += rows.rows;
            if (needs.columns) TRIMTAB_REQUIRE(inputs[index].columns->see(rows.values));
            if (!sums.empty()) TRIMTAB_REQUIRE(sums[index].add(*tools.math, rows.values.data(), rows.rows, rows.columns));
        }
        return {};
    };
    const graph::ValueId input = node.input(0);
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&input, 1), take));
    if (inputs.front().rows == 0) return fail(ErrorCode::Refused, "no calibration data reach this layer");
    for (std::size_t part = 0; part < sums.size(); ++part) {
        TRIMTAB_TRY(Hessian whole, std::move(sums[part]).finish());
        if (needs.products) {
            TRIMTAB_TRY(Tensor values, needs.factors.empty() ? Result<Tensor>(std::move(whole.values)) : whole.values.clone());
            inputs[part].products = Hessian{whole.size, std::move(values), whole.rows};
        }
        TRIMTAB_TRY(inputs[part].factors, factorsOf(std::move(whole), needs.factors, tools));
    }
    return inputs;
}

}  // namespace trimtab::compress
