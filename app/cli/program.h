#pragma once
// What every command shares: the options that stand everywhere, the way to a worker, where results go.
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/base/json.h"
#include "core/ipc/client.h"

namespace trimtab::cli {

struct CommonOptions {
    bool json = false;
    int threads = 0;
    std::uint64_t seed = 1;
    int verbosity = 0;  // −1 quiet
    std::int64_t memoryLimit = 0;
};

/// One run of the program. A command stores its work in `action` while the command line is parsed; main() then does it.
struct Program {
    CommonOptions options;
    std::function<Status()> action;
    std::stop_source stop;  // requested by Ctrl+C

    ipc::WorkerOptions workerOptions() const { return {{}, options.memoryLimit, options.verbosity}; }
    Result<std::unique_ptr<ipc::WorkerClient>> startWorker() const { return ipc::WorkerClient::start(workerOptions()); }
    /// One call to a fresh worker, its progress shown on standard error.
    Result<Json> callWorker(const std::string& method, Json params);

    /// The one document of --json.
    void printJson(const Json& json) const;
    bool quiet() const { return options.verbosity < 0; }
};

/// The path made absolute, as the worker wants it.
std::string absolutePath(const std::string& path);

}  // namespace trimtab::cli
