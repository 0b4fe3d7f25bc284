#include "profiler/power/nvml_source.h"

#include <array>

#include <fmt/format.h>

namespace trimtab::profiler {
namespace {

/// "On Ampere (except GA100) or newer GPUs, the API returns power averaged over 1 sec interval" (nvmlDeviceGetPowerUsage).
constexpr double kAveragedSeconds = 1;

class NvmlSource final : public PowerSource {
public:
    explicit NvmlSource(const nvml::Library& library) : m_library(library) {
        m_info.name = "NVML";
        m_info.covers = "the GPU's whole board";
        m_info.coreClock = "SM clock";
        m_info.averagedSeconds = kAveragedSeconds;
    }
    ~NvmlSource() override {
        if (m_started) static_cast<void>(m_library.shutdown());
    }
    NvmlSource(const NvmlSource&) = delete;
    NvmlSource& operator=(const NvmlSource&) = delete;

    Status start(const std::string& pciBusId) {
        if (const int result = m_library.init(); result != nvml::kSuccess)
            return fail(ErrorCode::Unsupported, "NVML does not start: " + m_library.answer(result));
        m_started = true;
        if (const int result = m_library.handleByPciBusId(pciBusId.c_str(), &m_device); result != nvml::kSuccess)
            return fail(ErrorCode::Unsupported, fmt::format("NVML has no GPU {}: {}", pciBusId, m_library.answer(result)));
        unsigned number = 0;
        unsigned long long large = 0;
        look("power", "nvmlDeviceGetPowerUsage", m_library.powerUsage, &number);
        look("energy counter", "nvmlDeviceGetTotalEnergyConsumption", m_library.totalEnergy, &large);
        look("core clock", "nvmlDeviceGetClockInfo", m_library.clockInfo, nvml::kSmClock, &number);
        look("memory clock", "nvmlDeviceGetClockInfo", m_library.clockInfo, nvml::kMemoryClock, &number);
        look("temperature", "nvmlDeviceGetTemperature", m_library.temperature, nvml::kGpuSensor, &number);
        look("throttle reasons", "nvmlDeviceGetCurrentClocksEventReasons", m_library.clocksEventReasons, &large);
        return {};
    }

    const PowerSourceInfo& info() const override { return m_info; }

    Reading read() override {
        Reading reading;
        // The counter first: energy is what the time must go with.
        reading.time = std::chrono::steady_clock::now();
        const auto millijoules = ask<unsigned long long>("energy counter", m_library.totalEnergy);
        if (millijoules) reading.joules = 1e-3 * static_cast<double>(*millijoules);
        if (const auto value = ask<unsigned>("power", m_library.powerUsage)) reading.watts = 1e-3 * *value;
        if (const auto value = ask<unsigned>("core clock", m_library.clockInfo, nvml::kSmClock)) reading.coreMHz = *value;
        if (const auto value = ask<unsigned>("memory clock", m_library.clockInfo, nvml::kMemoryClock)) reading.memoryMHz = *value;
        if (const auto value = ask<unsigned>("temperature", m_library.temperature, nvml::kGpuSensor)) reading.celsius = *value;
        const auto bits = ask<unsigned long long>("throttle reasons", m_library.clocksEventReasons);
        if (bits) reading.reasons = reasonsOfNvml(*bits);
        return reading;
    }

private:
    template <class Function, class... Arguments>
    void look(const char* quantity, const char* name, Function function, Arguments... arguments) {
        if (!function) {
            m_info.missing[quantity] = fmt::format("the driver's NVML has no {}", name);
            return;
        }
        if (const int result = function(m_device, arguments...); result != nvml::kSuccess)
            m_info.missing[quantity] = fmt::format("{}: {}", name, m_library.answer(result));
    }

    template <class T, class Function, class... Arguments>
    std::optional<T> ask(const char* quantity, Function function, Arguments... arguments) {
        T value = 0;
        if (!m_info.tells(quantity) || function(m_device, arguments..., &value) != nvml::kSuccess) return std::nullopt;
        return value;
    }

    nvml::Library m_library;
    nvml::Device m_device = nullptr;
    bool m_started = false;
    PowerSourceInfo m_info;
};

}  // namespace

std::uint32_t reasonsOfNvml(unsigned long long bits) {
    // Bit n of nvmlClocksEventReasons is reason n of these.
    constexpr std::array kReasons{kIdle,      kClockSetting,    kPowerCap,                kHardwareSlowdown,
                                  kSyncBoost, kThermalSlowdown, kHardwareThermalSlowdown, kPowerBrake, kDisplayClock};
    std::uint32_t reasons = 0;
    for (std::size_t bit = 0; bit < kReasons.size(); ++bit)
        if (bits >> bit & 1U) reasons |= kReasons[bit];
    if (bits >> kReasons.size()) reasons |= kOtherReason;
    return reasons;
}

Result<std::unique_ptr<PowerSource>> nvmlSource(const nvml::Library& library, const std::string& pciBusId) {
    auto source = std::make_unique<NvmlSource>(library);
    TRIMTAB_REQUIRE(source->start(pciBusId));
    return source;
}

}  // namespace trimtab::profiler
