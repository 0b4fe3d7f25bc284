#pragma once
// The process's budget for tensor memory. A small file that asks for a huge tensor is refused here, before anything is
// allocated. Thread-safe. Zero means no limit.
#include <cstdint>

#include "core/base/result.h"

namespace trimtab::base {

class MemoryBudget {
public:
    static MemoryBudget& process();

    void setLimit(std::int64_t bytes);
    std::int64_t limit() const;
    std::int64_t used() const;
    std::int64_t peak() const;

    /// OutOfMemory, naming the bytes wanted and the limit, when they would not fit.
    Status reserve(std::int64_t bytes);
    void release(std::int64_t bytes);
};

}  // namespace trimtab::base
