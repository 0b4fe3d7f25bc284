#include "profiler/worker/power_recording.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "kernels/cuda/libraries/driver.h"
#include "profiler/power/clock_summary.h"
#include "profiler/power/energy.h"
#include "profiler/power/nvml_library.h"
#include "profiler/power/nvml_source.h"
#include "profiler/power/processor_source.h"

namespace trimtab::worker {
namespace {

bool isGpu(const std::string& engine, const std::string& device) {
    return engine == "cuda" || device.starts_with("cuda") || device.starts_with("tensorrt");
}

/// 1 of "cuda:1"; 0 where no number stands.
int ordinalOf(const std::string& device) {
    int ordinal = 0;
    if (const auto colon = device.find(':'); colon != std::string::npos)
        std::from_chars(device.data() + colon + 1, device.data() + device.size(), ordinal);
    return ordinal;
}

std::int64_t lengthOf(const trace::Trace& trace) {
    std::int64_t length = 0;
    for (const trace::Span& span : trace.spans) length = std::max(length, span.endNs());
    return length;
}

}  // namespace

Result<std::unique_ptr<profiler::PowerSource>> openPowerSource(const std::string& engine, const std::string& device) {
    if (!isGpu(engine, device)) return profiler::processorSource();
    TRIMTAB_TRY(const std::string id, cuda::pciBusId(ordinalOf(device)));
    TRIMTAB_TRY(const profiler::nvml::Library library, profiler::nvml::open());
    return profiler::nvmlSource(library, id);
}

PowerRecording::PowerRecording(profiler::PowerSource* source) : m_source(source) {
    if (m_source && (m_source->info().tellsClocks() || m_source->info().tellsEnergy())) m_sampler.emplace(*m_source);
}

void PowerRecording::stop() {
    if (m_sampler) m_samples = m_sampler->stop();
    m_sampler.reset();
}

void PowerRecording::finish(const profiler::Timeline& wall, trace::Profile& profile) const {
    assert(!m_sampler);
    if (!m_source) return;
    const profiler::PowerSourceInfo& info = m_source->info();
    const auto begin = wall.begin();
    if (!info.tellsClocks()) profile.noClocks = info.reasons({"core clock", "temperature"});
    else if (begin) profile.clocks = profiler::summary(m_samples, info, *begin);
    profile.throttled = profile.throttled || profiler::wasSlowed(m_samples.readings);
    if (begin) profile.trace.counters = profiler::seriesOf(m_samples.readings, info, *begin, lengthOf(profile.trace));
}

Status recordEnergy(TimedRun& run, profiler::PowerSource& source, const Call& call, std::optional<trace::Energy>& energy,
                    std::string& noEnergy) {
    const profiler::Subject subject{[&run] { return run.once(); }, [&run] { return run.makeReady(); }};
    profiler::EnergyPlan plan;
    plan.cancelled = call.cancelled;
    plan.progress = [&call](double share) { call.progress(share, "measuring energy"); };
    const auto measured = profiler::measureEnergy(subject, source, plan);
    if (measured) energy = *measured;
    else if (measured.error().code == ErrorCode::Cancelled) return fail(measured.error());
    else noEnergy = measured.error().text();
    return {};
}

}  // namespace trimtab::worker
