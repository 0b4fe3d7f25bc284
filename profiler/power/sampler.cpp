#include "profiler/power/sampler.h"

#include <cassert>

namespace trimtab::profiler {
namespace {
using Clock = std::chrono::steady_clock;
}

Sampler::Sampler(PowerSource& source, const SamplingPlan& plan) : m_source(source), m_plan(plan), m_begin(Clock::now()) {
    assert(plan.mostReadings >= 4);
    readOnce();
    m_thread = std::thread([this] { sample(); });
}

Sampler::~Sampler() { end(); }

void Sampler::end() {
    if (!m_thread.joinable()) return;
    {
        const std::lock_guard lock(m_mutex);
        m_ends = true;
    }
    m_wake.notify_one();
    m_thread.join();
}

Samples Sampler::stop() {
    assert(m_thread.joinable());
    end();
    readOnce();
    const auto elapsed = Clock::now() - m_begin;
    const double share = std::chrono::duration<double>(m_reading) / std::chrono::duration<double>(elapsed);
    return {std::move(m_readings), std::chrono::duration<double, std::milli>(m_plan.period).count(), share};
}

void Sampler::sample() {
    auto next = m_begin + m_plan.period;
    std::unique_lock lock(m_mutex);
    while (!m_wake.wait_until(lock, next, [this] { return m_ends; })) {
        lock.unlock();
        readOnce();
        lock.lock();
        // A slow reading, or a thread that did not get its turn, leaves readings out and does not catch up.
        next = std::max(next + m_plan.period, Clock::now());
    }
}

void Sampler::readOnce() {
    if (m_readings.size() >= m_plan.mostReadings) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m_readings.size(); i += 2) m_readings[kept++] = m_readings[i];
        m_readings.resize(kept);
        m_plan.period *= 2;
    }
    const auto begin = Clock::now();
    m_readings.push_back(m_source.read());
    m_reading += Clock::now() - begin;
}

}  // namespace trimtab::profiler
