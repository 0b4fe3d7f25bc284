#pragma once
// A trace as bytes, for messages: columns of variable-length integers, each the difference to the one before it,
// packed by Zstandard. A million spans take a few bytes each.
#include <string>
#include <string_view>

#include "core/trace/trace.h"

namespace trimtab::trace {

/// REQUIRES: check(trace).
std::string packed(const Trace& trace);
/// Refused for what packed() does not write, and for what would be larger than 256 MiB unpacked,
/// or has more than 16 Mi spans or a million names. The trace has passed check().
Result<Trace> unpacked(std::string_view bytes);

}  // namespace trimtab::trace
