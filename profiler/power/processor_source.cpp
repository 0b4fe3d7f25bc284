#include "profiler/power/processor_source.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include <sched.h>

#include <fmt/format.h>

namespace trimtab::profiler {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostProcessors = 8;

Result<std::string> readText(const fs::path& path) {
    errno = 0;
    std::ifstream file(path);
    std::string line;
    if (file && std::getline(file, line)) return line;
    if (errno == EACCES || errno == EPERM) return fail(ErrorCode::Refused, "permission denied", path.string());
    return fail(ErrorCode::NotFound, errno ? std::strerror(errno) : "empty", path.string());
}

std::vector<int> processorsOfThisProcess() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    std::vector<int> all;
    if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return {0};
    for (int i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(i, &allowed)) all.push_back(i);
    std::vector<int> some;
    const std::size_t count = std::min(all.size(), kMostProcessors);
    for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
    return some;
}

std::vector<fs::path> foldersOf(const fs::path& folder, std::string_view beginning) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().filename().string().starts_with(beginning)) found.push_back(entry->path());
    std::ranges::sort(found);
    return found;
}

/// A counter in microjoules that begins at 0 again behind its range.
struct Package {
    fs::path file;
    std::optional<double> range, last;
    double sum = 0;

    /// Since the first call; nullopt where it has begun anew and the range is not known.
    std::optional<double> advance(double now) {
        if (last && now < *last && !range) return std::nullopt;
        if (last) sum += now >= *last ? now - *last : *range - *last + now;
        last = now;
        return sum;
    }
};

class ProcessorSource final : public PowerSource {
public:
    explicit ProcessorSource(SystemFiles files) : m_files(std::move(files)) {
        m_info.name = "powercap and cpufreq";
        m_info.covers = "the processor packages, without memory";
        m_info.coreClock = "core clock";
        m_info.missing["power"] = "powercap has counters alone";
        m_info.missing["memory clock"] = m_info.missing["throttle reasons"] = "the system does not tell it";
        findPackages();
        findClocks();
        findZone();
    }

    const PowerSourceInfo& info() const override { return m_info; }

    Reading read() override {
        Reading reading;
        reading.time = std::chrono::steady_clock::now();
        reading.joules = joules();
        for (const fs::path& file : m_clocks)
            if (const auto kilohertz = number(file)) reading.coreMHz = std::max(reading.coreMHz.value_or(0), 1e-3 * *kilohertz);
        if (!m_zone.empty())
            if (const auto thousandths = number(m_zone)) reading.celsius = 1e-3 * *thousandths;
        return reading;
    }

private:
    std::optional<double> number(const fs::path& file) const {
        const auto text = m_files.read(file);
        if (!text) return std::nullopt;
        double value = 0;
        if (std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) return std::nullopt;
        return value;
    }

    std::optional<double> joules() {
        if (m_packages.empty()) return std::nullopt;
        double sum = 0;
        for (Package& package : m_packages) {
            const auto now = number(package.file);
            const auto counted = now ? package.advance(*now) : std::nullopt;
            if (!counted) return std::nullopt;
            sum += *counted;
        }
        return 1e-6 * sum;
    }

    void findPackages() {
        for (const fs::path& zone : foldersOf(m_files.root / "class/powercap", "intel-rapl:")) {
            const auto name = m_files.read(zone / "name");
            if (!name || !name->starts_with("package-")) continue;  // what is inside a package, or holds it, would count twice
            const auto value = m_files.read(zone / "energy_uj");
            if (!value) return giveUp(zone, value.error());
            m_packages.push_back({zone / "energy_uj", number(zone / "max_energy_range_uj"), {}});
        }
        if (m_packages.empty())
            m_info.missing["energy counter"] = m_info.missing["power"] =
                "no powercap zones of a processor are here (virtual machines rarely have them)";
    }

    /// The sum of some packages would be that of none.
    void giveUp(const fs::path& zone, const Error& error) {
        m_packages.clear();
        const std::string file = (zone / "energy_uj").string();
        m_info.missing["energy counter"] = m_info.missing["power"] =
            error.code == ErrorCode::Refused
                ? file + " is kept to the administrator (so since Linux 5.10): let this user read it (chmod a+r), or run as root"
                : file + " can not be read: " + error.message;
    }

    void findClocks() {
        for (const int processor : m_files.processors) {
            const fs::path file = m_files.root / fmt::format("devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq", processor);
            if (number(file)) m_clocks.push_back(file);
        }
        if (m_clocks.empty()) m_info.missing["core clock"] = "no cpufreq is here (virtual machines rarely have it)";
    }

    /// The package's own zone before another that is named after the processor.
    void findZone() {
        for (const char* wanted : {"x86_pkg_temp", "cpu"}) {
            for (const fs::path& zone : foldersOf(m_files.root / "class/thermal", "thermal_zone")) {
                const auto type = m_files.read(zone / "type");
                if (!m_zone.empty() || !type || type->find(wanted) == std::string::npos || !number(zone / "temp")) continue;
                m_zone = zone / "temp";
            }
        }
        if (m_zone.empty()) m_info.missing["temperature"] = "no thermal zone of a processor is here";
    }

    SystemFiles m_files;
    PowerSourceInfo m_info;
    std::vector<Package> m_packages;
    std::vector<fs::path> m_clocks;
    fs::path m_zone;
};

}  // namespace

SystemFiles SystemFiles::ofThisMachine() { return {"/sys", readText, processorsOfThisProcess()}; }

std::unique_ptr<PowerSource> processorSource(SystemFiles files) { return std::make_unique<ProcessorSource>(std::move(files)); }

}  // namespace trimtab::profiler
