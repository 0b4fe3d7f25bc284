// Built with -mavx512f -mavx512bw -mavx512dq -mavx512vl; called only where the processor has them.
#include <immintrin.h>

#include "core/tensor/code_values.h"
#include "kernels/cpu/simd/csr_body.h"
#include "kernels/cpu/simd/kernel_table.h"
#include "kernels/cpu/simd/quantize_body.h"
#include "kernels/cpu/simd/weight_only_body.h"

namespace trimtab::cpu::simd {
namespace {

struct Lanes {
    using Vector = __m512;
    static constexpr int kAccumulators = 24;
    template <WeightFormat F>
    using Unit = __m512i;

    static Vector zero() { return _mm512_setzero_ps(); }
    static Vector load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, Vector v) { _mm512_storeu_ps(p, v); }
    static Vector broadcast(const float* p) { return _mm512_set1_ps(*p); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    static Vector subtract(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
    static Vector min(Vector a, Vector b) { return _mm512_min_ps(a, b); }
    static Vector max(Vector a, Vector b) { return _mm512_max_ps(a, b); }
    static Vector multiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
    static float horizontalSum(Vector v) { return _mm512_reduce_add_ps(v); }
    static Vector gather(const float* base, const std::uint16_t* index) {
        return _mm512_i32gather_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(index))), base, 4);
    }
    static Vector gather(const float* base, const std::uint32_t* index) { return _mm512_i32gather_ps(_mm512_loadu_si512(index), base, 4); }

    template <WeightFormat F>
    static __m512i loadUnit(const std::uint8_t* p) {
        if constexpr (isFourBit(F) || F == WeightFormat::Float32) return _mm512_loadu_si512(p);
        else if constexpr (F == WeightFormat::Int8) return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        else if constexpr (isEightBit(F)) return _mm512_castsi256_si512(halvesOf<F>(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))));
        else return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }

    // Of float8 codes with their sign extended: the sign, then the exponent's low bits; bit 14 is that of a larger exponent.
    template <WeightFormat F>
    static __m256i halvesOf(__m256i codes) {
        if constexpr (F == WeightFormat::Float8E5M2) return _mm256_slli_epi16(codes, 8);
        else return _mm256_and_si256(_mm256_slli_epi16(codes, 7), _mm256_set1_epi16(static_cast<short>(0xbfff)));
    }

    // A nibble picks its float from a register of 16: no masking, no conversion.
    template <WeightFormat F>
    static Vector decode(__m512i unit, int j) {
        if constexpr (F == WeightFormat::Int4) {
            const __m512 table = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
            return _mm512_permutexvar_ps(_mm512_srlv_epi32(unit, _mm512_set1_epi32(4 * j)), table);
        } else if constexpr (isFourBit(F)) {
            const float* table = F == WeightFormat::NormalFloat4 ? tensor::kNormalFloat4.data() : tensor::kFloat4E2M1.data();
            return _mm512_permutexvar_ps(_mm512_srlv_epi32(unit, _mm512_set1_epi32(4 * j)), _mm512_loadu_ps(table));
        } else if constexpr (F == WeightFormat::Int8) {
            return _mm512_cvtepi32_ps(unit);
        } else if constexpr (isEightBit(F)) {
            return _mm512_cvtph_ps(_mm512_castsi512_si256(unit));
        } else if constexpr (F == WeightFormat::Float32) {
            return _mm512_castsi512_ps(unit);
        } else if constexpr (F == WeightFormat::BFloat16) {
            return _mm512_castsi512_ps(_mm512_slli_epi32(unit, 16));
        } else {
            return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(unit));
        }
    }

    static void quantize(Vector v, float scale, std::int32_t zeroPoint, std::uint8_t* q) {
        const __m512 limit = _mm512_set1_ps(1024.0F);  // keeps the conversion in range; saturates to 0 or 255 in any case
        const __m512 scaled = _mm512_max_ps(_mm512_min_ps(_mm512_div_ps(v, _mm512_set1_ps(scale)), limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
        const __m512i sum = _mm512_add_epi32(_mm512_cvtps_epi32(scaled), _mm512_set1_epi32(zeroPoint));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtusepi32_epi8(_mm512_max_epi32(sum, _mm512_setzero_si512())));
    }
};

}  // namespace

const KernelTable kAvx512Kernels{weightOnly<Lanes>, csrNarrow<Lanes>, csrWide<Lanes>, range<Lanes>, quantize<Lanes>};

}  // namespace trimtab::cpu::simd
