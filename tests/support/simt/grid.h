#pragma once
// Runs one launch to its end, block by block, on the calling thread.
#include "core/base/result.h"
#include "tests/support/simt/queue.h"

namespace trimtab::simt {

/// Failed with the kernel's name, the block and the thread for everything that the emulator reports: see runtime.h, faults.h and heap.h.
/// Blocks come in an order that is neither ascending nor descending, the same every time; so do the threads of a block between two barriers
/// (block.h).
Status runGrid(const Launch& launch, const Heap& heap);

}  // namespace trimtab::simt
