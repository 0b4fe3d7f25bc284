#pragma once
// Reads a source from time to time in a thread of its own.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "profiler/power/power_source.h"

namespace trimtab::profiler {

struct SamplingPlan {
    std::chrono::microseconds period{20'000};
    /// When so many are there, every second one goes and the period doubles, so that any length of time fits. REQUIRES: at least 4.
    std::size_t mostReadings = std::size_t{1} << 15;  // eleven minutes at first
};

struct Samples {
    std::vector<Reading> readings;  // by time
    double periodMs = 0;            // at the end
    double readingShare = 0;        // share of the time that the reading itself took
};

/// The source is the sampler's while it runs. Its methods are for one thread.
class Sampler {
public:
    /// Reads at once, and goes on. `source` must outlive it.
    explicit Sampler(PowerSource& source, const SamplingPlan& plan = {});
    ~Sampler();
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    /// Ends, with one more reading. REQUIRES: it was not stopped.
    Samples stop();

private:
    void sample();
    void readOnce();
    void end();

    PowerSource& m_source;
    SamplingPlan m_plan;
    std::chrono::steady_clock::time_point m_begin;
    std::chrono::steady_clock::duration m_reading{};
    std::vector<Reading> m_readings;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_ends = false;
    std::thread m_thread;
};

}  // namespace trimtab::profiler
