#include "profiler/cupti/activity_listener.h"

#include "profiler/cupti/scope_id.h"

namespace trimtab::cupti {
namespace {

struct Kind {
    CUpti_ActivityKind kind;
    const char* name;
    bool isNeeded;
};

/// Records of a whole graph are not asked for: they would stand in place of its nodes'.
constexpr Kind kKinds[]{{CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, "scopes", true},
                        {CUPTI_ACTIVITY_KIND_RUNTIME, "calls of the runtime", true},
                        {CUPTI_ACTIVITY_KIND_DRIVER, "calls of the driver", true},
                        {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, "kernels", true},
                        {CUPTI_ACTIVITY_KIND_MEMCPY, "copies", true},
                        {CUPTI_ACTIVITY_KIND_MEMSET, "memsets", true},
                        {CUPTI_ACTIVITY_KIND_MEMCPY2, "copies between devices", false},
                        {CUPTI_ACTIVITY_KIND_SYNCHRONIZATION, "waiting", false},
                        {CUPTI_ACTIVITY_KIND_OVERHEAD, "overhead", false}};

constexpr CUpti_CallbackId kGraphCallbacks[]{CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED};

}  // namespace

Status ActivityListener::attach() {
    TRIMTAB_REQUIRE(m_library.check(m_library.subscribe(&m_subscriber, &called, this), "attaching to the process"));
    m_isAttached = true;
    return {};
}

Status ActivityListener::resume() {
    if (m_isOn) return {};
    m_isOn = m_followsGraphs = true;
    for (const CUpti_CallbackId id : kGraphCallbacks)
        if (m_library.enableCallback(1, m_subscriber, CUPTI_CB_DOMAIN_RESOURCE, id) != CUPTI_SUCCESS) m_followsGraphs = false;
    for (const Kind& kind : kKinds) {
        const CUptiResult result = m_library.enable(kind.kind);
        if (result == CUPTI_SUCCESS) {
            m_kinds.push_back(kind.kind);
        } else if (kind.isNeeded) {
            turnOff();
            return m_library.check(result, std::string("recording ") + kind.name);
        }
    }
    return {};
}

void ActivityListener::turnOff() {
    for (; !m_kinds.empty(); m_kinds.pop_back()) static_cast<void>(m_library.disable(m_kinds.back()));
    for (const CUpti_CallbackId id : kGraphCallbacks)
        static_cast<void>(m_library.enableCallback(0, m_subscriber, CUPTI_CB_DOMAIN_RESOURCE, id));
    m_isOn = false;
}

Status ActivityListener::pause() {
    if (!m_isOn) return {};
    turnOff();
    return m_library.check(m_library.flushAll(0), "asking for the records");
}

Status ActivityListener::detach() {
    if (!m_isAttached) return {};
    m_isAttached = false;
    if (m_isOn) turnOff();
    // Graphs that were made under CUPTI must not outlive it.
    m_recordings.clear();
    const CUptiResult flushed = m_library.flushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    const CUptiResult left = m_library.unsubscribe(m_subscriber);
    const CUptiResult ended = m_library.finalize();
    TRIMTAB_REQUIRE(m_library.check(flushed, "asking for the last records"));
    TRIMTAB_REQUIRE(m_library.check(left, "detaching"));
    return m_library.check(ended, "detaching");
}

void ActivityListener::note(CUptiResult result, const char* what) {
    if (result != CUPTI_SUCCESS && m_refusal) m_refusal = m_library.check(result, what);
}

void ActivityListener::beginNode(std::int32_t layer) {
    m_open.push_back(layer);
    note(m_library.pushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, scopeId(m_run, layer)), "entering a layer");
}

void ActivityListener::endNode(std::int32_t) {
    if (m_open.empty()) return;
    m_open.pop_back();
    std::uint64_t last = 0;
    note(m_library.popExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last), "leaving a layer");
}

void ActivityListener::called(void* listener, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void* data) {
    if (domain != CUPTI_CB_DOMAIN_RESOURCE || !data) return;
    const auto* const graph = static_cast<const CUpti_GraphData*>(static_cast<const CUpti_ResourceData*>(data)->resourceDescriptor);
    if (!graph) return;
    auto& self = *static_cast<ActivityListener*>(listener);
    if (id == CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED) self.nodeMade(*graph);
    if (id == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED) self.nodeCloned(*graph);
}

void ActivityListener::nodeMade(const CUpti_GraphData& graph) {
    std::uint64_t node = 0;
    if (m_open.empty() || m_library.getGraphNodeId(graph.node, &node) != CUPTI_SUCCESS) return;
    m_graphNodes[node] = m_open.back();
}

/// What is launched are clones of the nodes that were recorded.
void ActivityListener::nodeCloned(const CUpti_GraphData& graph) {
    std::uint64_t node = 0, original = 0;
    if (m_library.getGraphNodeId(graph.node, &node) != CUPTI_SUCCESS) return;
    if (m_library.getGraphNodeId(graph.originalNode, &original) != CUPTI_SUCCESS) return;
    if (const auto known = m_graphNodes.find(original); known != m_graphNodes.end()) m_graphNodes[node] = known->second;
}

}  // namespace trimtab::cupti
