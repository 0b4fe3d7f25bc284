#pragma once
// Tells CUPTI at every scope which layer the calls are made for, and remembers of which layer the nodes of graphs are that are recorded
// inside one: a graph is replayed by one call, outside all scopes.
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/trace/node_scope.h"
#include "profiler/cupti/cupti_library.h"

namespace trimtab::cupti {

/// Used by one thread, the one that runs the model.
class ActivityListener final : public trace::NodeListener {
public:
    explicit ActivityListener(const Library& library) : m_library(library) {}
    ~ActivityListener() override { static_cast<void>(detach()); }

    /// Subscribes, but records nothing yet. Unsupported in one line.
    Status attach();
    /// Turns on the kinds of records that attribution reads, and the graphs' callbacks. Unsupported when one that it cannot do without is
    /// refused; then all are off.
    Status resume();
    /// Turns everything off again and asks for the records so far. REQUIRES: the device has nothing to do.
    Status pause();
    /// Lets go of all recordings, has the last records written out and takes CUPTI out of the process, so that what runs afterwards runs as
    /// if it had not been there. REQUIRES: the device has nothing to do.
    Status detach();

    /// The run to which the next scopes belong; 0: one that is not kept.
    void setRun(std::size_t keptRun) { m_run = keptRun; }
    bool isOn() const { return m_isOn; }
    const std::unordered_map<std::uint64_t, std::int32_t>& graphNodes() const { return m_graphNodes; }
    /// The first thing that CUPTI refused while runs were on.
    const Status& refusal() const { return m_refusal; }

    void beginNode(std::int32_t layer) override;
    void endNode(std::int32_t layer) override;
    bool hasDeviceClock() const override { return true; }
    bool followsRecordings() const override { return m_followsGraphs; }
    void keep(std::shared_ptr<void> recording) override { m_recordings.push_back(std::move(recording)); }

private:
    static void CUPTIAPI called(void* listener, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void* data);
    void nodeMade(const CUpti_GraphData& graph);
    void nodeCloned(const CUpti_GraphData& graph);
    void turnOff();
    void note(CUptiResult result, const char* what);

    const Library& m_library;
    CUpti_SubscriberHandle m_subscriber = nullptr;
    bool m_isAttached = false;
    bool m_isOn = false;
    bool m_followsGraphs = false;
    std::size_t m_run = 0;
    std::vector<std::int32_t> m_open;  // scopes, the innermost last
    std::unordered_map<std::uint64_t, std::int32_t> m_graphNodes;
    std::vector<std::shared_ptr<void>> m_recordings;
    std::vector<CUpti_ActivityKind> m_kinds;  // that are on
    Status m_refusal;
};

}  // namespace trimtab::cupti
