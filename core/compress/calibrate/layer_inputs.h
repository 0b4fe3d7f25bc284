#pragma once
// What calibration tells of the inputs that one layer's weight meets.
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/compress/calibrate/column_statistics.h"
#include "core/compress/second_order/factor.h"
#include "core/compress/second_order/hessian.h"
#include "core/compress/tools.h"
#include "core/graph/weights.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// In which order and how damped a second-order method reads the inverse of Σ x·xᵀ (as far as its rows bear it out: shrinkage.h).
struct FactorKind {
    double damping = 0.01;
    bool byFallingDiagonal = false;
    auto operator<=>(const FactorKind&) const = default;
};

struct InputNeeds {
    bool columns = false;          // statistics of each column
    bool products = false;         // Σ x·xᵀ itself
    std::set<FactorKind> factors;  // of Σ x·xᵀ
    bool any() const { return columns || products || !factors.empty(); }
    void add(const InputNeeds& other);
};

/// What SparseGPT reads, and what GPTQ does.
FactorKind pruningFactor();
FactorKind roundingFactor(const recipe::WeightSpec& spec);

/// Whether AWQ's own rounding is asked for, which clips the range of each group by what its outputs lose (quantize/clip_by_outputs.h).
bool clipsByOutputs(const recipe::WeightSpec& spec);

/// What pruning and rounding want to know; what rescaling does is rescale/'s affair.
InputNeeds needsOf(const recipe::Settings& settings);

struct PartInputs {
    std::int64_t rows = 0;  // that calibration saw
    std::optional<ColumnStatistics> columns;
    std::optional<Hessian> products;
    std::map<FactorKind, InverseFactor> factors;
};

/// One entry for each part of the layer (partsOf()).
using LayerInputs = std::vector<PartInputs>;

/// Whether two layers meet the same rows: the same input, unfolded in the same way.
bool meetSameInputs(const graph::Node& a, const Shape& weightA, const graph::Node& b, const Shape& weightB);

/// The shape of a layer's weight, read or coded. REQUIRES: a weight of graph::compressibleWeights.
Shape weightShape(const Graph& graph, const graph::WeightUse& use);

/// Runs the calibration set as far as the layer's input. Σ x·xᵀ is held once, beside it one factor of each further kind. Refused without
/// calibration (naming what to give) and for inputs that do not fit.
Result<LayerInputs> collectInputs(const Graph& graph, const graph::WeightUse& use, const InputNeeds& needs, const Tools& tools);

}  // namespace trimtab::compress
