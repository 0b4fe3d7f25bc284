#include "profiler/host/processor_counters.h"

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

namespace trimtab::profiler {
namespace {

constexpr int kAllowsOwnThreads = 2;  // of kernel.perf_event_paranoid

struct Wanted {
    const char* name;
    std::uint64_t config;
};
constexpr std::array kWanted{Wanted{"cycles", PERF_COUNT_HW_CPU_CYCLES}, Wanted{"instructions", PERF_COUNT_HW_INSTRUCTIONS},
                             Wanted{"cache misses", PERF_COUNT_HW_CACHE_MISSES}};

/// What the kernel hands back of one counter in the format asked for below.
struct Reading {
    std::uint64_t value = 0, enabled = 0, running = 0;
};

std::vector<pid_t> threads() {
    std::vector<pid_t> ids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
        const std::string name = entry.path().filename().string();
        pid_t id = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), id).ec == std::errc{}) ids.push_back(id);
    }
    return ids;
}

int open(std::uint64_t config, pid_t thread) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.config = config;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return static_cast<int>(::syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

std::string reason(int error) {
    if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
        return "this processor, or the virtual machine around it, has no such counter";
    if (error == EACCES || error == EPERM) {
        int level = 0;
        std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
        if (file >> level && level > kAllowsOwnThreads)
            return fmt::format("the kernel does not allow it: kernel.perf_event_paranoid is {}, {} or less is needed", level,
                               kAllowsOwnThreads);
        return "a container or a security module does not allow it";
    }
    if (error == ENOSYS) return "this kernel has no perf events, or a container forbids them";
    return std::strerror(error);
}

}  // namespace

ProcessorCounters::ProcessorCounters() {
    const std::vector<pid_t> all = threads();
    for (const Wanted& wanted : kWanted) {
        Counter& counter = m_counters.emplace_back(Counter{wanted.name, {}, {}});
        for (const pid_t thread : all) {
            const int descriptor = open(wanted.config, thread);
            if (descriptor < 0 && errno == ESRCH) continue;  // it has ended
            if (descriptor < 0) {
                counter.unavailable = reason(errno);
                break;
            }
            counter.descriptors.push_back(descriptor);
        }
    }
}

ProcessorCounters::~ProcessorCounters() {
    for (const Counter& counter : m_counters)
        for (const int descriptor : counter.descriptors) ::close(descriptor);
}

std::vector<trace::CounterTotal> ProcessorCounters::totals(std::int64_t runs) const {
    assert(runs >= 1);
    std::vector<trace::CounterTotal> totals;
    for (const Counter& counter : m_counters) {
        trace::CounterTotal& total = totals.emplace_back(trace::CounterTotal{counter.name, 0, counter.unavailable});
        if (!counter.unavailable.empty()) continue;
        bool everRan = false;
        for (const int descriptor : counter.descriptors) {
            Reading reading;
            if (::read(descriptor, &reading, sizeof(reading)) != sizeof(reading) || reading.running == 0) continue;
            everRan = true;
            const double scale = static_cast<double>(reading.enabled) / static_cast<double>(reading.running);
            total.perRun += scale * static_cast<double>(reading.value) / static_cast<double>(runs);
        }
        if (!everRan) total.unavailable = "the processor never had room for this counter";
    }
    return totals;
}

}  // namespace trimtab::profiler
