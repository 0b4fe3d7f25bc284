#pragma once
// What the processor counts while this process runs: cycles, instructions, misses of the last-level cache, summed over its threads. Linux
// perf events; where the kernel does not hand them out, each says why.
#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/profile.h"

namespace trimtab::profiler {

/// Counts from construction on. Threads that start later are not counted. Used by one thread.
class ProcessorCounters {
public:
    ProcessorCounters();
    ~ProcessorCounters();
    ProcessorCounters(const ProcessorCounters&) = delete;
    ProcessorCounters& operator=(const ProcessorCounters&) = delete;

    /// What was counted so far, over `runs`. A count that shared the hardware with others is scaled up by the time it had.
    /// REQUIRES: runs >= 1.
    std::vector<trace::CounterTotal> totals(std::int64_t runs) const;

private:
    struct Counter {
        std::string name;
        std::vector<int> descriptors;  // one for each thread
        std::string unavailable;
    };
    std::vector<Counter> m_counters;
};

}  // namespace trimtab::profiler
