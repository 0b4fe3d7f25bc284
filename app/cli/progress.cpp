#include "app/cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app/cli/table.h"

namespace trimtab::cli {
namespace {

std::size_t terminalWidth() {
    winsize size{};
    constexpr std::size_t kUsual = 80;
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

}  // namespace

Progress::Progress(bool quiet) : m_quiet(quiet), m_terminal(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    const std::lock_guard lock(m_mutex);
    clear();
}

void Progress::clear() {
    if (m_width == 0) return;
    fmt::print(stderr, "\r{:{}}\r", "", m_width);
    std::fflush(stderr);
    m_width = 0;
}

void Progress::show(double share, const std::string& what) {
    if (m_quiet || !m_terminal) return;
    const std::lock_guard lock(m_mutex);
    std::string line = share < 0 ? what : fmt::format("{:3.0f} %  {}", 100 * std::min(share, 1.0), what);
    line = clipped(line, terminalWidth() - 1);
    const std::size_t width = displayWidth(line);
    fmt::print(stderr, "\r{}{:{}}", line, "", m_width > width ? m_width - width : 0);
    std::fflush(stderr);
    m_width = width;
}

void Progress::say(const std::string& line) {
    if (m_quiet) return;
    const std::lock_guard lock(m_mutex);
    clear();
    fmt::print(stderr, "{}\n", line);
}

std::string formatSeconds(double seconds) {
    if (!(seconds >= 0)) return {};
    const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace trimtab::cli
