#pragma once
// Buffers as CUPTI fills them, made of its own records.
#include <cstring>
#include <vector>

#include "profiler/cupti/cupti_library.h"

namespace trimtab::cupti::test {

class BufferMaker {
public:
    template <class Record>
    BufferMaker& add(const Record& record) {
        static_assert(sizeof(Record) % sizeof(std::uint64_t) == 0, "records are aligned");
        const std::size_t at = m_words.size();
        m_words.resize(at + (sizeof(Record) / sizeof(std::uint64_t)));
        std::memcpy(&m_words[at], &record, sizeof record);
        return *this;
    }
    std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(m_words.data()); }
    std::size_t bytes() const { return m_words.size() * sizeof(std::uint64_t); }

private:
    std::vector<std::uint64_t> m_words;
};

inline CUpti_ActivityKernel10 kernel(std::uint64_t begin, std::uint64_t end, std::uint32_t call, const char* name = "_Z4fillPfi") {
    CUpti_ActivityKernel10 record{};
    record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    record.start = begin;
    record.end = end;
    record.correlationId = call;
    record.streamId = 7;
    record.contextId = 1;
    record.name = name;
    return record;
}

inline CUpti_ActivityMemcpy6 copy(std::uint64_t begin, std::uint64_t end, std::uint32_t call, std::uint8_t kind, std::uint64_t bytes) {
    CUpti_ActivityMemcpy6 record{};
    record.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
    record.copyKind = kind;
    record.bytes = bytes;
    record.start = begin;
    record.end = end;
    record.correlationId = call;
    record.runtimeCorrelationId = call + 1;
    record.streamId = 7;
    record.contextId = 1;
    return record;
}

inline CUpti_ActivityMemset4 memset(std::uint64_t begin, std::uint64_t end, std::uint32_t call, std::uint64_t bytes) {
    CUpti_ActivityMemset4 record{};
    record.kind = CUPTI_ACTIVITY_KIND_MEMSET;
    record.bytes = bytes;
    record.start = begin;
    record.end = end;
    record.correlationId = call;
    record.streamId = 7;
    record.contextId = 1;
    return record;
}

inline CUpti_ActivityGraphTrace2 graph(std::uint64_t begin, std::uint64_t end, std::uint32_t call, std::uint32_t id) {
    CUpti_ActivityGraphTrace2 record{};
    record.kind = CUPTI_ACTIVITY_KIND_GRAPH_TRACE;
    record.start = begin;
    record.end = end;
    record.correlationId = call;
    record.graphId = id;
    record.streamId = 7;
    record.contextId = 1;
    return record;
}

inline CUpti_ActivityAPI call(CUpti_ActivityKind kind, CUpti_CallbackId id, std::uint64_t begin, std::uint64_t end, std::uint32_t number) {
    CUpti_ActivityAPI record{};
    record.kind = kind;
    record.cbid = id;
    record.start = begin;
    record.end = end;
    record.threadId = 11;
    record.correlationId = number;
    return record;
}

inline CUpti_ActivitySynchronization2 wait(std::uint64_t begin, std::uint64_t end, std::uint32_t call) {
    CUpti_ActivitySynchronization2 record{};
    record.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION;
    record.type = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE;
    record.start = begin;
    record.end = end;
    record.correlationId = call;
    return record;
}

inline CUpti_ActivityOverhead3 overhead(std::uint64_t begin, std::uint64_t end) {
    CUpti_ActivityOverhead3 record{};
    record.kind = CUPTI_ACTIVITY_KIND_OVERHEAD;
    record.overheadKind = CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH;
    record.start = begin;
    record.end = end;
    return record;
}

inline CUpti_ActivityExternalCorrelation external(std::uint32_t call, std::uint64_t id,
                                                  CUpti_ExternalCorrelationKind kind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0) {
    CUpti_ActivityExternalCorrelation record{};
    record.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
    record.externalKind = kind;
    record.externalId = id;
    record.correlationId = call;
    return record;
}

}  // namespace trimtab::cupti::test
