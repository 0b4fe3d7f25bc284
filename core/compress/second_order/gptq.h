#pragma once
// GPTQ: columns are rounded one after the other, and the columns still to come make up for each error as the layer's inputs allow.
// Source: Frantar, Ashkboos, Hoefler, Alistarh 2023, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
// algorithm 1. The order of columns and the damping are the factor's: a factor serves all weights that read the same inputs.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/compress/quantize/code_grid.h"
#include "core/compress/second_order/factor.h"
#include "core/recipe/recipe.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// The step for the values of one group. Called from several threads at once.
using StepFinder = std::function<Step(std::span<const float> values)>;

struct GptqOptions {
    bool staticGroups = false;  // steps are found on the weight as given, not when a group's turn comes; always so under another order
    StepFinder findStep;        // empty: CodeGrid::covering(); of a part of a weight per tensor it must give the step of the whole
    std::optional<CodeGrid> grid;  // of the whole weight when this is a part of it; empty: that of the spec and the values
    std::span<const std::uint8_t> mustStayZero;  // rows × columns, 1: decodes to exactly 0 (pruned before); empty: no such weight
    std::function<bool()> cancelled;             // polled between panels
};

/// `values` are rows × columns (tensor::toRows); bits, scheme and group are read as roundToNearest() reads them, and codes, scales and
/// zero points stand where it puts them, whatever the order of columns. With columns that do not act together the codes are its codes.
/// Refused for infinities. REQUIRES: 2 ≤ bits ≤ 8, no NaN, values.size() == rows × columns, factor.size == columns.
Result<tensor::QuantizedWeight> gptq(TensorMath& math, std::vector<float> values, std::int64_t rows, std::int64_t columns,
                                     const recipe::WeightSpec& spec, const InverseFactor& factor, const GptqOptions& options = {});

}  // namespace trimtab::compress
