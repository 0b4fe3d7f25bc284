#pragma once
// What an emulated kernel's thread asks of the emulator while it runs. The grid runs block by block on the launching thread; the threads of
// a block are fibers that run until they must wait for others (block.h says in which order). Every function here is called from inside a
// kernel.
#include <bit>
#include <cstddef>
#include <source_location>
#include <string>

#include "tests/support/simt/vector_types.h"

extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;
inline constexpr int warpSize = 32;

namespace trimtab::simt {

using Place = std::source_location;

/// Ends the kernel: the launch fails with `what`, the kernel's name, the block and this thread.
[[noreturn]] void fault(const char* what);

/// Waits until every thread of the block waits at the same place of the source. A block of which some threads end or wait elsewhere is
/// reported.
void barrier(const Place& place);

/// The values of the lanes that take part in a warp-wide operation; null for the others.
struct Lanes {
    unsigned participants = 0;
    void* values[32] = {};
};
using Combine = void (*)(const Lanes&);
/// Waits until all lanes of `mask` that have not ended arrive with the same mask and `combine`; then combine runs once over what they
/// brought and all of them go on. `mine` is this lane's input and output.
void collective(const char* name, unsigned mask, void* mine, Combine combine, const Place& place);
/// The same for the whole warp: a lane that is missing or has ended is reported.
void warpCollective(const char* name, void* mine, Combine combine, const Place& place);
/// This thread's place in its warp.
unsigned lane();

/// Shared memory of the running block for the array declared under `key`, its bytes poisoned (0xFF: NaN as floats, −1 as integers) when the
/// block's first thread asks, 0xFD before and behind it.
void* sharedBytes(const void* key, const char* name, std::size_t bytes);
/// The launch's dynamic shared memory, its end at a guard page.
void* dynamicSharedBytes();
/// Reports an address that is not `bytes` of the block's shared memory, aligned to 16.
void requireShared(const char* operation, const void* address, std::size_t bytes);

/// copyAsync16 and its waits: the bytes arrive when the thread waits for them, not before; until then the place holds poison.
void beginCopy16(void* shared, const void* global, bool valid);
void commitCopies();
void waitForCopies(int pending);

}  // namespace trimtab::simt
