#pragma once
// Kernels of one language feature each. The same ones run on the emulator and on a GPU, and so hold the one against the other.
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

enum class Shuffle { Index, Up, Down, Xor };
/// out[i] = in of the lane that `shuffle` by `amount` names within `width` lanes; only the lanes of `mask` take part, the others' out
/// stays.
Status launchShuffle(Stream stream, Shuffle shuffle, unsigned mask, int amount, int width, int threads, const float* in, float* out);
/// Per thread: __ballot_sync, __any_sync, __all_sync, __reduce_add_sync, __reduce_max_sync of in[i] > 0 and in[i] over its warp.
Status launchVotes(Stream stream, int threads, const int* in, int* out);

/// out[block] = Σ in over the block's threads, as a tree in shared memory; block and grid of three axes.
Status launchTreeSum(Stream stream, const unsigned (&grid)[3], const unsigned (&block)[3], const int* in, int* out);
/// out = in reversed through `count` ints of dynamic shared memory; one block of 256 threads.
Status launchReverse(Stream stream, int count, const int* in, int* out);

/// counts[in[i] % 16] += 1; extremes = {max, min, Σ}, sum = Σ as float, *last = number of the block that came last by its ticket.
Status launchAtomics(Stream stream, int count, const int* in, int* counts, int* extremes, float* sum, unsigned* ticket, int* lasts);

/// out[i] = 3 · in[i] for i < count through a pipeline of two asynchronous stages of 128 × 16 bytes; what lies behind `count` arrives as
/// zeros and is written to out as far as the last stage goes. count is a multiple of 4.
Status launchPipeline(Stream stream, int count, const int* in, int* out);

/// The registers of loadMatrix4, loadMatrix4Transposed and loadMatrix2 of a warp: out [3, 32, 4]. in: 32 rows of 8.
Status launchMatrixLoads(Stream stream, const std::uint16_t* in, unsigned* out);

/// d[16, 8] += a[16, 16] · b[8, 16]ᵀ in one instruction, row-major; d float32. `bfloat`: bfloat16, else float16.
Status launchHalfProduct(Stream stream, bool bfloat, const void* a, const void* b, float* d);
/// d[16, 8] += a[16, 32] · b[8, 32]ᵀ over signed bytes.
Status launchByteProduct(Stream stream, const std::int8_t* a, const std::int8_t* b, int* d);

inline constexpr int kIntegerResults = 14;
/// out[i, …] of x[i], y[i]: popc, clz, ffs, brev, umulhi, funnel shifts left and right by x % 32, byte_perm(x, y, y >> 16), dp4a signed and
/// unsigned, min and max, float2int_rn and _rz of the float with the bits of x.
Status launchIntegers(Stream stream, int count, const unsigned* x, const unsigned* y, unsigned* out);
/// toFloat of all 65536 float16 and all bfloat16; fromFloat of in to both.
Status launchWiden(Stream stream, float* halves, float* bfloats);
Status launchNarrow(Stream stream, int count, const float* in, std::uint16_t* halves, std::uint16_t* bfloats);

/// out[0] = the four arguments, as the kernel's parameter types turn them.
Status launchArguments(Stream stream, double wide, int narrow, const float* pointer, float* out);
/// *out += 1
Status launchIncrement(Stream stream, int* out);
/// A block of `threads` threads, and a grid of `blocks`, that write nothing.
Status launchNothing(Stream stream, unsigned blocks, unsigned threads, std::size_t sharedBytes);

}  // namespace trimtab::cuda
