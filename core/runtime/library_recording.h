#pragma once
// Libraries that run a whole graph fuse its nodes and move them by their own rules. Some record when those ran: then the profile's rows are
// theirs, each with the nodes of the model that it grew from.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"

namespace trimtab::runtime {

struct LibraryRecord {
    struct Event {
        std::int32_t layer = 0;    // index into `layers`
        std::int64_t beginNs = 0;  // since the run began
        std::int64_t durationNs = 0;
    };
    struct Run {
        std::chrono::steady_clock::time_point begin;
        std::vector<Event> events;  // one behind the other
    };

    std::string name;                        // of the library: "ONNX Runtime"
    std::vector<trace::LayerRecord> layers;  // of the library's own nodes, without times
    std::vector<Run> runs;                   // as they came
};

/// Passed to CompiledModel::run() as its listener: such a run is recorded. It must not outlive the model.
class LibraryRecording : public trace::NodeListener {
public:
    void beginNode(std::int32_t) override {}
    void endNode(std::int32_t) override {}

    /// Ends the recording. Failed where the library left nothing that can be read.
    virtual Result<LibraryRecord> finish() = 0;
};

}  // namespace trimtab::runtime
