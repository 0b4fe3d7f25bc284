#pragma once
// A session with its graph's names.
#include <vector>

#include "kernels/onnxruntime/forms.h"
#include "kernels/onnxruntime/session.h"

namespace trimtab::onnxruntime {

/// Inputs are passed and outputs returned without a copy; an output keeps its bytes alive beyond the next run.
/// layers() has a row for each node of the graph. ONNX Runtime fuses and moves nodes by its own rules, so no time is claimed for any of
/// them: listeners are not called, and the rows' times stay −1. What its own profiler tells, recordItself() has.
class OnnxRuntimeModel final : public runtime::CompiledModel {
public:
    static Result<std::unique_ptr<runtime::CompiledModel>> make(const Library& library, Graph graph, WeightPlans plans,
                                                                const SessionSetting& setting);

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) override;
    Status prepare(std::span<const NamedTensor> inputs) override;
    Result<std::unique_ptr<runtime::LibraryRecording>> recordItself() override;
    const std::vector<trace::LayerRecord>& layers() const override { return m_layers; }
    /// Constants as the file holds them, without what kernels pack beside them.
    std::int64_t weightBytes() const override { return m_weightBytes; }
    /// What the session's arena has grown by since the session was made; 0 where the library does not tell (before 1.23).
    std::int64_t arenaBytes() const override;

private:
    OnnxRuntimeModel(const Library& library, Graph graph, WeightPlans plans);

    Status makeSession(const SessionSetting& setting);
    Result<std::vector<Tensor>> inOrder(std::span<const NamedTensor> inputs) const;
    /// Rows for these shapes. OutOfMemory when a value of the graph alone would exceed the memory budget, which the library's own
    /// allocations do not count in.
    Status plan(const std::vector<Tensor>& ordered);
    Status describe(const Graph& bound);
    Result<std::vector<NamedTensor>> runSession(const std::shared_ptr<OrtSession>& session, const std::vector<Tensor>& ordered);
    std::int64_t arenaSize() const;

    const Library& m_library;
    const OrtApi& m_api;
    Graph m_graph;
    WeightPlans m_plans;
    SessionSetting m_setting;
    Rewritten m_rewritten;
    std::shared_ptr<OrtSession> m_session;
    Owned<OrtMemoryInfo> m_memory;
    std::vector<const char*> m_inputNames, m_outputNames;
    std::vector<trace::LayerRecord> m_layers;
    std::map<std::string, Shape> m_shapes;
    bool m_planned = false;
    std::int64_t m_weightBytes = 0, m_arenaAtStart = 0;
};

}  // namespace trimtab::onnxruntime
