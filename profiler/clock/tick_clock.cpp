#include "profiler/clock/tick_clock.h"

#include <cstdint>
#include <fstream>
#include <string>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace trimtab::profiler {
namespace {

using Steady = std::chrono::steady_clock;

#if defined(__x86_64__)
std::uint64_t ticks() { return __rdtsc(); }
#else
std::uint64_t ticks() { return 0; }
#endif

bool ticksCountTime() {
#if defined(__x86_64__)
    std::string source;
    std::ifstream("/sys/devices/system/clocksource/clocksource0/current_clocksource") >> source;
    if (source != "tsc") return false;
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);)
        if (line.starts_with("flags"))
            return line.find(" constant_tsc") != std::string::npos && line.find(" nonstop_tsc") != std::string::npos;
#endif
    return false;
}

/// Both clocks at one moment: of several tries the one that was disturbed least.
struct Moment {
    Steady::time_point time;
    std::uint64_t ticks = 0;

    static Moment now() {
        Moment best;
        auto least = Steady::duration::max();
        for (int i = 0; i < 16; ++i) {
            const auto before = Steady::now();
            const std::uint64_t read = trimtab::profiler::ticks();
            const auto after = Steady::now();
            if (after - before >= least) continue;
            least = after - before;
            best = {before + least / 2, read};
        }
        return best;
    }
};

struct Rate {
    Moment begin;
    double nanosecondsPerTick = 0;  // 0: ticks are not read

    Rate() {
        if (!ticksCountTime()) return;
        begin = Moment::now();
        while (Steady::now() - begin.time < std::chrono::milliseconds(20)) {
        }
        const Moment end = Moment::now();
        if (end.ticks <= begin.ticks) return;
        nanosecondsPerTick =
            static_cast<double>(std::chrono::nanoseconds(end.time - begin.time).count()) / static_cast<double>(end.ticks - begin.ticks);
    }
};

const Rate& rate() {
    static const Rate known;
    return known;
}

}  // namespace

TickClock::time_point TickClock::now() {
    const Rate& known = rate();
    if (known.nanosecondsPerTick == 0) return Steady::now();
    const auto passed = static_cast<double>(static_cast<std::int64_t>(ticks() - known.begin.ticks));
    return known.begin.time + std::chrono::nanoseconds(static_cast<std::int64_t>(passed * known.nanosecondsPerTick));
}

bool TickClock::readsTicks() { return rate().nanosecondsPerTick != 0; }

}  // namespace trimtab::profiler
