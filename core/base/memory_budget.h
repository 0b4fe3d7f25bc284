#pragma once
// The process's budget for tensor memory. A small file that asks for a huge tensor is refused here, before anything is
// allocated. Thread-safe. Zero means no limit.
#include <atomic>
#include <cstdint>

#include "core/base/result.h"

namespace trimtab::base {

class MemoryBudget {
public:
    static MemoryBudget& process();
    /// A shared library that is linked with its own copy of this code counts in the budget of the program that loaded it from now on.
    /// REQUIRES: nothing is reserved yet; `budget` lives to the end of the process.
    static void join(MemoryBudget& budget);

    void setLimit(std::int64_t bytes);
    std::int64_t limit() const;
    std::int64_t used() const;
    std::int64_t peak() const;

    /// OutOfMemory, naming the bytes wanted and the limit, when they would not fit.
    Status reserve(std::int64_t bytes);
    void release(std::int64_t bytes);

private:
    std::atomic<std::int64_t> m_limit{0};
    std::atomic<std::int64_t> m_used{0};
    std::atomic<std::int64_t> m_peak{0};
};

}  // namespace trimtab::base
