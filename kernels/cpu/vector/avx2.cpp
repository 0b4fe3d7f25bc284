// The loops of vector_body.h for AVX2 with FMA.
#include <cstdint>

#include "kernels/cpu/vector/vector_kernels.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,prefer-vector-width=256")

namespace trimtab::cpu {
namespace {
#include "kernels/cpu/vector/vector_body.h"
}  // namespace

const VectorKernels kAvx2VectorKernels{unary,        binary,    select,     softmaxRow, exponentialRow, rmsRow,
                                       layerNormRow, reduceRow, accumulate, dequantize, quantize};

}  // namespace trimtab::cpu

#pragma GCC pop_options
#endif
