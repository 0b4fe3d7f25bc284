// Built with -mavx2 -mfma -mf16c; called only where the processor has them. 16 lanes are two registers of 8.
#include <array>
#include <bit>

#include <immintrin.h>

#include "core/tensor/code_values.h"
#include "kernels/cpu/simd/all_bodies.h"

namespace trimtab::cpu::simd {
namespace {

/// For each byte, its lanes' ranks among its set bits: lane i takes the value number kRanks[byte] >> 8 i.
constexpr std::array<std::uint64_t, 256> makeRanks() {
    std::array<std::uint64_t, 256> ranks{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::uint64_t rank = 0;
        for (unsigned i = 0; i < 8; ++i) {
            ranks[byte] |= rank << (8 * i);
            rank += (byte >> i) & 1U;
        }
    }
    return ranks;
}
constexpr auto kRanks = makeRanks();

struct Lanes {
    struct Vector {
        __m256 low, high;
    };
    struct Integers {
        __m256i low, high;
    };
    static constexpr int kAccumulators = 4;
    template <WeightFormat F>
    using Unit = Integers;

    static Vector zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
    static Vector load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
    static void store(float* p, Vector v) {
        _mm256_storeu_ps(p, v.low);
        _mm256_storeu_ps(p + 8, v.high);
    }
    static Vector broadcast(const float* p) {
        const __m256 value = _mm256_broadcast_ss(p);
        return {value, value};
    }
    static Vector add(Vector a, Vector b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
    static Vector subtract(Vector a, Vector b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
    static Vector min(Vector a, Vector b) { return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)}; }
    static Vector max(Vector a, Vector b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
    static Vector multiply(Vector a, Vector b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
    static Vector multiplyAdd(Vector a, Vector b, Vector c) {
        return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
    }
    static float horizontalSum(Vector v) {
        alignas(32) float lanes[8];
        _mm256_store_ps(lanes, _mm256_add_ps(v.low, v.high));
        return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
    static void horizontalSums(const Vector (&v)[4], float* sums) {
        const auto pairs = [&](int i) {
            return _mm256_hadd_ps(_mm256_add_ps(v[i].low, v[i].high), _mm256_add_ps(v[i + 1].low, v[i + 1].high));
        };
        const __m256 fours = _mm256_hadd_ps(pairs(0), pairs(2));
        _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(fours), _mm256_extractf128_ps(fours, 1)));
    }
    static Vector gather(const float* base, const std::uint16_t* index) {
        const auto at = [&](const std::uint16_t* p) {
            return _mm256_i32gather_ps(base, _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))), 4);
        };
        return {at(index), at(index + 8)};
    }
    static Vector gather(const float* base, const std::uint32_t* index) {
        const auto at = [&](const std::uint32_t* p) {
            return _mm256_i32gather_ps(base, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), 4);
        };
        return {at(index), at(index + 8)};
    }

    static Vector gatherAt(const float* base, Integers index) {
        return {_mm256_i32gather_ps(base, index.low, 4), _mm256_i32gather_ps(base, index.high, 4)};
    }
    /// Runs of 8, or of 4, side by side.
    static Vector join(const float* a, const float* b) { return {_mm256_loadu_ps(a), _mm256_loadu_ps(b)}; }
    static Vector join(const float* a, const float* b, const float* c, const float* d) {
        return {_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(a)), _mm_loadu_ps(b), 1),
                _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(c)), _mm_loadu_ps(d), 1)};
    }

    static __m256 expandHalf(const float* p, unsigned bits) {
        const __m256i rank = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(kRanks[bits])));
        const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        const __m256i isSet = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), bit), bit);
        return _mm256_and_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(p), rank), _mm256_castsi256_ps(isSet));
    }
    /// Lanes whose bit is set take the next of the values at p, the others 0. Reads up to 16 floats.
    static Vector expand(const float* p, std::uint16_t bits) {
        const unsigned low = bits & 255U;
        return {expandHalf(p, low), expandHalf(p + std::popcount(low), bits >> 8)};
    }

    template <int Bits>
    static __m256i placesHalf(std::uint32_t word, const std::int32_t* base, std::int32_t last) {
        const __m256i shift = Bits == 4 ? _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28) : _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
        const __m256i code =
            _mm256_and_si256(_mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(word)), shift), _mm256_set1_epi32((1 << Bits) - 1));
        const __m256i column = _mm256_add_epi32(code, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(base)));
        return _mm256_min_epi32(column, _mm256_set1_epi32(last));
    }
    /// The unpacked code of each lane, added to `base`; at most `last`.
    template <int Bits>
    static Integers places(const std::uint32_t* words, const std::int32_t* base, std::int32_t last) {
        return {placesHalf<Bits>(words[0], base, last), placesHalf<Bits>(Bits == 4 ? words[1] : words[0] >> 16, base + 8, last)};
    }
    static __m256 pickHalf(const float* x, __m256i index) {
        const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x), index);  // looks at the lowest three bits
        const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(x + 8), index);
        return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
    }
    /// Each lane picks one of 32 floats; the lower 8 lanes among the lower 16.
    static Vector pick(const float* x, Integers index) { return {pickHalf(x, index.low), pickHalf(x + 16, index.high)}; }
    static void storeColumns(std::uint32_t* columns, Integers index, std::uint32_t base) {
        const __m256i offset = _mm256_set1_epi32(static_cast<int>(base));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(columns), _mm256_add_epi32(index.low, offset));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(columns + 8), _mm256_add_epi32(index.high, offset));
    }

    /// 8 × 8 floats, rows become columns: in steps of 2 × 2, 4 × 4 and 8 × 8.
    static void transposeEight(__m256 (&rows)[8]) {
        __m256 quads[8];  // quads[4 b + c]: column c of each 128-bit part, rows 4 b … 4 b + 3
        for (int b = 0; b < 8; b += 4) {
            const __m256d low0 = _mm256_castps_pd(_mm256_unpacklo_ps(rows[b], rows[b + 1])),
                          high0 = _mm256_castps_pd(_mm256_unpackhi_ps(rows[b], rows[b + 1]));
            const __m256d low1 = _mm256_castps_pd(_mm256_unpacklo_ps(rows[b + 2], rows[b + 3]));
            const __m256d high1 = _mm256_castps_pd(_mm256_unpackhi_ps(rows[b + 2], rows[b + 3]));
            quads[b] = _mm256_castpd_ps(_mm256_unpacklo_pd(low0, low1));
            quads[b + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low0, low1));
            quads[b + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(high0, high1));
            quads[b + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(high0, high1));
        }
        for (int c = 0; c < 4; ++c) {
            rows[c] = _mm256_permute2f128_ps(quads[c], quads[4 + c], 0x20);
            rows[4 + c] = _mm256_permute2f128_ps(quads[c], quads[4 + c], 0x31);
        }
    }
    /// Rows become columns, quarter by quarter.
    static void transpose(Vector (&rows)[kLanes]) {
        __m256 topLeft[8], topRight[8], bottomLeft[8], bottomRight[8];
        for (int i = 0; i < 8; ++i) {
            topLeft[i] = rows[i].low;
            topRight[i] = rows[i].high;
            bottomLeft[i] = rows[i + 8].low;
            bottomRight[i] = rows[i + 8].high;
        }
        transposeEight(topLeft);
        transposeEight(topRight);
        transposeEight(bottomLeft);
        transposeEight(bottomRight);
        for (int i = 0; i < 8; ++i) {
            rows[i] = {topLeft[i], bottomLeft[i]};
            rows[i + 8] = {topRight[i], bottomRight[i]};
        }
    }

    template <WeightFormat F>
    static Integers loadUnit(const std::uint8_t* p) {
        if constexpr (isFourBit(F) || F == WeightFormat::Float32) {
            return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
        } else if constexpr (F == WeightFormat::Int8) {
            return {_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))),
                    _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8)))};
        } else if constexpr (isEightBit(F)) {
            const __m256i halves = halvesOf<F>(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
            return {_mm256_castsi128_si256(_mm256_castsi256_si128(halves)), _mm256_castsi128_si256(_mm256_extracti128_si256(halves, 1))};
        } else {
            const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
            return {_mm256_cvtepu16_epi32(_mm256_castsi256_si128(halves)), _mm256_cvtepu16_epi32(_mm256_extracti128_si256(halves, 1))};
        }
    }

    // Of float8 codes with their sign extended: the sign, then the exponent's low bits; bit 14 is that of a larger exponent.
    template <WeightFormat F>
    static __m256i halvesOf(__m256i codes) {
        if constexpr (F == WeightFormat::Float8E5M2) return _mm256_slli_epi16(codes, 8);
        else return _mm256_and_si256(_mm256_slli_epi16(codes, 7), _mm256_set1_epi16(static_cast<short>(0xbfff)));
    }

    // A register holds half the table: both are asked, and the code's highest bit decides.
    static __m256 pick(const float* table, __m256i codes) {
        const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), codes);
        const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), codes);
        return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(codes, 28)));
    }

    template <WeightFormat F>
    static __m256 decodeHalf(__m256i unit, int j) {
        if constexpr (F == WeightFormat::Int4) {
            const __m256i nibble = _mm256_and_si256(_mm256_srlv_epi32(unit, _mm256_set1_epi32(4 * j)), _mm256_set1_epi32(15));
            return _mm256_cvtepi32_ps(_mm256_sub_epi32(nibble, _mm256_set1_epi32(8)));
        } else if constexpr (isFourBit(F)) {
            const float* table = F == WeightFormat::NormalFloat4 ? tensor::kNormalFloat4.data() : tensor::kFloat4E2M1.data();
            return pick(table, _mm256_srlv_epi32(unit, _mm256_set1_epi32(4 * j)));
        } else if constexpr (F == WeightFormat::Int8) {
            return _mm256_cvtepi32_ps(unit);
        } else if constexpr (isEightBit(F)) {
            return _mm256_cvtph_ps(_mm256_castsi256_si128(unit));
        } else if constexpr (F == WeightFormat::Float32) {
            return _mm256_castsi256_ps(unit);
        } else if constexpr (F == WeightFormat::BFloat16) {
            return _mm256_castsi256_ps(_mm256_slli_epi32(unit, 16));
        } else {
            const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(unit, unit), 0x08);
            return _mm256_cvtph_ps(_mm256_castsi256_si128(packed));
        }
    }
    template <WeightFormat F>
    static Vector decode(Integers unit, int j) {
        return {decodeHalf<F>(unit.low, j), decodeHalf<F>(unit.high, j)};
    }

    // Integer products. 4-bit codes (as code + 8) are summed in 16 bits; two products of 8-bit codes fill 16 bits, and are widened at once.
    static constexpr int kDotRows = 4;
    static constexpr int kDotBlocks = 4;
    using Sums = Integers;
    template <int Bits>
    using Parts = Integers;

    static Integers noSums() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
    template <int Bits>
    static Integers noParts() {
        return noSums();
    }
    static Integers addSums(Integers a, Integers b) { return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
    /// Columns 0…3 of a step for half 0, 4…7 for half 1.
    template <int Bits>
    static Integers dotCodes(const std::uint8_t* p, int half) {
        const auto at = [](const std::uint8_t* q) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q)); };
        if constexpr (Bits == 8) {
            return {at(p + 64 * half), at(p + 64 * half + 32)};
        } else {
            const auto nibbles = [&](__m256i word) {
                return _mm256_and_si256(half ? _mm256_srli_epi16(word, 4) : word, _mm256_set1_epi8(15));
            };
            return {nibbles(at(p)), nibbles(at(p + 32))};
        }
    }
    template <int Bits>
    static __m256i dotHalf(__m256i sums, __m256i codes, __m256i q) {
        if constexpr (Bits == 4) {
            sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(codes, q));
        } else {
            const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(q, codes));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
        // One sum after another: as a tree of additions they would want more registers than there are.
        asm("" : "+x"(sums));
        return sums;
    }
    /// Four activations meet four codes of each output.
    template <int Bits>
    static Integers dot(Integers sums, Integers codes, const std::int8_t* q) {
        std::int32_t four = 0;
        __builtin_memcpy(&four, q, 4);
        const __m256i all = _mm256_set1_epi32(four);
        return {dotHalf<Bits>(sums.low, codes.low, all), dotHalf<Bits>(sums.high, codes.high, all)};
    }
    template <int Bits>
    static Integers widened(Integers parts) {
        if constexpr (Bits == 8) return parts;
        const __m256i ones = _mm256_set1_epi16(1);
        return {_mm256_madd_epi16(parts.low, ones), _mm256_madd_epi16(parts.high, ones)};
    }
    /// Sums of the codes themselves. codeSum: of the activations.
    template <int Bits>
    static Integers withoutOffset(Integers sums, const std::int32_t* codeSum) {
        if constexpr (Bits == 8) return sums;
        const __m256i offset = _mm256_slli_epi32(_mm256_set1_epi32(*codeSum), 3);
        return {_mm256_sub_epi32(sums.low, offset), _mm256_sub_epi32(sums.high, offset)};
    }
    static Vector toFloats(Integers sums) { return {_mm256_cvtepi32_ps(sums.low), _mm256_cvtepi32_ps(sums.high)}; }

    static __m256i roundedTo127(__m256 v, float scale) {
        const __m256 limit = _mm256_set1_ps(127.0F);
        // The second operand is kept where the first is NaN.
        const __m256 scaled =
            _mm256_max_ps(_mm256_min_ps(_mm256_div_ps(v, _mm256_set1_ps(scale)), limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
        const __m256i isNumber = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q));
        return _mm256_and_si256(_mm256_cvtps_epi32(scaled), isNumber);
    }
    /// 16 codes; their sum.
    static std::int32_t quantizeSigned(Vector v, float scale, std::int8_t* q) {
        const __m256i low = roundedTo127(v.low, scale), high = roundedTo127(v.high, scale);
        const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
        const __m256i pairs = _mm256_add_epi32(low, high);
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
    }

    static __m256i quantizeHalf(__m256 v, float scale, std::int32_t zeroPoint) {
        const __m256 limit = _mm256_set1_ps(1024.0F);  // keeps the conversion in range; saturates to 0 or 255 in any case
        const __m256 scaled =
            _mm256_max_ps(_mm256_min_ps(_mm256_div_ps(v, _mm256_set1_ps(scale)), limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
        return _mm256_add_epi32(_mm256_cvtps_epi32(scaled), _mm256_set1_epi32(zeroPoint));
    }
    static void quantize(Vector v, float scale, std::int32_t zeroPoint, std::uint8_t* q) {
        const __m256i words = _mm256_packs_epi32(quantizeHalf(v.low, scale, zeroPoint), quantizeHalf(v.high, scale, zeroPoint));
        const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(q),
                         _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
    }
};

}  // namespace

const KernelTable kAvx2Kernels = tableOf<Lanes>();

}  // namespace trimtab::cpu::simd
