// The loops of vector_body.h for any processor.
#include <cstdint>

#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {
#include "kernels/cpu/vector/vector_body.h"
}  // namespace

const VectorKernels kPortableVectorKernels{unary,        binary,    select,     softmaxRow, exponentialRow, rmsRow,
                                           layerNormRow, reduceRow, accumulate, dequantize, quantize};

}  // namespace trimtab::cpu
