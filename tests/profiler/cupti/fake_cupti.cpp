#include "tests/profiler/cupti/fake_cupti.h"

#include <cstring>

namespace trimtab::cupti::test {
namespace {

FakeCupti* g_fake = nullptr;

std::size_t sizeOf(CUpti_ActivityKind kind) {
    switch (kind) {
        case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: return sizeof(CUpti_ActivityKernel10);
        case CUPTI_ACTIVITY_KIND_RUNTIME: return sizeof(CUpti_ActivityAPI);
        case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION: return sizeof(CUpti_ActivityExternalCorrelation);
        default: return 0;
    }
}

// A node's handle is its number here.
CUgraphNode handleOf(std::uint64_t node) { return reinterpret_cast<CUgraphNode>(node); }

}  // namespace

struct FakeFunctions {
    static CUptiResult getResultString(CUptiResult, const char** text) {
        *text = "CUPTI_ERROR_OF_A_TEST";
        return CUPTI_SUCCESS;
    }
    static CUptiResult getTimestamp(std::uint64_t* time) {
        *time = ++g_fake->nowNs;
        return CUPTI_SUCCESS;
    }
    static CUptiResult getCallbackName(CUpti_CallbackDomain, std::uint32_t, const char** name) {
        *name = "cudaLaunchKernel_v7000";
        return CUPTI_SUCCESS;
    }
    static CUptiResult getGraphNodeId(CUgraphNode node, std::uint64_t* id) {
        *id = reinterpret_cast<std::uint64_t>(node);
        return CUPTI_SUCCESS;
    }
    static CUptiResult subscribe(CUpti_SubscriberHandle*, CUpti_CallbackFunc callback, void* userData) {
        if (g_fake->onSubscribe != CUPTI_SUCCESS) return g_fake->onSubscribe;
        g_fake->m_callback = callback;
        g_fake->m_userData = userData;
        g_fake->isSubscribed = true;
        return CUPTI_SUCCESS;
    }
    static CUptiResult unsubscribe(CUpti_SubscriberHandle) {
        g_fake->isSubscribed = false;
        return CUPTI_SUCCESS;
    }
    static CUptiResult enableCallback(std::uint32_t enable, CUpti_SubscriberHandle, CUpti_CallbackDomain, CUpti_CallbackId id) {
        if (g_fake->onCallback != CUPTI_SUCCESS) return g_fake->onCallback;
        if (enable) g_fake->callbacks.insert(static_cast<int>(id));
        else g_fake->callbacks.erase(static_cast<int>(id));
        return CUPTI_SUCCESS;
    }
    static CUptiResult registerCallbacks(CUpti_BuffersCallbackRequestFunc request, CUpti_BuffersCallbackCompleteFunc complete) {
        g_fake->m_request = request;
        g_fake->m_complete = complete;
        return CUPTI_SUCCESS;
    }
    static CUptiResult enable(CUpti_ActivityKind kind) {
        if (kind == g_fake->refusedKind) return g_fake->onEnable;
        g_fake->kinds.insert(kind);
        return CUPTI_SUCCESS;
    }
    static CUptiResult disable(CUpti_ActivityKind kind) {
        g_fake->kinds.erase(kind);
        return CUPTI_SUCCESS;
    }
    static CUptiResult flushAll(std::uint32_t) {
        ++g_fake->flushes;
        g_fake->hand();
        return CUPTI_SUCCESS;
    }
    static CUptiResult getNextRecord(std::uint8_t* buffer, std::size_t bytes, CUpti_Activity** record) {
        std::uint8_t* next = *record ? reinterpret_cast<std::uint8_t*>(*record) + sizeOf((*record)->kind) : buffer;
        if (next + sizeof(CUpti_Activity) > buffer + bytes) return CUPTI_ERROR_MAX_LIMIT_REACHED;
        *record = reinterpret_cast<CUpti_Activity*>(next);
        return sizeOf((*record)->kind) > 0 ? CUPTI_SUCCESS : CUPTI_ERROR_INVALID_KIND;
    }
    static CUptiResult getNumDroppedRecords(CUcontext, std::uint32_t, std::size_t* dropped) {
        *dropped = std::exchange(g_fake->dropped, 0);
        return CUPTI_SUCCESS;
    }
    static CUptiResult push(CUpti_ExternalCorrelationKind, std::uint64_t id) {
        if (g_fake->onPush != CUPTI_SUCCESS) return g_fake->onPush;
        g_fake->scopes.push_back(id);
        return CUPTI_SUCCESS;
    }
    static CUptiResult pop(CUpti_ExternalCorrelationKind, std::uint64_t*) {
        if (g_fake->scopes.empty()) return CUPTI_ERROR_QUEUE_EMPTY;
        g_fake->scopes.pop_back();
        return CUPTI_SUCCESS;
    }
    static CUptiResult finalize() {
        ++g_fake->finalized;
        return CUPTI_SUCCESS;
    }
};

FakeCupti::FakeCupti() {
    g_fake = this;
    using F = FakeFunctions;
    m_library.getResultString = &F::getResultString;
    m_library.getTimestamp = &F::getTimestamp;
    m_library.getCallbackName = &F::getCallbackName;
    m_library.getGraphNodeId = &F::getGraphNodeId;
    m_library.subscribe = &F::subscribe;
    m_library.unsubscribe = &F::unsubscribe;
    m_library.enableCallback = &F::enableCallback;
    m_library.registerCallbacks = &F::registerCallbacks;
    m_library.enable = &F::enable;
    m_library.disable = &F::disable;
    m_library.flushAll = &F::flushAll;
    m_library.getNextRecord = &F::getNextRecord;
    m_library.getNumDroppedRecords = &F::getNumDroppedRecords;
    m_library.pushExternalCorrelationId = &F::push;
    m_library.popExternalCorrelationId = &F::pop;
    m_library.finalize = &F::finalize;
}

FakeCupti::~FakeCupti() {
    hand();
    g_fake = nullptr;
}

template <class Record>
void FakeCupti::write(const Record& record) {
    if (!kinds.contains(record.kind)) return;
    if (m_buffer && m_used + sizeof record > m_bytes) hand();
    if (!m_buffer) {
        std::size_t most = 0;
        m_request(&m_buffer, &m_bytes, &most);
        m_used = 0;
        if (m_buffer) ++buffersOut;
    }
    if (!m_buffer) {
        ++dropped;
        return;
    }
    std::memcpy(m_buffer + m_used, &record, sizeof record);
    m_used += sizeof record;
}

void FakeCupti::hand() {
    if (!m_buffer) return;
    m_complete(nullptr, 0, std::exchange(m_buffer, nullptr), m_bytes, m_used);
    --buffersOut;
}

std::uint32_t FakeCupti::launch(std::uint64_t lengthNs) {
    const std::uint32_t number = ++m_calls;
    if (!scopes.empty()) write(external(number, scopes.back()));
    write(test::call(CUPTI_ACTIVITY_KIND_RUNTIME, 211, nowNs, nowNs + 10, number));
    nowNs += 10;
    write(kernel(nowNs, nowNs + lengthNs, number));
    nowNs += lengthNs;
    return number;
}

void FakeCupti::makeNode(std::uint64_t node) {
    if (!callbacks.contains(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED)) return;
    CUpti_GraphData graph{};
    graph.node = handleOf(node);
    CUpti_ResourceData data{};
    data.resourceDescriptor = &graph;
    m_callback(m_userData, CUPTI_CB_DOMAIN_RESOURCE, CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, &data);
}

void FakeCupti::cloneNode(std::uint64_t original, std::uint64_t node) {
    if (!callbacks.contains(CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED)) return;
    CUpti_GraphData graph{};
    graph.node = handleOf(node);
    graph.originalNode = handleOf(original);
    CUpti_ResourceData data{};
    data.resourceDescriptor = &graph;
    m_callback(m_userData, CUPTI_CB_DOMAIN_RESOURCE, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED, &data);
}

void FakeCupti::replay(const std::vector<std::uint64_t>& nodes, std::uint64_t lengthNs) {
    const std::uint32_t number = ++m_calls;
    if (!scopes.empty()) write(external(number, scopes.back()));
    write(test::call(CUPTI_ACTIVITY_KIND_RUNTIME, 311, nowNs, nowNs + 10, number));
    nowNs += 10;
    for (const std::uint64_t node : nodes) {
        CUpti_ActivityKernel10 record = kernel(nowNs, nowNs + lengthNs, number);
        record.graphNodeId = node;
        write(record);
        nowNs += lengthNs;
    }
}

}  // namespace trimtab::cupti::test
