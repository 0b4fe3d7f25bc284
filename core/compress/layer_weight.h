#pragma once
// What a recipe makes of one weight: values pruned, rounded or coded, with what it cost.
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/graph/weights.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

struct LayerWeight {
    std::optional<Tensor> constant;                            // one of the two, in the type of the original
    std::shared_ptr<const tensor::QuantizedWeight> quantized;
    double density = 1;       // share of non-zero values after everything
    std::optional<double> sqnrDb;  // nothing: no value changed
    std::int64_t storedBytes = 0;
};

/// How rows × columns values (tensor::toRows) become codes.
using RoundRows = std::function<Result<tensor::QuantizedWeight>(const std::vector<float>& rows)>;

/// `values` are the original's elements in its own order, already pruned; `round` is called for integers of 2 to 8 bits. Refused for
/// infinities under integers and values beyond a 16-bit format.
Result<LayerWeight> storeWeight(const Tensor& original, const graph::WeightUse& use, std::vector<float> values,
                                const std::optional<recipe::WeightSpec>& spec, const RoundRows& round);

/// The values, which stand in the order of `like`'s elements, as rows × columns; and back.
Result<std::vector<float>> rowsOf(const std::vector<float>& values, const Tensor& like, tensor::WeightLayout layout);
Result<std::vector<float>> elementsOf(const std::vector<float>& rows, const Tensor& like, tensor::WeightLayout layout);

double shareOfNonZeros(std::span<const float> values);

/// Σw² and Σ(w−ŵ)² in double; infinities that stayed are left out.
struct SquaredSums {
    double signal = 0;
    double noise = 0;
};
SquaredSums squaredSums(std::span<const float> original, std::span<const float> changed);
/// 10·log10(signal / noise), below 0 where more is lost than kept; nothing when no value differs.
std::optional<double> inDecibels(const SquaredSums& sums);
std::optional<double> signalToNoiseDb(std::span<const float> original, std::span<const float> changed);

}  // namespace trimtab::compress
