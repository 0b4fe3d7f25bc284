// The loops of vector_body.h for AVX-512 F, BW, DQ, VL.
#include <cstdint>

#include "kernels/cpu/vector/vector_kernels.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,prefer-vector-width=512")

namespace trimtab::cpu {
namespace {
#include "kernels/cpu/vector/vector_body.h"
}  // namespace

const VectorKernels kAvx512VectorKernels{unary,        binary,    select,     softmaxRow, exponentialRow, rmsRow,
                                         layerNormRow, reduceRow, accumulate, dequantize, quantize};

}  // namespace trimtab::cpu

#pragma GCC pop_options
#endif
