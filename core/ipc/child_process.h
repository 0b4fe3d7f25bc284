#pragma once
// A child process whose standard input and output are pipes to this one. Its standard error is this process's own.
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>
#include <sys/types.h>

#include "core/base/result.h"

namespace trimtab::ipc {

/// "signal 9 (Killed)", "exit status 1".
std::string describeWaitStatus(int status);

class ChildProcess {
public:
    /// Every descriptor of the pipes is closed on exec; broken-pipe handling and the signal mask of the child are the defaults.
    static Result<std::unique_ptr<ChildProcess>> start(const std::filesystem::path& program, const std::vector<std::string>& arguments);
    /// Closes the pipes; REQUIRES: wait() has returned.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    pid_t id() const { return m_id; }
    int readDescriptor() const { return m_read; }
    int writeDescriptor() const { return m_write; }

    void closeInput();
    /// Kills the process unless it was waited for already (then its number may belong to another).
    void kill();
    /// Blocks until the process has ended; its wait status. Called once, by one thread.
    int wait();

private:
    ChildProcess(pid_t id, int read, int write) : m_id(id), m_read(read), m_write(write) {}
    const pid_t m_id;
    const int m_read;
    int m_write;
    std::mutex m_mutex;  // guards m_write and m_reaped
    bool m_reaped = false;
};

}  // namespace trimtab::ipc
