#include "core/compress/quantize/round_layer.h"

#include "core/compress/quantize/clip.h"
#include "core/compress/quantize/clip_by_outputs.h"
#include "core/compress/quantize/half_quadratic.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/second_order/gptq.h"
#include "core/compress/second_order/weight_check.h"

namespace trimtab::compress {
namespace {

void append(tensor::QuantizedWeight& whole, tensor::QuantizedWeight part) {
    if (whole.rows == 0) {
        whole = std::move(part);
        return;
    }
    whole.rows += part.rows;
    whole.codes.insert(whole.codes.end(), part.codes.begin(), part.codes.end());
    whole.scales.insert(whole.scales.end(), part.scales.begin(), part.scales.end());
    whole.zeroPoints.insert(whole.zeroPoints.end(), part.zeroPoints.begin(), part.zeroPoints.end());
}

Result<tensor::QuantizedWeight> roundBySecondOrder(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                                   const recipe::WeightSpec& spec, bool isPruned, const LayerInputs& inputs,
                                                   const Tools& tools) {
    const auto parts = static_cast<std::int64_t>(inputs.size());
    const std::int64_t share = rows / parts * columns;
    const CodeGrid grid(spec, values);
    StepFinder findStep;
    if (spec.group < 0) {  // one step over all parts
        TRIMTAB_REQUIRE(refuseInfinities(values));
        findStep = [step = grid.covering(values)](std::span<const float>) { return step; };
    }
    tensor::QuantizedWeight whole;
    for (std::int64_t part = 0; part < parts; ++part) {
        const InverseFactor& factor = inputs[static_cast<std::size_t>(part)].factors.at(roundingFactor(spec));
        const std::vector<float> some(values.begin() + part * share, values.begin() + (part + 1) * share);
        std::vector<std::uint8_t> zeros;
        for (const float value : some) zeros.push_back(isPruned && value == 0);
        GptqOptions options;
        options.staticGroups = spec.staticGroups;
        options.grid = grid;
        options.findStep = findStep;
        if (isPruned) options.mustStayZero = zeros;
        options.cancelled = tools.cancelled;
        TRIMTAB_TRY(auto codes, gptq(*tools.math, some, rows / parts, columns, spec, factor, options));
        append(whole, std::move(codes));
    }
    return whole;
}

}  // namespace

Result<tensor::QuantizedWeight> roundLayer(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                           const recipe::WeightSpec& spec, bool isPruned, const LayerInputs& inputs, const Tools& tools) {
    const std::string rounding = recipe::weightMethod(spec).rounding;
    if (rounding == "gptq") return roundBySecondOrder(values, rows, columns, spec, isPruned, inputs, tools);
    if (rounding == "mse") return roundClipped(values, rows, columns, spec);
    if (rounding == "hqq") return halfQuadratic(values, rows, columns, spec);
    if (clipsByOutputs(spec) && !inputs.empty()) {
        const Hessian& products = *inputs.front().products;  // matrix products alone are rescaled: one part
        return roundClippedByOutputs(values, rows, columns, spec, products.values.data<float>(), *tools.math, tools.cancelled);
    }
    return roundToNearest(values, rows, columns, spec);
}

}  // namespace trimtab::compress
