#pragma once
// A trace for Perfetto (ui.perfetto.dev, its trace processor): TrackEvent protobuf. Spans are slices, one inside the other, in a track for
// each of the trace's; counters are counter tracks; node spans name their operator and kernel.
#include <filesystem>
#include <string>
#include <vector>

#include "core/trace/layer_record.h"
#include "core/trace/trace.h"

namespace trimtab::report {

/// `process` names what ran. REQUIRES: trace::check(trace).
std::string toPerfetto(const trace::Trace& trace, const std::vector<trace::LayerRecord>& layers, const std::string& process);
/// Written atomically.
Status writePerfetto(const trace::Trace& trace, const std::vector<trace::LayerRecord>& layers, const std::string& process,
                     const std::filesystem::path& path);

}  // namespace trimtab::report
