#include "core/compress/prune/schedule_layers.h"

#include <algorithm>

#include "core/compress/layer_error.h"

namespace trimtab::compress {
namespace {

Result<ErrorCurve> curveOf(const Graph& graph, const ScheduledLayer& layer, const Tools& tools) {
    const graph::Node& node = graph.nodes[static_cast<std::size_t>(layer.use.node)];
    InputNeeds needs;
    needs.columns = true;
    TRIMTAB_TRY(const LayerInputs inputs, collectInputs(graph, layer.use, needs, tools));
    const graph::Value& value = graph.value(layer.use.value);
    Tensor weight;
    if (value.quantized) {
        TRIMTAB_TRY(weight, value.quantized->dequantize());
    } else {
        weight = *value.constant;
    }
    TRIMTAB_TRY(const std::vector<float> rows, tensor::toRows(weight, layer.use.layout));
    const recipe::PruneSpec& spec = **layer.spec;
    return ErrorCurve{layer.use.rows * layer.use.columns,
                      outputErrors(rows, layer.use.rows, layer.use.columns, spec, inputs, node.name, scheduleGrid(spec.ratio))};
}

}  // namespace

Status scheduleRatios(const Graph& graph, const std::vector<ScheduledLayer>& layers, const Tools& tools) {
    if (tools.activations) tools.activations->restart();
    std::vector<ErrorCurve> curves;
    for (const ScheduledLayer& layer : layers) {
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        auto curve = curveOf(graph, layer, tools);
        if (!curve) return atLayer(std::move(curve).error(), graph.nodes[static_cast<std::size_t>(layer.use.node)]);
        curves.push_back(std::move(*curve));
    }
    tools.activations->restart();
    std::vector<bool> isDone(layers.size(), false);
    for (std::size_t first = 0; first < layers.size(); ++first) {
        if (isDone[first]) continue;
        const recipe::PruneSpec spec = **layers[first].spec;
        std::vector<std::size_t> members;
        std::vector<ErrorCurve> mine;
        for (std::size_t i = first; i < layers.size(); ++i) {
            if (isDone[i] || **layers[i].spec != spec) continue;
            isDone[i] = true;
            members.push_back(i);
            mine.push_back(curves[i]);
        }
        const std::vector<double> ratios = scheduledRatios(mine, scheduleGrid(spec.ratio), spec.ratio);
        for (std::size_t i = 0; i < members.size(); ++i) {
            auto& target = *layers[members[i]].spec;
            if (ratios[i] > 0) target->ratio = ratios[i];
            else target.reset();
        }
    }
    return {};
}

}  // namespace trimtab::compress
