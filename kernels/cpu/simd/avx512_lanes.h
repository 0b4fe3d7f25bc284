#pragma once
// 16 lanes in one register of AVX-512. For files that are built with -mavx512f -mavx512bw -mavx512dq -mavx512vl or more.
#include <immintrin.h>

#include "core/tensor/code_values.h"
#include "kernels/cpu/simd/packed_weight.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

struct Lanes {
    using Vector = __m512;
    using Integers = __m512i;
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
    static Vector multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
    static Vector multiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
    static float horizontalSum(Vector v) { return _mm512_reduce_add_ps(v); }
    static void horizontalSums(const Vector (&v)[4], float* sums) {
        const auto half = [](Vector x) { return _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)); };
        const __m256 fours = _mm256_hadd_ps(_mm256_hadd_ps(half(v[0]), half(v[1])), _mm256_hadd_ps(half(v[2]), half(v[3])));
        _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(fours), _mm256_extractf128_ps(fours, 1)));
    }
    static Vector gather(const float* base, const std::uint16_t* index) {
        return _mm512_i32gather_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(index))), base, 4);
    }
    static Vector gather(const float* base, const std::uint32_t* index) { return _mm512_i32gather_ps(_mm512_loadu_si512(index), base, 4); }

    static Vector gatherAt(const float* base, Integers index) { return _mm512_i32gather_ps(index, base, 4); }
    /// Runs of 8, or of 4, side by side.
    static Vector join(const float* a, const float* b) {
        return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(a)), _mm256_loadu_ps(b), 1);
    }
    static Vector join(const float* a, const float* b, const float* c, const float* d) {
        const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(a)), _mm_loadu_ps(b), 1);
        const __m256 high = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(c)), _mm_loadu_ps(d), 1);
        return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
    }
    /// Lanes whose bit is set take the next of the values at p, the others 0. Reads 16 floats.
    /// The load stays an instruction of its own: expanding from memory waits for each cache line in turn.
    static Vector expand(const float* p, std::uint16_t bits) {
        Vector next = _mm512_loadu_ps(p);
        asm("" : "+v"(next));
        return _mm512_maskz_expand_ps(bits, next);
    }

    /// The unpacked code of each lane, added to `base`; at most `last`.
    template <int Bits>
    static Integers places(const std::uint32_t* words, const std::int32_t* base, std::int32_t last) {
        const __m512i step = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i word = _mm512_set1_epi32(static_cast<int>(words[0]));
        if constexpr (Bits == 4) word = _mm512_inserti32x8(word, _mm256_set1_epi32(static_cast<int>(words[1])), 1);
        const __m512i shift = Bits == 4 ? _mm512_slli_epi32(_mm512_and_si512(step, _mm512_set1_epi32(7)), 2) : _mm512_slli_epi32(step, 1);
        const __m512i code = _mm512_and_si512(_mm512_srlv_epi32(word, shift), _mm512_set1_epi32((1 << Bits) - 1));
        return _mm512_min_epi32(_mm512_add_epi32(code, _mm512_loadu_si512(base)), _mm512_set1_epi32(last));
    }
    /// Each lane picks one of 32 floats; the lower 8 lanes among the lower 16.
    static Vector pick(const float* x, Integers index) {
        return _mm512_permutex2var_ps(_mm512_loadu_ps(x), index, _mm512_loadu_ps(x + 16));
    }
    static void storeColumns(std::uint32_t* columns, Integers index, std::uint32_t base) {
        _mm512_storeu_si512(columns, _mm512_add_epi32(index, _mm512_set1_epi32(static_cast<int>(base))));
    }

    /// Rows become columns: in steps of 2 × 2, 4 × 4, 8 × 8 and 16 × 16.
    static void transpose(Vector (&rows)[kLanes]) {
        Vector pairs[16];
        for (int i = 0; i < 16; i += 2) {
            pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
            pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
        }
        Vector quads[16];  // quads[4 b + c]: column c of each 128-bit part, rows 4 b … 4 b + 3
        for (int b = 0; b < 16; b += 4) {
            const auto part = [&](int i) { return _mm512_castps_pd(pairs[b + i]); };
            quads[b] = _mm512_castpd_ps(_mm512_unpacklo_pd(part(0), part(2)));
            quads[b + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(part(0), part(2)));
            quads[b + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(part(1), part(3)));
            quads[b + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(part(1), part(3)));
        }
        for (int c = 0; c < 4; ++c) {
            const Vector evenLow = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0x88);
            const Vector evenHigh = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0x88);
            const Vector oddLow = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0xdd);
            const Vector oddHigh = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0xdd);
            rows[c] = _mm512_shuffle_f32x4(evenLow, evenHigh, 0x88);
            rows[8 + c] = _mm512_shuffle_f32x4(evenLow, evenHigh, 0xdd);
            rows[4 + c] = _mm512_shuffle_f32x4(oddLow, oddHigh, 0x88);
            rows[12 + c] = _mm512_shuffle_f32x4(oddLow, oddHigh, 0xdd);
        }
    }

    template <WeightFormat F>
    static __m512i loadUnit(const std::uint8_t* p) {
        if constexpr (isFourBit(F) || F == WeightFormat::Float32) return _mm512_loadu_si512(p);
        else if constexpr (F == WeightFormat::Int8) return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        else if constexpr (isEightBit(F))
            return _mm512_castsi256_si512(halvesOf<F>(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))));
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
        const __m512 scaled =
            _mm512_max_ps(_mm512_min_ps(_mm512_div_ps(v, _mm512_set1_ps(scale)), limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
        const __m512i sum = _mm512_add_epi32(_mm512_cvtps_epi32(scaled), _mm512_set1_epi32(zeroPoint));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtusepi32_epi8(_mm512_max_epi32(sum, _mm512_setzero_si512())));
    }

    // Integer products. 4-bit codes (as code + 8) are summed in 16 bits; two products of 8-bit codes fill 16 bits, and are widened at once.
    static constexpr int kDotRows = 12;
    static constexpr int kDotBlocks = 4;
    using Sums = __m512i;
    template <int Bits>
    using Parts = __m512i;

    static Sums noSums() { return _mm512_setzero_si512(); }
    template <int Bits>
    static Sums noParts() {
        return noSums();
    }
    static Sums addSums(Sums a, Sums b) { return _mm512_add_epi32(a, b); }
    /// Columns 0…3 of a step for half 0, 4…7 for half 1.
    template <int Bits>
    static __m512i dotCodes(const std::uint8_t* p, int half) {
        if constexpr (Bits == 8) return _mm512_loadu_si512(p + 64 * half);
        const __m512i word = _mm512_loadu_si512(p);
        return _mm512_and_si512(half ? _mm512_srli_epi16(word, 4) : word, _mm512_set1_epi8(15));
    }
    static __m512i fourAt(const std::int8_t* q) {
        std::int32_t four = 0;
        __builtin_memcpy(&four, q, 4);
        return _mm512_set1_epi32(four);
    }
    /// Four activations meet four codes of each output.
    template <int Bits>
    static __m512i dot(__m512i sums, __m512i codes, const std::int8_t* q) {
        const __m512i all = fourAt(q);
        if constexpr (Bits == 4) {
            sums = _mm512_add_epi16(sums, _mm512_maddubs_epi16(codes, all));
        } else {
            const __m512i signedLike = _mm512_mask_sub_epi8(all, _mm512_movepi8_mask(codes), _mm512_setzero_si512(), all);
            const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(codes), signedLike);
            sums = _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
        }
        // One sum after another: as a tree of additions they would want more registers than there are.
        asm("" : "+v"(sums));
        return sums;
    }
    template <int Bits>
    static Sums widened(__m512i parts) {
        return Bits == 8 ? parts : _mm512_madd_epi16(parts, _mm512_set1_epi16(1));
    }
    /// Sums of the codes themselves. codeSum: of the activations.
    template <int Bits>
    static Sums withoutOffset(Sums sums, const std::int32_t* codeSum) {
        return Bits == 8 ? sums : _mm512_sub_epi32(sums, _mm512_slli_epi32(_mm512_set1_epi32(*codeSum), 3));
    }
    static Vector toFloats(Sums sums) { return _mm512_cvtepi32_ps(sums); }
    /// 16 codes; their sum.
    static std::int32_t quantizeSigned(Vector v, float scale, std::int8_t* q) {
        const __m512 limit = _mm512_set1_ps(127.0F);
        const __m512 scaled =
            _mm512_max_ps(_mm512_min_ps(_mm512_div_ps(v, _mm512_set1_ps(scale)), limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
        const __m512i codes = _mm512_maskz_cvtps_epi32(_mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), scaled);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtsepi32_epi8(codes));
        return _mm512_reduce_add_epi32(codes);
    }
};

}  // namespace
}  // namespace trimtab::cpu::simd
