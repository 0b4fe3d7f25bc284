#pragma once
// The CUDA C++ that our kernels are written in, behind names of our own where nvcc and the emulator (tests/support/simt) must differ. A .cu
// file includes this header and no other of CUDA's. The emulator compiles the same file as host C++ with tests/support/simt/language.h
// included first (its include guard takes the place of this one).
//
// Beside plain CUDA C++ (threadIdx, __syncthreads, __shfl_*_sync, __ballot_sync, atomicAdd, __half, __nv_bfloat16, float4, …):
//   SHARED_ARRAY(T, name, count)    a fixed array in shared memory
//   DYNAMIC_SHARED(T, name)         the launch's dynamic shared memory
//   launch(kernel, grid, block, sharedBytes, stream, arguments…) → Status; mostSharedBytes()
//   toFloat(x), fromFloat<T>(f)     16-bit floats ↔ float, round to nearest even
//   copyAsync16(to, from, valid), commitCopies(), waitForCopies<pending>()
//   andOr(a, b, c), andXor(a, b, c)
//   loadMatrix4(r, row), loadMatrix4Transposed(r, row)
//   multiplyAdd16816(d, a, b, T{}), multiplyAdd16832(d, a, b)
#ifndef TRIMTAB_SIMT
#include "kernels/cuda/language/nvcc.h"
#endif
