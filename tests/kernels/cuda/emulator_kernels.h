#pragma once
// Kernels that are wrong, each in one way that the emulator must report.
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

enum class Mistake {
    None,
    WriteBehind,           // data[count]
    WriteBefore,           // data[-1]
    ReadBehind,            // data[count] is read
    ReadFarBehind,         // data[count + 4096]
    NullPointer,
    MisalignedVector,      // a float4 at data + 1
    MisalignedPair,        // a float2 at data + 1
    SharedIndex,           // one past a fixed shared array, by its index
    SharedPointer,         // one past it, through a pointer
    DynamicShared,         // one past the dynamic shared memory
    DynamicSharedBefore,   // one before it
    LocalIndex,            // one past an array of the thread's own
    BarrierAfterReturn,    // half of the threads have ended
    TwoBarriers,           // either half waits at its own
    MissingLane,           // a shuffle names a lane that waits at the barrier
    ForeignMask,           // a shuffle whose mask leaves out its own lane
    PartialMatrixLoad,     // ldmatrix by half a warp
    MisalignedMatrixRow,   // a row at 8 bytes
    CopyToGlobal,          // copyAsync16 into device memory
    MisalignedCopy,        // from an address that is not 16-byte aligned
    CopyFromBehind,        // from behind the allocation
    DivisionByZero,
    ShiftTooFar,
    DeepRecursion,
    Trap,
    FixedSharedTooLarge,   // more than 48 KiB in fixed arrays
};

/// One block of 64 threads over `count` floats (≥ 64). Thread 37 is the one that errs where one is enough.
Status launchMistake(Stream stream, Mistake mistake, std::int64_t count, float* data);

/// out[i] = the neighbour's number, out of shared memory, with the barrier between them left out.
Status launchMissingBarrier(Stream stream, int* out);
/// out[i] = in[i] through copyAsync16, with the wait left out (or with the newest group left pending).
Status launchMissingWait(Stream stream, bool leavesOnePending, const int* in, int* out);
/// out = a shared array that nobody has written.
Status launchUnwritten(Stream stream, float* out);
/// Block b writes at flags[b] and reads what block b − 1 wrote, which no grid promises.
Status launchDependentBlocks(Stream stream, int blocks, int* flags, int* out);

}  // namespace trimtab::cuda
