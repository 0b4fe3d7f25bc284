#pragma once
// Spans onto tracks: those of one track hold one another or stand apart (trace::check), and what a device does at once does not.
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace trimtab::cupti {

/// Appends the spans, whose track is not looked at, on new tracks "name", "name (2)", … of the trace: on the first where it overlaps
/// nothing that neither holds it nor is held. Of two spans of one time the first given holds the other. Spans beyond the tracks that a
/// trace has are counted as dropped.
void place(std::vector<trace::Span> spans, const std::string& name, trace::Trace& trace);

}  // namespace trimtab::cupti
