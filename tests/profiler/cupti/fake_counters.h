#pragma once
// A device that counts, as CUPTI's documentation says, and notes what it was asked.
#include <map>
#include <string>
#include <vector>

#include "profiler/cupti/counter_library.h"

namespace trimtab::cupti::test {

/// One at a time. Metric i of a range is worth 100 · (i + 1) for each time that the range was open in the last pass.
class FakeCounters {
public:
    FakeCounters();
    ~FakeCounters();
    FakeCounters(const FakeCounters&) = delete;
    FakeCounters& operator=(const FakeCounters&) = delete;

    const CounterLibrary& functions() const { return m_library; }

    CUptiResult onEnable = CUPTI_SUCCESS, onPush = CUPTI_SUCCESS;
    CUresult onDriver = CUDA_SUCCESS;
    std::string lacking;       // a metric that the chip does not have
    std::size_t passes = 2;    // that are wanted
    std::size_t dropped = 0;

    std::vector<std::string> asked;  // "start", "push 0", "wait", "pop", "stop", …
    bool isOn = false;
    int hosts = 0;                   // that were begun and not ended

private:
    friend struct CounterFunctions;
    Library m_base;
    CounterLibrary m_library;
    std::size_t m_stopped = 0;
    bool m_isSpoilt = false;
    std::vector<std::string> m_order;         // of ranges, as they came first
    std::map<std::string, int> m_timesOpen;
};

}  // namespace trimtab::cupti::test
