#pragma once
// One trimtab-worker process and the calls to it. The worker ends when its standard input closes, so it never outlives its client.
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/base/json.h"

namespace trimtab::ipc {

struct WorkerOptions {
    std::filesystem::path program;    // empty: trimtab-worker beside this program, else in PATH
    std::int64_t memoryLimit = 0;     // bytes; 0: four fifths of the machine's memory
    int verbosity = 0;
};

using CallProgress = std::function<void(double share, const std::string& what)>;

/// Thread-safe; calls of one client are answered one after the other.
class WorkerClient {
public:
    static Result<std::unique_ptr<WorkerClient>> start(const WorkerOptions& options = {});
    virtual ~WorkerClient() = default;

    /// Sends a request and waits for its answer. The worker's own errors come back with their code; WorkerDied (with its signal or exit
    /// status) when the process ends first; Cancelled when `stop` is requested: the worker is told first and killed if it does not answer
    /// within two seconds.
    virtual Result<Json> call(const std::string& method, Json params, const CallProgress& progress = {}, std::stop_token stop = {}) = 0;

    virtual int processId() const = 0;
};

}  // namespace trimtab::ipc
