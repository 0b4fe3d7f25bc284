#pragma once
// Which of a chip's metrics are read, and what they say (names as of NVIDIA's Nsight Compute documentation, "Metrics Structure"). Worked
// out on the host: no device is needed.
#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/layer_counters.h"
#include "profiler/cupti/counter_library.h"

namespace trimtab::cupti {

/// Holds CUPTI's object for one chip, such as "GH100".
class CounterMetrics {
public:
    /// Those of the metrics that the chip has. Unsupported where CUPTI does not know the chip, or it has none of them.
    static Result<CounterMetrics> of(const CounterLibrary& library, const std::string& chip);
    CounterMetrics(CounterMetrics&& other) noexcept;
    CounterMetrics& operator=(CounterMetrics&&) = delete;
    ~CounterMetrics();

    /// CUPTI's names.
    const std::vector<const char*>& names() const { return m_names; }
    /// What a device is told to count.
    const std::vector<std::uint8_t>& config() const { return m_config; }
    /// Runs that it takes until all was counted.
    std::size_t passes() const { return m_passes; }
    /// What was counted in a range of decoded data.
    Result<trace::LayerCounters> read(const std::vector<std::uint8_t>& data, std::size_t range) const;

private:
    explicit CounterMetrics(const CounterLibrary& library) : m_library(library) {}
    Status makeConfig();

    const CounterLibrary& m_library;
    CUpti_Profiler_Host_Object* m_host = nullptr;
    std::vector<const char*> m_names;
    std::vector<std::uint8_t> m_config;
    std::size_t m_passes = 0;
};

}  // namespace trimtab::cupti
