#pragma once
// What the packings put a QuantizedWeight together with.
#include <algorithm>

#include "core/base/parallel.h"
#include "core/formats/huggingface/quantized/module_tensors.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::huggingface {

/// Without codes and scales, symmetric. `shape`: [outputs, inputs]; `group`: inputs that share a scale, 0 or too many: all.
tensor::QuantizedWeight codeMatrix(const Shape& shape, int bits, std::int64_t group);

/// codes[n][k] = at(n, k), a signed number of eight bits. A tile of outputs at a time: files hold the outputs of one input side by side.
template <class At>
void fillCodes(tensor::QuantizedWeight& weight, const At& at) {
    constexpr std::int64_t tile = 16;
    weight.codes.resize(static_cast<std::size_t>(weight.rows * weight.columns));
    base::parallelFor(static_cast<std::size_t>((weight.rows + tile - 1) / tile), [&](std::size_t t) {
        const std::int64_t first = static_cast<std::int64_t>(t) * tile, last = std::min(first + tile, weight.rows);
        for (std::int64_t k = 0; k < weight.columns; ++k)
            for (std::int64_t n = first; n < last; ++n)
                weight.codes[static_cast<std::size_t>(n * weight.columns + k)] = static_cast<std::int8_t>(at(n, k));
    });
}

/// zeroPoints[n][g] = at(n, g), and whether any is not zero: else the weight is symmetric.
template <class At>
void fillZeroPoints(tensor::QuantizedWeight& weight, const At& at) {
    const std::int64_t groups = weight.groups();
    weight.zeroPoints.resize(static_cast<std::size_t>(weight.rows * groups));
    for (std::int64_t n = 0; n < weight.rows; ++n)
        for (std::int64_t g = 0; g < groups; ++g)
            weight.zeroPoints[static_cast<std::size_t>(n * groups + g)] = static_cast<std::int8_t>(at(n, g));
    weight.symmetric = std::ranges::all_of(weight.zeroPoints, [](std::int8_t zero) { return zero == 0; });
    if (weight.symmetric) weight.zeroPoints.clear();
}

/// scales[n][g] = at(n, g)
template <class At>
void fillScales(tensor::QuantizedWeight& weight, const At& at) {
    const std::int64_t groups = weight.groups();
    weight.scales.resize(static_cast<std::size_t>(weight.rows * groups));
    for (std::int64_t n = 0; n < weight.rows; ++n)
        for (std::int64_t g = 0; g < groups; ++g) weight.scales[static_cast<std::size_t>(n * groups + g)] = at(n, g);
}

/// Of a tensor int32 [inputs] that gives each input's group: the inputs in the order of their groups, and within one as they stand; empty
/// where they stand so already. Refused, naming it, where groups are not of `group` inputs each, the last one of what is left.
Result<std::vector<std::int64_t>> inputsByGroup(const ModuleTensors& module, std::string_view part, std::int64_t inputs,
                                                std::int64_t group);

/// Outputs [first, first + count) of a weight [inputs, outputs].
tensor::QuantizedWeight outputsOf(const tensor::QuantizedWeight& weight, std::int64_t first, std::int64_t count);

}  // namespace trimtab::formats::huggingface
