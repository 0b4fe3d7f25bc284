#include "profiler/cupti/buffer_reader.h"

#include <cstdlib>
#include <string_view>
#include <type_traits>

#include "profiler/cupti/kernel_name.h"

namespace trimtab::cupti {
namespace {

const char* nameOfCopy(std::uint8_t kind) {
    switch (kind) {
        case CUPTI_ACTIVITY_MEMCPY_KIND_HTOD: return "copy host → device";
        case CUPTI_ACTIVITY_MEMCPY_KIND_DTOH: return "copy device → host";
        case CUPTI_ACTIVITY_MEMCPY_KIND_DTOD: return "copy device → device";
        case CUPTI_ACTIVITY_MEMCPY_KIND_HTOH: return "copy host → host";
        case CUPTI_ACTIVITY_MEMCPY_KIND_PTOP: return "copy to another device";
        default: return "copy";
    }
}

const char* nameOfWait(CUpti_ActivitySynchronizationType type) {
    switch (type) {
        case CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_EVENT_SYNCHRONIZE: return "wait for an event";
        case CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_WAIT_EVENT: return "stream waits for an event";
        case CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE: return "wait for the stream";
        case CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_CONTEXT_SYNCHRONIZE: return "wait for the device";
        default: return "wait";
    }
}

const char* nameOfOverhead(CUpti_ActivityOverheadKind kind) {
    switch (kind) {
        case CUPTI_ACTIVITY_OVERHEAD_DRIVER_COMPILER: return "the driver compiles";
        case CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH: return "records are handed over";
        case CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION: return "instrumentation";
        case CUPTI_ACTIVITY_OVERHEAD_CUPTI_RESOURCE: return "CUPTI's own resources";
        case CUPTI_ACTIVITY_OVERHEAD_RUNTIME_TRIGGERED_MODULE_LOADING: return "a module is loaded";
        case CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING: return "a kernel is loaded";
        case CUPTI_ACTIVITY_OVERHEAD_COMMAND_BUFFER_FULL: return "the command buffer is full";
        case CUPTI_ACTIVITY_OVERHEAD_ACTIVITY_BUFFER_REQUEST: return "a buffer is asked for";
        default: return "overhead";
    }
}

/// "cudaLaunchKernel" of "cudaLaunchKernel_ptsz_v7000", and "cuMemcpyHtoDAsync" of "cuMemcpyHtoDAsync_v2".
std::string withoutVersion(std::string name) {
    for (std::size_t at = name.rfind('_'); at != std::string::npos; at = name.rfind('_')) {
        const std::string_view suffix = std::string_view(name).substr(at + 1);
        const bool isVersion = suffix.size() > 1 && suffix[0] == 'v' && suffix.find_first_not_of("0123456789", 1) == std::string_view::npos;
        if (!isVersion && suffix != "ptsz" && suffix != "ptds") break;
        name.resize(at);
    }
    return name;
}

template <class Record>
const Record& as(const CUpti_Activity& record) {
    return reinterpret_cast<const Record&>(record);
}

/// What the records of a device's work have in common.
template <class Record>
Activity begun(const Record& record, ActivityKind kind, std::int32_t name) {
    Activity activity;
    activity.kind = kind;
    activity.name = name;
    activity.beginNs = record.start;
    activity.endNs = record.end;
    activity.correlation = record.correlationId;
    return activity;
}

template <class Record>
Activity onDevice(const Record& record, ActivityKind kind, std::int32_t name) {
    Activity activity = begun(record, kind, name);
    activity.device = record.deviceId;
    activity.context = record.contextId;
    activity.stream = record.streamId;
    activity.graph = record.graphId;
    return activity;
}

}  // namespace

void BufferReader::read(std::uint8_t* buffer, std::size_t validBytes) {
    CUpti_Activity* record = nullptr;
    while (true) {
        const CUptiResult result = m_library.getNextRecord(buffer, validBytes, &record);
        if (result == CUPTI_SUCCESS) {
            take(*record);
            continue;
        }
        if (result != CUPTI_ERROR_MAX_LIMIT_REACHED) ++m_into.broken;
        return;
    }
}

void BufferReader::take(const CUpti_Activity& record) {
    switch (record.kind) {
        case CUPTI_ACTIVITY_KIND_KERNEL:
        case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: return takeKernel(as<CUpti_ActivityKernel10>(record));
        case CUPTI_ACTIVITY_KIND_MEMCPY: return takeCopy(as<CUpti_ActivityMemcpy6>(record));
        case CUPTI_ACTIVITY_KIND_MEMCPY2: return takeCopy(as<CUpti_ActivityMemcpyPtoP4>(record));
        case CUPTI_ACTIVITY_KIND_MEMSET: return takeMemset(as<CUpti_ActivityMemset4>(record));
        case CUPTI_ACTIVITY_KIND_GRAPH_TRACE: return takeGraph(as<CUpti_ActivityGraphTrace2>(record));
        case CUPTI_ACTIVITY_KIND_DRIVER:
        case CUPTI_ACTIVITY_KIND_RUNTIME: return takeCall(as<CUpti_ActivityAPI>(record));
        case CUPTI_ACTIVITY_KIND_SYNCHRONIZATION: return takeWait(as<CUpti_ActivitySynchronization2>(record));
        case CUPTI_ACTIVITY_KIND_OVERHEAD: return takeOverhead(as<CUpti_ActivityOverhead3>(record));
        case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION: {
            const auto& correlation = as<CUpti_ActivityExternalCorrelation>(record);
            if (correlation.externalKind == CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0)
                m_into.correlations.push_back({correlation.correlationId, correlation.externalId});
            return;
        }
        default: ++m_into.unknown; return;
    }
}

void BufferReader::takeKernel(const CUpti_ActivityKernel10& record) {
    Activity activity = onDevice(record, ActivityKind::Kernel, nameOfKernel(record.name));
    activity.graphNode = record.graphNodeId;
    m_into.list.push_back(activity);
}

template <class Record>
void BufferReader::takeCopy(const Record& record) {
    Activity activity = onDevice(record, ActivityKind::Copy, nameOf(nameOfCopy(record.copyKind)));
    activity.graphNode = record.graphNodeId;
    activity.bytes = record.bytes;
    if constexpr (std::is_same_v<Record, CUpti_ActivityMemcpy6>) activity.runtimeCorrelation = record.runtimeCorrelationId;
    m_into.list.push_back(activity);
}

void BufferReader::takeMemset(const CUpti_ActivityMemset4& record) {
    Activity activity = onDevice(record, ActivityKind::Memset, nameOf("memset"));
    activity.graphNode = record.graphNodeId;
    activity.bytes = record.bytes;
    m_into.list.push_back(activity);
}

void BufferReader::takeGraph(const CUpti_ActivityGraphTrace2& record) {
    m_into.list.push_back(onDevice(record, ActivityKind::Graph, nameOf("graph")));
}

void BufferReader::takeCall(const CUpti_ActivityAPI& record) {
    const auto domain = record.kind == CUPTI_ACTIVITY_KIND_DRIVER ? CUPTI_CB_DOMAIN_DRIVER_API : CUPTI_CB_DOMAIN_RUNTIME_API;
    Activity activity = begun(record, ActivityKind::Call, nameOfCall(domain, record.cbid));
    activity.thread = record.threadId;
    m_into.list.push_back(activity);
}

void BufferReader::takeWait(const CUpti_ActivitySynchronization2& record) {
    Activity activity = begun(record, ActivityKind::Wait, nameOf(nameOfWait(record.type)));
    activity.context = record.contextId;
    activity.stream = record.streamId;
    m_into.list.push_back(activity);
}

void BufferReader::takeOverhead(const CUpti_ActivityOverhead3& record) {
    m_into.list.push_back(begun(record, ActivityKind::Overhead, nameOf(nameOfOverhead(record.overheadKind))));
    // Details that CUPTI allocates for its client to free; only this kind has them.
    if (record.overheadKind == CUPTI_ACTIVITY_OVERHEAD_COMMAND_BUFFER_FULL) std::free(record.overheadData);
}

std::int32_t BufferReader::nameOf(const std::string& text) {
    const auto [found, isNew] = m_names.try_emplace(text, static_cast<std::int32_t>(m_into.names.size()));
    if (isNew) m_into.names.push_back(text);
    return found->second;
}

std::int32_t BufferReader::nameOfKernel(const char* symbol) {
    const auto [found, isNew] = m_kernels.try_emplace(symbol, 0);
    if (isNew) found->second = nameOf(symbol ? kernelName(symbol) : "kernel");
    return found->second;
}

std::int32_t BufferReader::nameOfCall(CUpti_CallbackDomain domain, CUpti_CallbackId id) {
    const auto [found, isNew] = m_calls.try_emplace((static_cast<std::uint64_t>(domain) << 32) | id, 0);
    if (isNew) {
        const char* name = nullptr;
        const bool isKnown = m_library.getCallbackName(domain, id, &name) == CUPTI_SUCCESS && name;
        found->second = nameOf(isKnown ? withoutVersion(name) : "call " + std::to_string(id));
    }
    return found->second;
}

}  // namespace trimtab::cupti
