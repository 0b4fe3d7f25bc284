#pragma once
// What one run of a trial is, as its setting says: inputs through the model, or of a language model a prompt that is read, or a step behind
// one.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/ipc/messages.h"
#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {

/// Used by one thread.
class TimedRun {
public:
    virtual ~TimedRun() = default;
    /// Ahead of every run, and no part of it.
    virtual Status makeReady() { return {}; }
    virtual Status once(trace::NodeListener* listener = nullptr) = 0;
    /// Listens to once() in its place where nodes call no listener (runtime::CompiledModel); null where they do.
    virtual Result<std::unique_ptr<runtime::LibraryRecording>> recordItself() { return nullptr; }
    /// The rows of the plan that once() takes. REQUIRES: it was made ready.
    virtual std::vector<trace::LayerRecord> layers() const = 0;
    /// Samples, or sequences side by side.
    virtual std::int64_t batch() const = 0;
    virtual std::int64_t weightBytes() const = 0;
    virtual std::int64_t arenaBytes() const = 0;
    virtual trial::Environment environment() const = 0;
};

/// `inputFiles`: input → .npy. Usage where a prompt is timed and files are named.
Result<std::shared_ptr<TimedRun>> timedRun(const ipc::ModelRequest& request, const std::map<std::string, std::string>& inputFiles,
                                           Workbench& bench, const Call& call);

/// That has run once: plans are made and weights packed. It is ready for the next.
Result<std::shared_ptr<TimedRun>> readyRun(const ipc::ModelRequest& request, const std::map<std::string, std::string>& inputFiles,
                                           Workbench& bench, const Call& call);

}  // namespace trimtab::worker
