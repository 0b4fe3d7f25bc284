#pragma once
// The emulated stream: work runs at once, or is kept while a recording is on. The first failure is kept until synchronize() hands it out;
// until then nothing runs and every call returns it, as a GPU's stream does.
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "tests/support/simt/heap.h"
#include "tests/support/simt/vector_types.h"

namespace trimtab::simt {

struct Launch {
    dim3 grid;
    dim3 block;
    std::size_t sharedBytes = 0;
    const void* kernel = nullptr;   // the function, for its name
    std::function<void()> body;     // runs it for the current thread
};

using Work = std::function<Status()>;

class Queue {
public:
    explicit Queue(std::shared_ptr<Heap> heap) : m_heap(std::move(heap)) {}

    /// A launch that no GPU would take (block or shared memory too large, …) fails here; what the kernel does wrong, at the next call.
    Status launch(Launch launch);
    /// Runs or records. The work's own failure is kept for the next call.
    Status enqueue(Work work);
    /// Hands the kept failure out.
    Status finish();
    bool recording() const { return m_recorded.has_value(); }
    Status beginRecording();
    Result<std::vector<Work>> endRecording();

    Heap& heap() const { return *m_heap; }

private:
    std::shared_ptr<Heap> m_heap;
    std::optional<Error> m_failure;
    std::optional<std::vector<Work>> m_recorded;
};

}  // namespace trimtab::simt
