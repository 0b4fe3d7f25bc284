#pragma once
// A device whose readings a test states as functions of time.
#include <atomic>
#include <functional>
#include <utility>

#include "profiler/power/power_source.h"

namespace trimtab::profiler::test {

class FakeSource final : public PowerSource {
public:
    using Tell = std::function<void(double seconds, Reading& reading)>;  // since the source was made

    explicit FakeSource(Tell tell) : m_tell(std::move(tell)), m_begin(std::chrono::steady_clock::now()) {
        facts.name = "a device of the test";
        facts.covers = "nothing";
        facts.coreClock = "clock";
    }
    const PowerSourceInfo& info() const override { return facts; }
    Reading read() override {
        ++reads;
        Reading reading;
        reading.time = std::chrono::steady_clock::now();
        m_tell(std::chrono::duration<double>(reading.time - m_begin).count(), reading);
        return reading;
    }

    PowerSourceInfo facts;
    std::atomic<int> reads = 0;

private:
    Tell m_tell;
    std::chrono::steady_clock::time_point m_begin;
};

/// `count` readings, one every `stepSeconds`.
inline std::vector<Reading> readingsOf(std::size_t count, double stepSeconds, const FakeSource::Tell& tell) {
    std::vector<Reading> readings(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double seconds = stepSeconds * static_cast<double>(i);
        readings[i].time = std::chrono::steady_clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
        tell(seconds, readings[i]);
    }
    return readings;
}

inline std::chrono::steady_clock::time_point at(double seconds) {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

}  // namespace trimtab::profiler::test
