#include "core/compress/node_settings.h"

#include <fmt/format.h>

#include "core/compress/coverage.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using recipe::Settings;

Status checkTokens(const Settings& settings, const Node& node) {
    const bool isConvolution = node.is("Conv") || node.is("FusedConv", "trimtab");
    if (!isConvolution || !settings.activations || settings.activations->granularity == "tensor") return {};
    return fail(ErrorCode::Refused,
                fmt::format("activations.granularity \"{}\": a convolution has no tokens; give it \"tensor\" or mode \"static\" by a rule",
                            settings.activations->granularity),
                "layer " + node.name);
}

/// Nothing here forms products of float64 in fewer bits, or rounds their activations.
Status checkDoubles(const Settings& settings, const Graph& graph, const Node& node) {
    if (node.input(0) == graph::kNoValue || graph.value(node.input(0)).type.type != DataType::Float64) return {};
    const bool rounds = settings.activations && settings.activations->bits < 32;
    if (!rounds && settings.compute.value_or(graph::ComputeType::Float32) == graph::ComputeType::Float32) return {};
    return fail(ErrorCode::Refused,
                fmt::format("{} on a layer of float64, whose products stay in float64: export the model in float32, or leave the layer out",
                            rounds ? "activations.bits" : "compute"),
                "layer " + node.name);
}

}  // namespace

Result<std::vector<Settings>> nodeSettings(const Graph& graph, const recipe::Recipe& recipe) {
    std::vector<Settings> settings(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (!formsProducts(graph.nodes[i])) continue;
        TRIMTAB_TRY(settings[i], recipe::settingsFor(recipe, graph.nodes[i]));
        if (settings[i].prune && recipe::removesUnits(*settings[i].prune)) settings[i].prune.reset();
        TRIMTAB_REQUIRE(checkTokens(settings[i], graph.nodes[i]));
        TRIMTAB_REQUIRE(checkDoubles(settings[i], graph, graph.nodes[i]));
    }
    return settings;
}

}  // namespace trimtab::compress
