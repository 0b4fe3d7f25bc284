#pragma once
// Runs the real trimtab beside the tests, as a script would.
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace trimtab::testing_cli {

struct Ran {
    int status = -1;   // exit status; −1 when a signal ended it
    int signal = 0;
    std::string out;   // standard output
    std::string err;   // standard error
};

/// A running trimtab, or another program beside it, whose output is collected in files. Killed when the object goes.
class Running {
public:
    explicit Running(const std::vector<std::string>& arguments) : Running("trimtab", arguments) {}
    Running(const std::string& program, const std::vector<std::string>& arguments);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    pid_t id() const { return m_id; }
    /// Process ids of its children now.
    std::vector<pid_t> children() const;
    bool ended();
    /// True when it ended within that time.
    bool waitAtMost(int milliseconds);
    /// Standard output up to now.
    std::string told() const;
    Ran wait();
    void kill();

private:
    std::filesystem::path m_out;
    std::filesystem::path m_err;
    pid_t m_id = -1;
    bool m_reaped = false;
    int m_status = 0;
};

/// True when the process, which need not be a child, has ended or ends within that time.
bool endsWithin(pid_t id, int milliseconds);

Ran trimtab(const std::vector<std::string>& arguments);

}  // namespace trimtab::testing_cli
