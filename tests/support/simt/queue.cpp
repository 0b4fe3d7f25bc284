#include "tests/support/simt/queue.h"

#include "tests/support/simt/grid.h"
#include "tests/support/simt/shared_memory.h"
#include "tests/support/simt/symbol.h"

namespace trimtab::simt {
namespace {

/// The limits of the CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
const char* refusal(const Launch& launch) {
    const auto& [x, y, z] = launch.block;
    if (x == 0 || y == 0 || z == 0) return "a block of no threads";
    if (x > 1024 || y > 1024 || z > 64 || static_cast<unsigned long long>(x) * y * z > 1024) return "a block of more than 1024 threads";
    if (launch.grid.x > 0x7FFFFFFFU || launch.grid.y > 65535 || launch.grid.z > 65535) {
        return "a grid of more than 2^31 - 1, 65535, 65535 blocks";
    }
    if (launch.sharedBytes > SharedMemory::kMostShared) return "more than 227 KiB of shared memory";
    return nullptr;
}

}  // namespace

Status Queue::launch(Launch launch) {
    if (m_failure) return fail(*m_failure);
    if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0) return {};
    if (const char* reason = refusal(launch)) return fail(ErrorCode::Failed, "starting " + symbolName(launch.kernel) + ": " + reason);
    return enqueue([launch = std::move(launch), heap = m_heap] { return runGrid(launch, *heap); });
}

Status Queue::enqueue(Work work) {
    if (m_failure) return fail(*m_failure);
    if (m_recorded) {
        m_recorded->push_back(std::move(work));
        return {};
    }
    if (Status done = work(); !done) m_failure = std::move(done).error();
    return {};
}

Status Queue::finish() {
    if (m_recorded) return fail(ErrorCode::Failed, "waiting for a stream that is being recorded");
    if (!m_failure) return {};
    Error failure = *std::move(m_failure);
    m_failure.reset();
    return fail(std::move(failure));
}

Status Queue::beginRecording() {
    if (m_failure) return fail(*m_failure);
    if (m_recorded) return fail(ErrorCode::Failed, "the stream is being recorded already");
    m_recorded.emplace();
    return {};
}

Result<std::vector<Work>> Queue::endRecording() {
    if (!m_recorded) return fail(ErrorCode::Failed, "the stream is not being recorded");
    std::vector<Work> work = *std::move(m_recorded);
    m_recorded.reset();
    return work;
}

}  // namespace trimtab::simt
