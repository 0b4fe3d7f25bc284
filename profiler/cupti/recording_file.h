#pragma once
// A recording as JSON: what a GPU's records were becomes a test that needs none (tests/data/activity).
#include <string>

#include "core/base/json.h"
#include "core/base/result.h"
#include "profiler/cupti/activity.h"

namespace trimtab::cupti {

/// {"format": "trimtab-activity-1", "names": […], "runs": [[begin, end]…], "graph_nodes": [[node, layer]…], "correlations": [[call,
/// scope]…], "activities": [[kind, begin, end, name, correlation, runtime correlation, device, context, stream, graph, graph node, bytes,
/// thread]…], "dropped", "broken", "unknown"}.
Json toJson(const Recording& recording);
/// Refused for what is none.
Result<Recording> recordingFromJson(const Json& json);

/// What began before the end of so many runs, without the later ones: few are as good a test as many.
Recording firstRuns(const Recording& recording, std::size_t runs);

Status writeRecording(const Recording& recording, const std::string& path);

}  // namespace trimtab::cupti
