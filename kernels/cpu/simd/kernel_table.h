#pragma once
// The three builds of our kernels, one table each. avx512.cpp, avx2.cpp and portable.cpp fill them from the shared bodies in *_body.h.
#include "kernels/cpu/simd/bitmap_weight.h"
#include "kernels/cpu/simd/bsr_weight.h"
#include "kernels/cpu/simd/coo_weight.h"
#include "kernels/cpu/simd/csr_weight.h"
#include "kernels/cpu/simd/dot_weight.h"
#include "kernels/cpu/simd/nm_weight.h"
#include "kernels/cpu/simd/packed_weight.h"
#include "kernels/cpu/simd/quantize.h"
#include "kernels/cpu/simd/tiles.h"

namespace trimtab::cpu::simd {

/// A sparse form's product with few rows of x, and with many.
template <class Weight>
struct SparseKernels {
    void (*narrow)(const Weight&, const float* x, std::int64_t m, float* y, const Epilogue&);
    void (*wide)(const Weight&, const float* x, std::int64_t m, float* y, const Epilogue&, float* scratch);
};

template <class Weight>
void multiply(const SparseKernels<Weight>& kernels, const Weight& weight, const float* x, std::int64_t m, float* y,
              const Epilogue& epilogue, float* scratch) {
    if (m < kWideRows) kernels.narrow(weight, x, m, y, epilogue);
    else kernels.wide(weight, x, m, y, epilogue, scratch);
}

/// Products of integer codes, and what makes codes of activations.
struct DotKernels {
    void (*multiply)(const DotWeight&, const DotActivations& x, std::int64_t m, float* y, const Epilogue&);
    void (*quantize)(const float* x, std::int64_t rows, std::int64_t columns, const DotActivations& to);
};

struct KernelTable {
    void (*weightOnly)(const PackedWeight&, const float* x, std::int64_t m, float* y, const Epilogue&);
    DotKernels dot;
    SparseKernels<CsrWeight> csr;
    SparseKernels<CooWeight> coo;
    SparseKernels<BsrWeight> bsr;
    SparseKernels<BitmapWeight> bitmap;
    SparseKernels<NmWeight> nm;
    Range (*range)(const float* x, std::int64_t count);
    void (*quantize)(const float* x, std::int64_t count, QuantizationParameters, std::uint8_t* q);
    TileKernels tiles;
};

extern const KernelTable kPortableKernels;
#if defined(__x86_64__)
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const DotKernels kAvx512VnniDot;
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
