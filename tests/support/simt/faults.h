#pragma once
// Accesses that the processor itself refuses (guard pages, memory given back, 16-byte accesses that are misaligned, a division by zero, a
// stack that is full) end the kernel with a report instead of the process. Outside of kernels the process's own handlers are asked, as if
// this were not here.
#include "tests/support/simt/heap.h"

namespace trimtab::simt {

/// While one lives, faults in kernels of this thread are described against `heap`.
class FaultWatch {
public:
    explicit FaultWatch(const Heap& heap);
    ~FaultWatch();
    FaultWatch(const FaultWatch&) = delete;
    FaultWatch& operator=(const FaultWatch&) = delete;
};

}  // namespace trimtab::simt
