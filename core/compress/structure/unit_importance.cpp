#include "core/compress/structure/unit_importance.h"

#include <cmath>

#include "core/compress/prune/importance.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {

std::vector<double> unitMagnitudes(const Graph& graph, const UnitGroups& found) {
    std::vector<double> squares(static_cast<std::size_t>(found.unitCount));
    for (const Part& part : found.parts) {
        const Tensor& constant = *graph.constantOf(graph.nodes[static_cast<std::size_t>(part.node)].inputs[part.input]);
        const std::vector<float> values = tensor::toFloats(constant);
        std::size_t inner = 1;
        for (int d = part.axis + 1; d < constant.shape().rank(); ++d) inner *= static_cast<std::size_t>(constant.shape()[d]);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const int unit = part.labels[i / inner % part.labels.size()];
            if (unit != kStays) squares[static_cast<std::size_t>(unit)] += static_cast<double>(values[i]) * values[i];
        }
    }
    for (double& square : squares) square = std::sqrt(square);
    return squares;
}

double blockMagnitude(const Graph& graph, const ResidualBlock& block) {
    double square = 0;
    for (const int layer : block.layers) {
        const graph::Value& weight = graph.value(graph.nodes[static_cast<std::size_t>(layer)].input(1));
        const auto values = weight.quantized ? weight.quantized->dequantize() : Result<Tensor>(*weight.constant);
        if (!values) continue;
        for (const float value : tensor::toFloats(*values)) square += static_cast<double>(value) * value;
    }
    return std::sqrt(square);
}

std::vector<double> randomImportance(std::size_t count, std::uint64_t seed, const std::string& layer) {
    const auto scores = randomScores(count, seedOfLayer(seed, layer));
    return {scores.begin(), scores.end()};
}

}  // namespace trimtab::compress
