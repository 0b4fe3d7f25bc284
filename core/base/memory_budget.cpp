#include "core/base/memory_budget.h"

#include <algorithm>
#include <atomic>

#include "core/base/units.h"

namespace trimtab::base {
namespace {
std::atomic<std::int64_t> g_limit{0};
std::atomic<std::int64_t> g_used{0};
std::atomic<std::int64_t> g_peak{0};
}  // namespace

MemoryBudget& MemoryBudget::process() {
    static MemoryBudget budget;
    return budget;
}

void MemoryBudget::setLimit(std::int64_t bytes) { g_limit = bytes; }
std::int64_t MemoryBudget::limit() const { return g_limit; }
std::int64_t MemoryBudget::used() const { return g_used; }
std::int64_t MemoryBudget::peak() const { return g_peak; }

Status MemoryBudget::reserve(std::int64_t bytes) {
    const std::int64_t limit = g_limit;
    std::int64_t used = g_used;
    do {
        if (limit > 0 && bytes > limit - used) {
            return fail(ErrorCode::OutOfMemory, "needs " + formatBytes(static_cast<double>(bytes)) + " more, but only " +
                                                    formatBytes(static_cast<double>(std::max<std::int64_t>(limit - used, 0))) +
                                                    " of the memory limit of " + formatBytes(static_cast<double>(limit)) + " are left");
        }
    } while (!g_used.compare_exchange_weak(used, used + bytes));
    std::int64_t peak = g_peak;
    while (used + bytes > peak && !g_peak.compare_exchange_weak(peak, used + bytes)) {
    }
    return {};
}

void MemoryBudget::release(std::int64_t bytes) { g_used -= bytes; }

}  // namespace trimtab::base
