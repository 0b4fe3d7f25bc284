// With AVX-512 VBMI the table stands in four registers, and 64 codes pick their bytes at once: bit 7 of a code chooses between its two
// halves.
#include "kernels/cpu/vector/lookup.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trimtab::cpu {
namespace {

void lookUpEach(const std::uint8_t* codes, const std::uint8_t* table, std::uint8_t* result, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) result[i] = table[codes[i]];
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) void lookUpByRegisters(const std::uint8_t* codes, const std::uint8_t* table,
                                                                              std::uint8_t* result, std::int64_t count) {
    const __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
    const __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
    std::int64_t i = 0;
    for (; i + 64 <= count; i += 64) {
        const __m512i q = _mm512_loadu_si512(codes + i);
        const __m512i low = _mm512_permutex2var_epi8(t0, q, t1), high = _mm512_permutex2var_epi8(t2, q, t3);
        _mm512_storeu_si512(result + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(q), low, high));
    }
    lookUpEach(codes + i, table, result + i, count - i);
}
#endif

using Kernel = void (*)(const std::uint8_t*, const std::uint8_t*, std::uint8_t*, std::int64_t);

Kernel kernelForThisProcessor() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")) return lookUpByRegisters;
#endif
    return lookUpEach;
}

}  // namespace

void lookUp(const std::uint8_t* codes, const std::uint8_t* table, std::uint8_t* result, std::int64_t count) {
    static const Kernel kernel = kernelForThisProcessor();
    kernel(codes, table, result, count);
}

}  // namespace trimtab::cpu
