#pragma once
// Progress on standard error: one line that rewrites itself on a terminal, nothing elsewhere but whole lines that are worth keeping.
#include <mutex>
#include <string>

namespace trimtab::cli {

/// Thread-safe: workers report from threads of their own.
class Progress {
public:
    explicit Progress(bool quiet);
    /// Clears the line.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Share in 0…1, or negative when it is not known.
    void show(double share, const std::string& what);
    /// A line that stays.
    void say(const std::string& line);

private:
    void clear();
    std::mutex m_mutex;
    bool m_quiet;
    bool m_terminal;
    std::size_t m_width = 0;  // columns of the line that stands now
};

/// "3 min 20 s", "45 s"; empty for negative seconds.
std::string formatSeconds(double seconds);

}  // namespace trimtab::cli
