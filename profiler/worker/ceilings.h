#pragma once
// Measures what an engine reaches at most: it runs a product of one row with far more weights than the caches hold, one with weights that a
// cache holds, large square products in each compute type that it executes, and a chain of products of eight values. Takes a second or two.
#include "core/runtime/engine.h"
#include "core/trace/ceilings.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

/// `cacheBytes`: of the last-level cache, where it is known. Cancelled when asked to stop; errors of the engine otherwise. A compute type
/// that it does not execute natively is left out.
Result<trace::Ceilings> measureCeilings(runtime::Engine& engine, std::optional<std::int64_t> cacheBytes, const Call& call);

}  // namespace trimtab::worker
