#pragma once
// Runs recorded by ONNX Runtime's own profiler, in a session of their own: the model's stays as fast as it is. The profiler tells whole
// microseconds, and writes its file when the session ends it.
#include <filesystem>
#include <functional>

#include "core/base/file.h"
#include "core/runtime/library_recording.h"
#include "kernels/onnxruntime/session.h"

namespace trimtab::onnxruntime {

class OwnProfile final : public runtime::LibraryRecording {
public:
    /// The library's rows, from what it made of the model.
    using Rows = std::function<std::vector<trace::LayerRecord>(const Graph& rewritten)>;

    static Result<std::unique_ptr<OwnProfile>> begin(const Library& library, const Graph& graph, const WeightPlans& plans,
                                                     SessionSetting setting, Rows rows);

    const std::shared_ptr<OrtSession>& session() const { return m_session; }
    /// To be called ahead of each run of the session.
    void beginRun() { m_begins.push_back(std::chrono::steady_clock::now()); }

    Result<runtime::LibraryRecord> finish() override;

private:
    OwnProfile(const Library& library, base::TemporaryFolder folder, std::string provider, Rows rows)
        : m_library(library), m_folder(std::move(folder)), m_provider(std::move(provider)), m_rows(std::move(rows)) {}

    const Library& m_library;
    base::TemporaryFolder m_folder;
    std::string m_provider;  // that was asked for: "CPUExecutionProvider"
    Rows m_rows;
    std::shared_ptr<OrtSession> m_session;
    std::vector<std::chrono::steady_clock::time_point> m_begins;
};

/// Reads what the profiler wrote: of its runs the events of their nodes, by name. `record.layers` are the rows of `rewritten.nodes`; nodes
/// that have no row get one. Nodes that ran elsewhere than on `provider` say so. Failed when no run has a node.
Status readProfile(const std::filesystem::path& file, const Graph& rewritten, const std::string& provider, runtime::LibraryRecord& record);

}  // namespace trimtab::onnxruntime
