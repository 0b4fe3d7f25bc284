#pragma once
// Causal attention of new tokens over caches of keys and values, in fp32 (kernels/ref/attention/group_query_attention.cpp states the
// formulas): new rows are rotated and filed, then each task takes up to 64 rows of queries of one key head over tiles of 64 keys. The
// softmax is formed tile by tile with a running maximum (Milakov, Gimelshein 2018; Dao et al. 2022, "FlashAttention"), so that scores never
// leave the cache.
//   tolerance against sums in double: |error| ≤ 2e-6 · (1 + rows) · max|value|
#include <cstdint>
#include <span>

#include "kernels/cpu/simd/tiles.h"

namespace trimtab::cpu {

struct CachedAttention {
    std::int64_t batch = 0, tokens = 0, heads = 0, kvHeads = 0, size = 0;  // size: values of a head
    std::int64_t rows = 0;                                                 // of a cache: [batch, kvHeads, rows, a row of size values]
    std::int64_t queryStride = 0, keyStride = 0;  // floats from token to token, of queries and of new keys and values
    float scale = 1, softCap = 0;                 // softCap 0: none
    std::int64_t window = 0;                      // keys that a token sees, itself among them; 0: all
    std::int64_t rotaryHalf = 0;                  // columns of the rotary tables; 0: nothing is rotated
    bool interleaved = false;
    simd::RowFormat cacheFormat = simd::RowFormat::Float32;

    std::int64_t rowBytes() const { return simd::rowBytes(cacheFormat, size); }
    /// Floats that attend() wants as scratch with so many threads.
    std::int64_t scratchFloats(int threads) const;
};

/// Tables [positions, rotaryHalf]; null where nothing is rotated.
struct RotaryRows {
    const float* cos = nullptr;
    const float* sin = nullptr;
};

/// Files keys and values of the new tokens behind the past[b] rows that sequence b has. REQUIRES: past[b] + tokens ≤ rows.
void appendToCaches(const CachedAttention& attention, std::span<const std::int64_t> past, const RotaryRows& rotary, const float* key,
                    const float* value, std::byte* keys, std::byte* values);

/// y [batch, tokens, heads · size], from caches that hold the new rows.
void attend(const CachedAttention& attention, std::span<const std::int64_t> past, const RotaryRows& rotary, const float* query,
            const std::byte* keys, const std::byte* values, float* scratch, float* y);

}  // namespace trimtab::cpu
