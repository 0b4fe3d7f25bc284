#pragma once
// The three builds of our kernels, one table each. avx512.cpp, avx2.cpp and portable.cpp fill them from the shared bodies in *_body.h.
#include "kernels/cpu/simd/csr_weight.h"
#include "kernels/cpu/simd/packed_weight.h"
#include "kernels/cpu/simd/quantize.h"

namespace trimtab::cpu::simd {

struct KernelTable {
    void (*weightOnly)(const PackedWeight&, const float* x, std::int64_t m, float* y, const Epilogue&);
    void (*csrNarrow)(const CsrWeight&, const float* x, std::int64_t m, float* y, const Epilogue&);
    void (*csrWide)(const CsrWeight&, const float* x, std::int64_t m, float* y, const Epilogue&, float* scratch);
    Range (*range)(const float* x, std::int64_t count);
    void (*quantize)(const float* x, std::int64_t count, QuantizationParameters, std::uint8_t* q);
};

extern const KernelTable kPortableKernels;
#if defined(__x86_64__)
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
#endif

inline const KernelTable& kernels(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::Avx512) return kAvx512Kernels;
    if (isa == Isa::Avx2) return kAvx2Kernels;
#endif
    (void)isa;
    return kPortableKernels;
}

}  // namespace trimtab::cpu::simd
