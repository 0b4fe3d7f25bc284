#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {

const VectorKernels& vectorKernels(simd::Isa isa) {
#if defined(__x86_64__)
    if (isa == simd::Isa::Avx512) return kAvx512VectorKernels;
    if (isa == simd::Isa::Avx2) return kAvx2VectorKernels;
#endif
    static_cast<void>(isa);
    return kPortableVectorKernels;
}

const VectorKernels& vectorKernels() {
    static const VectorKernels& chosen = vectorKernels(simd::bestIsa());
    return chosen;
}

}  // namespace trimtab::cpu
