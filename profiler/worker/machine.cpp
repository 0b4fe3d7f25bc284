#include "profiler/worker/machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/memory_budget.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRIMTAB_SANITIZED 1
#else
#define TRIMTAB_SANITIZED 0
#endif

namespace trimtab::worker {
namespace {

constexpr std::int64_t kUncountedReserve = 512LL << 20;

/// The value of the first line "key<separator>value"; nullopt when there is none.
std::optional<std::string> lineValue(const char* path, const std::string& key, char separator) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (line.compare(0, key.size(), key) != 0) continue;
        const std::size_t split = line.find(separator);
        if (split == std::string::npos) continue;
        std::string value = line.substr(split + 1);
        std::erase(value, '"');
        value.erase(0, value.find_first_not_of(" \t"));
        return value;
    }
    return std::nullopt;
}

/// The number a file of the control group holds; nullopt for "max" and where the file is missing.
std::optional<std::int64_t> groupLimit(const char* path) {
    std::ifstream file(path);
    std::int64_t value = 0;
    if (!(file >> value) || value <= 0) return std::nullopt;
    return value;
}

/// Of one cache of a processor; 0 where the system does not say.
std::int64_t cacheBytes(int processor, int index) {
    std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/cache/index{}/size", processor, index));
    std::int64_t kibibytes = 0;
    return file >> kibibytes && kibibytes > 0 && file.get() == 'K' ? kibibytes << 10 : 0;
}

/// Which of the first processor's caches has the highest level.
std::optional<int> lastLevelCacheIndex() {
    std::optional<int> found;
    int highest = 0;
    for (int index = 0;; ++index) {
        std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/level", index));
        int level = 0;
        if (!(file >> level)) return found;
        if (level <= highest || cacheBytes(0, index) == 0) continue;
        highest = level;
        found = index;
    }
}

}  // namespace

std::string processorName() {
    return lineValue("/proc/cpuinfo", "model name", ':').value_or("unknown processor");
}

std::string systemName() {
    utsname names{};
    const bool known = ::uname(&names) == 0;
    const std::string kernel = known ? std::string(names.sysname) + " " + names.release : "unknown kernel";
    return lineValue("/etc/os-release", "PRETTY_NAME", '=').value_or("unknown system") + ", " + kernel;
}

std::string hostHash() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) return "unknown";
    return base::sha256(std::string_view(host.data())).substr(0, 16);
}

std::int64_t physicalMemory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long pageBytes = ::sysconf(_SC_PAGESIZE);
    std::int64_t bytes = pages > 0 && pageBytes > 0 ? std::int64_t{pages} * pageBytes : std::int64_t{4} << 30;
    for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
        if (const auto limit = groupLimit(path)) bytes = std::min(bytes, *limit);
    return bytes;
}

std::optional<std::int64_t> lastLevelCacheBytes() {
    const auto index = lastLevelCacheIndex();
    return index ? std::optional(cacheBytes(0, *index)) : std::nullopt;
}

std::int64_t allCacheBytes() {
    const auto index = lastLevelCacheIndex();
    std::set<std::string> seen;  // by the processors that share one
    std::int64_t bytes = 0;
    for (int processor = 0; index; ++processor) {
        std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/cache/index{}/shared_cpu_list", processor, *index));
        std::string sharers;
        if (!(file >> sharers)) break;
        if (seen.insert(sharers).second) bytes += cacheBytes(processor, *index);
    }
    return bytes;
}

trial::Environment environmentOf(const runtime::EngineInfo& engine) {
    const bool isProcessor = engine.device.empty();
    return {.engine = engine.name,
            .engineVersion = engine.version,
            .instructionSet = engine.instructionSet,
            .threads = engine.threads,
            .device = isProcessor ? processorName() : engine.device,
            .host = hostHash(),
            .system = systemName(),
            .lastLevelCacheBytes = isProcessor ? lastLevelCacheBytes() : std::nullopt};
}

std::int64_t defaultMemoryLimit() { return physicalMemory() / 5 * 4; }

void limitMemory(std::int64_t bytes) {
    base::MemoryBudget::process().setLimit(bytes);
    if (TRIMTAB_SANITIZED) return;
    const auto limit =
        static_cast<rlim_t>(std::min(bytes, std::numeric_limits<std::int64_t>::max() - kUncountedReserve) + kUncountedReserve);
    rlimit current{};
    if (::getrlimit(RLIMIT_DATA, &current) != 0) return;
    current.rlim_cur = current.rlim_max == RLIM_INFINITY ? limit : std::min(limit, current.rlim_max);
    (void)::setrlimit(RLIMIT_DATA, &current);
}

}  // namespace trimtab::worker
