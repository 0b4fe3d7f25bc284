#pragma once
// Turns buffers of CUPTI's records into activities.
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "profiler/cupti/activity.h"
#include "profiler/cupti/cupti_library.h"

namespace trimtab::cupti {

/// Not thread-safe.
class BufferReader {
public:
    /// Both must outlive it.
    BufferReader(const Library& library, Activities& into) : m_library(library), m_into(into) {}

    /// Appends what the buffer holds. Records that begin but do not end within the valid bytes are left out; a record that CUPTI itself
    /// does not know ends the buffer, which then counts as broken.
    void read(std::uint8_t* buffer, std::size_t validBytes);

private:
    void take(const CUpti_Activity& record);
    template <class Record>
    void takeCopy(const Record& record);
    void takeKernel(const CUpti_ActivityKernel10& record);
    void takeMemset(const CUpti_ActivityMemset4& record);
    void takeGraph(const CUpti_ActivityGraphTrace2& record);
    void takeCall(const CUpti_ActivityAPI& record);
    void takeWait(const CUpti_ActivitySynchronization2& record);
    void takeOverhead(const CUpti_ActivityOverhead3& record);

    std::int32_t nameOf(const std::string& text);
    std::int32_t nameOfKernel(const char* symbol);
    std::int32_t nameOfCall(CUpti_CallbackDomain domain, CUpti_CallbackId id);

    const Library& m_library;
    Activities& m_into;
    std::unordered_map<std::string, std::int32_t> m_names;
    std::unordered_map<const char*, std::int32_t> m_kernels;  // all records of a kernel share one text
    std::unordered_map<std::uint64_t, std::int32_t> m_calls;  // domain and id
};

}  // namespace trimtab::cupti
