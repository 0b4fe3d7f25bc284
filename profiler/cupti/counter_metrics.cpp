#include "profiler/cupti/counter_metrics.h"

#include <array>
#include <cmath>
#include <utility>

namespace trimtab::cupti {
namespace {

constexpr double kPercent = 0.01;

struct Metric {
    const char* metric;
    const char* name;  // of what it says
    double unit;       // of one of the metric's
};

constexpr const char* kStalled = "warps_stalled_on_memory";
constexpr const char* kWarps = "warps_active";

constexpr std::array kMetrics{
    Metric{"gpu__time_duration.sum", "device_ns", 1},
    Metric{"dram__bytes_read.sum", "dram_read_bytes", 1},
    Metric{"dram__bytes_write.sum", "dram_written_bytes", 1},
    Metric{"lts__t_bytes.sum", "l2_bytes", 1},
    Metric{"sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_elapsed", "tensor_active", kPercent},
    Metric{"sm__pipe_fma_cycles_active.avg.pct_of_peak_sustained_elapsed", "fma_active", kPercent},
    Metric{"sm__pipe_alu_cycles_active.avg.pct_of_peak_sustained_elapsed", "alu_active", kPercent},
    Metric{"sm__warps_active.avg.pct_of_peak_sustained_active", "occupancy", kPercent},
    Metric{"smsp__issue_active.avg.pct_of_peak_sustained_active", "issue_active", kPercent},
    Metric{"smsp__warps_issue_stalled_long_scoreboard.sum", kStalled, 1},
    Metric{"smsp__warps_active.sum", kWarps, 1},
};

const Metric& metricOf(const char* name) {
    for (const Metric& metric : kMetrics)
        if (std::string_view(metric.metric) == name) return metric;
    return kMetrics.front();
}

/// CUPTI's object, to be given back with endHost.
Result<CUpti_Profiler_Host_Object*> begin(const CounterLibrary& library, const std::string& chip) {
    CUpti_Profiler_Host_Initialize_Params params{CUpti_Profiler_Host_Initialize_Params_STRUCT_SIZE};
    params.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
    params.pChipName = chip.c_str();
    TRIMTAB_REQUIRE(library.check(library.beginHost(&params), "asking what a " + chip + " can count"));
    return params.pHostObject;
}

void end(const CounterLibrary& library, CUpti_Profiler_Host_Object* host) {
    CUpti_Profiler_Host_Deinitialize_Params params{CUpti_Profiler_Host_Deinitialize_Params_STRUCT_SIZE};
    params.pHostObject = host;
    static_cast<void>(library.endHost(&params));
}

CUptiResult add(const CounterLibrary& library, CUpti_Profiler_Host_Object* host, const char** names, std::size_t count) {
    CUpti_Profiler_Host_ConfigAddMetrics_Params params{CUpti_Profiler_Host_ConfigAddMetrics_Params_STRUCT_SIZE};
    params.pHostObject = host;
    params.ppMetricNames = names;
    params.numMetrics = count;
    return library.addMetrics(&params);
}

/// One that a chip lacks spoils the object that it was asked of.
Result<std::vector<const char*>> knownOf(const CounterLibrary& library, const std::string& chip) {
    std::vector<const char*> known;
    for (const Metric& metric : kMetrics) {
        TRIMTAB_TRY(CUpti_Profiler_Host_Object* const host, begin(library, chip));
        const char* name = metric.metric;
        if (add(library, host, &name, 1) == CUPTI_SUCCESS) known.push_back(name);
        end(library, host);
    }
    return known;
}

/// The share stands in place of what it was formed of.
void formShares(trace::LayerCounters& counters) {
    const auto stalled = counters.at(kStalled), warps = counters.at(kWarps);
    if (stalled && warps && *warps > 0) counters.values["stalled_on_memory"] = *stalled / *warps;
    counters.values.erase(kStalled);
    counters.values.erase(kWarps);
}

}  // namespace

Result<CounterMetrics> CounterMetrics::of(const CounterLibrary& library, const std::string& chip) {
    CounterMetrics metrics(library);
    TRIMTAB_TRY(metrics.m_names, knownOf(library, chip));
    if (metrics.m_names.empty()) return fail(ErrorCode::Unsupported, "CUPTI has none of the counters that are wanted of a " + chip);
    TRIMTAB_TRY(metrics.m_host, begin(library, chip));
    TRIMTAB_REQUIRE(library.check(add(library, metrics.m_host, metrics.m_names.data(), metrics.m_names.size()), "choosing counters"));
    TRIMTAB_REQUIRE(metrics.makeConfig());
    return metrics;
}

CounterMetrics::CounterMetrics(CounterMetrics&& other) noexcept
    : m_library(other.m_library),
      m_host(std::exchange(other.m_host, nullptr)),
      m_names(std::move(other.m_names)),
      m_config(std::move(other.m_config)),
      m_passes(other.m_passes) {}

CounterMetrics::~CounterMetrics() {
    if (m_host) end(m_library, m_host);
}

Status CounterMetrics::makeConfig() {
    CUpti_Profiler_Host_GetConfigImageSize_Params size{CUpti_Profiler_Host_GetConfigImageSize_Params_STRUCT_SIZE};
    size.pHostObject = m_host;
    TRIMTAB_REQUIRE(m_library.check(m_library.configSize(&size), "asking how long a choice of counters is"));
    m_config.resize(size.configImageSize);
    CUpti_Profiler_Host_GetConfigImage_Params image{CUpti_Profiler_Host_GetConfigImage_Params_STRUCT_SIZE};
    image.pHostObject = m_host;
    image.configImageSize = m_config.size();
    image.pConfigImage = m_config.data();
    TRIMTAB_REQUIRE(m_library.check(m_library.config(&image), "writing down a choice of counters"));
    CUpti_Profiler_Host_GetNumOfPasses_Params passes{CUpti_Profiler_Host_GetNumOfPasses_Params_STRUCT_SIZE};
    passes.configImageSize = m_config.size();
    passes.pConfigImage = m_config.data();
    TRIMTAB_REQUIRE(m_library.check(m_library.passes(&passes), "asking how many runs the counters take"));
    m_passes = passes.numOfPasses;
    return {};
}

Result<trace::LayerCounters> CounterMetrics::read(const std::vector<std::uint8_t>& data, std::size_t range) const {
    std::vector<const char*> names = m_names;
    std::vector<double> values(names.size(), 0);
    CUpti_Profiler_Host_EvaluateToGpuValues_Params params{CUpti_Profiler_Host_EvaluateToGpuValues_Params_STRUCT_SIZE};
    params.pHostObject = m_host;
    params.pCounterDataImage = data.data();
    params.counterDataImageSize = data.size();
    params.rangeIndex = range;
    params.ppMetricNames = names.data();
    params.numMetrics = names.size();
    params.pMetricValues = values.data();
    TRIMTAB_REQUIRE(m_library.check(m_library.evaluate(&params), "reading counters"));
    trace::LayerCounters counters;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Metric& metric = metricOf(m_names[i]);
        if (std::isfinite(values[i])) counters.values[metric.name] = metric.unit * values[i];
    }
    formShares(counters);
    return counters;
}

}  // namespace trimtab::cupti
