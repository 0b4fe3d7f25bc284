#include "profiler/worker/plan_keys.h"

#include <algorithm>
#include <cmath>

#include "core/base/hash.h"
#include "core/base/json.h"

namespace trimtab::worker {

std::string planKey(const std::vector<trace::LayerRecord>& layers, const trial::Environment& environment,
                    const std::vector<NamedTensor>& inputs) {
    Json rows = Json::array();
    for (const trace::LayerRecord& layer : layers) {
        const auto nonZeros = std::llround(layer.density * static_cast<double>(layer.parameters));
        rows.push_back({layer.node, layer.op, layer.kernel, layer.compute, layer.weightBits, layer.activationBits, layer.group, nonZeros,
                        layer.weightBytes, layer.activationBytes, trace::name(layer.execution)});
    }
    Json shapes = Json::object();
    for (const NamedTensor& input : inputs) shapes[input.name] = input.tensor.shape().dims();
    return base::sha256(
        base::dumpJson({{"layers", std::move(rows)}, {"inputs", std::move(shapes)}, {"environment", trial::placeJson(environment)}}));
}

std::string numericsKey(const std::vector<trace::LayerRecord>& layers, const trial::Environment& environment,
                        const std::string& calibration) {
    Json rows = Json::array();
    for (const trace::LayerRecord& layer : layers) rows.push_back({layer.node, layer.compute, layer.activationBits});
    return base::sha256(base::dumpJson({{"layers", std::move(rows)},
                                        {"engine", environment.engine},
                                        {"version", environment.engineVersion},
                                        {"instruction_set", environment.instructionSet},
                                        {"calibration", calibration}}));
}

bool scalesPerBatch(const Graph& graph) {
    return std::ranges::any_of(graph.nodes, [](const graph::Node& node) {
        const graph::Treatment& treatment = node.treatment;
        const bool isDynamic = treatment.activationBits < 32 && !treatment.scalesEachToken() && !treatment.activationStep;
        return isDynamic || treatment.compute == graph::ComputeType::Float8 || node.is("DynamicQuantizeLinear");
    });
}

}  // namespace trimtab::worker
