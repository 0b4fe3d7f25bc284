#pragma once
// Scope "sensitivity" on the layers of a graph.
#include <optional>
#include <vector>

#include "core/compress/prune/schedule.h"

namespace trimtab::compress {

struct ScheduledLayer {
    graph::WeightUse use;
    std::optional<recipe::PruneSpec>* spec = nullptr;  // whose ratio is the mean that is asked for
};

/// Writes each layer's own ratio (scheduledRatios) into its spec, or takes the spec away where nothing goes. Layers of equal specs share
/// one mean. Runs the calibration set through the graph once. Refused without it, naming the layer.
Status scheduleRatios(const Graph& graph, const std::vector<ScheduledLayer>& layers, const Tools& tools);

}  // namespace trimtab::compress
