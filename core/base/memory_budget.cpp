#include "core/base/memory_budget.h"

#include <algorithm>

#include "core/base/units.h"

namespace trimtab::base {
namespace {

std::atomic<MemoryBudget*>& current() {
    static MemoryBudget own;
    static std::atomic<MemoryBudget*> budget{&own};
    return budget;
}

}  // namespace

MemoryBudget& MemoryBudget::process() { return *current(); }
void MemoryBudget::join(MemoryBudget& budget) { current() = &budget; }

void MemoryBudget::setLimit(std::int64_t bytes) { m_limit = bytes; }
std::int64_t MemoryBudget::limit() const { return m_limit; }
std::int64_t MemoryBudget::used() const { return m_used; }
std::int64_t MemoryBudget::peak() const { return m_peak; }

Status MemoryBudget::reserve(std::int64_t bytes) {
    const std::int64_t limit = m_limit;
    std::int64_t used = m_used;
    do {
        if (limit > 0 && bytes > limit - used) {
            return fail(ErrorCode::OutOfMemory, "needs " + formatBytes(static_cast<double>(bytes)) + " more, but only " +
                                                    formatBytes(static_cast<double>(std::max<std::int64_t>(limit - used, 0))) +
                                                    " of the memory limit of " + formatBytes(static_cast<double>(limit)) + " are left");
        }
    } while (!m_used.compare_exchange_weak(used, used + bytes));
    std::int64_t peak = m_peak;
    while (used + bytes > peak && !m_peak.compare_exchange_weak(peak, used + bytes)) {
    }
    return {};
}

void MemoryBudget::release(std::int64_t bytes) { m_used -= bytes; }

}  // namespace trimtab::base
