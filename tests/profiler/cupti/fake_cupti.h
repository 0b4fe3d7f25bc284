#pragma once
// A library that does what CUPTI's documentation says and notes what it was asked: for sessions without a GPU, and for its refusals.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "profiler/cupti/cupti_library.h"
#include "tests/profiler/cupti/buffer_maker.h"

namespace trimtab::cupti::test {

/// One at a time.
class FakeCupti {
public:
    FakeCupti();
    ~FakeCupti();
    FakeCupti(const FakeCupti&) = delete;
    FakeCupti& operator=(const FakeCupti&) = delete;

    const Library& library() const { return m_library; }

    // What a program does. Records are made only of kinds that are on.
    std::uint32_t launch(std::uint64_t lengthNs);  // in whatever scope is open; the call's number
    void makeNode(std::uint64_t node);
    void cloneNode(std::uint64_t original, std::uint64_t node);
    void replay(const std::vector<std::uint64_t>& nodes, std::uint64_t lengthNs);

    std::uint64_t nowNs = 1'000'000;
    CUptiResult onSubscribe = CUPTI_SUCCESS, onEnable = CUPTI_SUCCESS, onCallback = CUPTI_SUCCESS, onPush = CUPTI_SUCCESS;
    CUpti_ActivityKind refusedKind = CUPTI_ACTIVITY_KIND_INVALID;  // `onEnable` is of this one alone
    std::size_t dropped = 0;

    std::set<int> kinds;
    std::set<int> callbacks;
    std::vector<std::uint64_t> scopes;
    bool isSubscribed = false;
    int finalized = 0, flushes = 0;
    std::size_t buffersOut = 0;

private:
    template <class Record>
    void write(const Record& record);
    void hand();

    Library m_library;
    friend struct FakeFunctions;
    CUpti_CallbackFunc m_callback = nullptr;
    void* m_userData = nullptr;
    CUpti_BuffersCallbackRequestFunc m_request = nullptr;
    CUpti_BuffersCallbackCompleteFunc m_complete = nullptr;
    std::uint8_t* m_buffer = nullptr;
    std::size_t m_bytes = 0, m_used = 0;
    std::uint32_t m_calls = 0;
};

}  // namespace trimtab::cupti::test
