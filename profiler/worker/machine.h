#pragma once
// Where a measurement is taken, and how much memory a worker may use there.
#include <cstdint>
#include <optional>
#include <string>

#include "core/runtime/engine.h"
#include "core/trial/trial.h"

namespace trimtab::worker {

std::string processorName();          // "AMD EPYC 7763", "unknown processor" where the system does not say
std::string systemName();             // "Debian GNU/Linux 12 (bookworm), Linux 6.1.0"
std::string hostHash();               // of the host's name: tells machines apart without naming them
std::int64_t physicalMemory();        // bytes; the control group's limit where that is lower
/// Of the highest level that the first processor's core reaches; nullopt where the system does not say.
std::optional<std::int64_t> lastLevelCacheBytes();

/// Of the last-level caches of all processors together; 0 where the system does not say.
std::int64_t allCacheBytes();

trial::Environment environmentOf(const runtime::EngineInfo& engine);

/// Four fifths of physicalMemory().
std::int64_t defaultMemoryLimit();
/// Limits the tensor budget to `bytes`, and the data of the whole process (RLIMIT_DATA) to that and a reserve for code that does not
/// count its memory. Sanitizers reserve address space beyond any limit: under them only the budget is set.
void limitMemory(std::int64_t bytes);

}  // namespace trimtab::worker
