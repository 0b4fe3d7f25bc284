#pragma once
// Where CUPTI writes its records. It asks for a buffer for each thread of the program and hands it back, full or flushed, from a thread of
// its own; each is read at once, and of what it holds only what belongs to kept runs stays, so that long profiles take no more memory.
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "profiler/cupti/buffer_reader.h"

namespace trimtab::cupti {

/// One at a time in a process: CUPTI's callbacks carry no pointer to their owner. Its methods are for one thread; CUPTI calls from any.
class RecordBuffers {
public:
    /// Marks of so many runs are kept, with their records. `library` must outlive it.
    RecordBuffers(const Library& library, std::size_t mostRuns);
    /// REQUIRES: CUPTI records nothing any more. A buffer that comes later is freed unread.
    ~RecordBuffers();
    RecordBuffers(const RecordBuffers&) = delete;
    RecordBuffers& operator=(const RecordBuffers&) = delete;

    /// Unsupported while another one has the process's records.
    Status claim();
    /// Unsupported where CUPTI refuses. REQUIRES: claim(), and that CUPTI is nobody else's.
    Status registerCallbacks();

    /// The number of the run among those that are kept, from 1; 0 when it is not kept. A run that never ended is forgotten.
    std::size_t beginRun(std::uint64_t nowNs, bool keep);
    void endRun(std::uint64_t nowNs);

    /// All so far: activities and runs. REQUIRES: CUPTI was flushed and records nothing any more.
    Recording take();

private:
    static void CUPTIAPI requested(std::uint8_t** buffer, std::size_t* bytes, std::size_t* mostRecords);
    static void CUPTIAPI completed(CUcontext context, std::uint32_t stream, std::uint8_t* buffer, std::size_t bytes,
                                   std::size_t validBytes);
    std::uint8_t* hand();
    void receive(std::uint8_t* buffer, std::size_t validBytes);
    void countDropped();
    void read(std::uint8_t* buffer, std::size_t validBytes);

    const Library& m_library;
    std::size_t m_mostRuns;

    std::mutex m_poolMutex;
    std::vector<std::uint8_t*> m_free;
    std::size_t m_allocated = 0;

    std::mutex m_marksMutex;
    std::vector<RunMark> m_marks;  // the last one may still be on
    bool m_keeps = false;

    std::mutex m_readMutex;
    Activities m_activities;
    BufferReader m_reader;
};

}  // namespace trimtab::cupti
