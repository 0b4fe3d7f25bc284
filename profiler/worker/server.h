#pragma once
// Answers requests from standard input, one after the other, on the thread that calls serve(). A second thread reads: so that a
// cancel is seen while a call runs, and so that the process ends when its input closes, whatever it is doing.
#include <map>
#include <string>

#include "profiler/worker/call.h"

namespace trimtab::worker {

class Server {
public:
    /// `bench` outlives the server.
    explicit Server(Workbench& bench) : m_bench(bench) {}
    void add(const std::string& name, Method method) { m_methods[name] = std::move(method); }

    /// Returns the process's exit status when the input has closed between two calls. Does not return when it closes during one: the
    /// call is told to stop and the process ends, after a second at the latest.
    int serve(int readDescriptor, int writeDescriptor);

private:
    Workbench& m_bench;
    std::map<std::string, Method> m_methods;
};

}  // namespace trimtab::worker
