#pragma once
// The kernels of tiles.h, written once over `Lanes`.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/simd/packed_weight.h"
#include "kernels/cpu/simd/tiles.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// Sixteen values of a row from column c on; those from `size` on may be anything.
template <class Lanes, WeightFormat F>
struct FloatRows {
    const std::uint8_t* bytes;
    std::int64_t size;
    static constexpr std::int64_t kElementBytes = F == WeightFormat::Float32 ? 4 : 2;

    typename Lanes::Vector at(std::int64_t row, std::int64_t c) const {
        const std::uint8_t* p = bytes + (row * size + c) * kElementBytes;
        if (c + kLanes <= size) return Lanes::template decode<F>(Lanes::template loadUnit<F>(p), 0);
        std::uint8_t padded[kLanes * 4] = {};
        std::memcpy(padded, p, static_cast<std::size_t>((size - c) * kElementBytes));
        return Lanes::template decode<F>(Lanes::template loadUnit<F>(padded), 0);
    }
};

template <class Lanes, int Bits>
struct CodeRows {
    const std::uint8_t* bytes;
    std::int64_t size;

    typename Lanes::Vector at(std::int64_t row, std::int64_t c) const {
        const std::uint8_t* p = bytes + row * tensor::keptRowBytes(size, Bits);
        float range[2];
        std::memcpy(range, p, sizeof(range));
        p += tensor::kKeptRangeBytes + c * Bits / 8;
        // Signed codes are what there is a decoder for: a byte's highest bit is turned, and 128 added again.
        std::uint64_t codes[2];
        std::memcpy(codes, p, static_cast<std::size_t>(kLanes * Bits / 8));
        if constexpr (Bits == 4) {
            codes[1] = codes[0] >> 4 & 0x0f0f0f0f0f0f0f0fU;
            codes[0] &= 0x0f0f0f0f0f0f0f0fU;
        } else {
            for (std::uint64_t& eight : codes) eight ^= 0x8080808080808080U;
        }
        constexpr float kTurned = Bits == 8 ? 128.0F : 0.0F;
        const auto* unit = reinterpret_cast<const std::uint8_t*>(codes);
        auto value = Lanes::template decode<WeightFormat::Int8>(Lanes::template loadUnit<WeightFormat::Int8>(unit), 0);
        if constexpr (Bits == 8) value = Lanes::add(value, Lanes::broadcast(&kTurned));
        return Lanes::multiplyAdd(value, Lanes::broadcast(&range[1]), Lanes::broadcast(&range[0]));
    }
};

/// use(rows) with the reader of the format.
template <class Lanes, class Use>
void withRows(RowFormat format, const void* rows, std::int64_t size, const Use& use) {
    const auto* bytes = static_cast<const std::uint8_t*>(rows);
    switch (format) {
        case RowFormat::Float32:
            return use(FloatRows<Lanes, WeightFormat::Float32>{bytes, size});
        case RowFormat::BFloat16:
            return use(FloatRows<Lanes, WeightFormat::BFloat16>{bytes, size});
        case RowFormat::Float16:
            return use(FloatRows<Lanes, WeightFormat::Float16>{bytes, size});
        case RowFormat::Codes8:
            return use(CodeRows<Lanes, 8>{bytes, size});
        case RowFormat::Codes4:
            return use(CodeRows<Lanes, 4>{bytes, size});
    }
}

template <class Lanes>
void turnRows(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, float* columns) {
    withRows<Lanes>(format, rows, size, [&](const auto& reader) {
        for (std::int64_t first = 0; first < count; first += kLanes) {
            for (std::int64_t c = 0; c < size; c += kLanes) {
                typename Lanes::Vector block[kLanes];
                for (std::int64_t i = 0; i < kLanes; ++i) block[i] = first + i < count ? reader.at(first + i, c) : Lanes::zero();
                Lanes::transpose(block);
                const std::int64_t wide = std::min(kLanes, size - c);
                for (std::int64_t i = 0; i < wide; ++i) Lanes::store(columns + (c + i) * kTileKeys + first, block[i]);
            }
        }
    });
}

template <class Lanes>
void widenRows(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, std::int64_t stride, float* wide) {
    withRows<Lanes>(format, rows, size, [&](const auto& reader) {
        for (std::int64_t r = 0; r < count; ++r) {
            float* to = wide + r * stride;
            for (std::int64_t c = 0; c < stride; c += kLanes) Lanes::store(to + c, c < size ? reader.at(r, c) : Lanes::zero());
            std::fill(to + size, to + stride, 0.0F);
        }
    });
}

/// Q queries meet R rows.
template <class Lanes, int Q, int R, class Reader>
void meetBlock(const Reader& reader, std::int64_t row, const float* queries, std::int64_t stride, float* scores) {
    typename Lanes::Vector sums[Q * R];
#pragma GCC unroll 4
    for (int i = 0; i < Q * R; ++i) sums[i] = Lanes::zero();
    for (std::int64_t c = 0; c < reader.size; c += kLanes) {
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) {
            const auto values = reader.at(row + r, c);
#pragma GCC unroll 4
            for (int q = 0; q < Q; ++q)
                sums[q * R + r] = Lanes::multiplyAdd(values, Lanes::load(queries + q * stride + c), sums[q * R + r]);
        }
    }
    float totals[Q * R];
    if constexpr (Q * R == 4) {
        Lanes::horizontalSums(sums, totals);
    } else {
        for (int i = 0; i < Q * R; ++i) totals[i] = Lanes::horizontalSum(sums[i]);
    }
    for (int q = 0; q < Q; ++q) std::copy_n(totals + q * R, R, scores + q * kTileKeys + row);
}

template <class Lanes, int Q, class Reader>
void meetAllRows(const Reader& reader, std::int64_t count, const float* queries, std::int64_t stride, float* scores) {
    constexpr int kRows = 4 / Q;
    std::int64_t row = 0;
    for (; row + kRows <= count; row += kRows) meetBlock<Lanes, Q, kRows>(reader, row, queries, stride, scores);
    for (; row < count; ++row) meetBlock<Lanes, Q, 1>(reader, row, queries, stride, scores);
}

template <class Lanes>
void meetRows(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, const float* queries, std::int64_t stride,
              std::int64_t queryCount, float* scores) {
    withRows<Lanes>(format, rows, size, [&](const auto& reader) {
        std::int64_t q = 0;
        for (; q + 4 <= queryCount; q += 4) meetAllRows<Lanes, 4>(reader, count, queries + q * stride, stride, scores + q * kTileKeys);
        for (; q + 2 <= queryCount; q += 2) meetAllRows<Lanes, 2>(reader, count, queries + q * stride, stride, scores + q * kTileKeys);
        if (q < queryCount) meetAllRows<Lanes, 1>(reader, count, queries + q * stride, stride, scores + q * kTileKeys);
    });
}

template <class Lanes, int M, int B>
void tileProduct(const float* a, std::int64_t aStride, const float* b, std::int64_t bStride, std::int64_t depth, float* c,
                 std::int64_t cStride, bool add) {
    typename Lanes::Vector sums[M][B];
    // Every loop over the sums is unrolled: an array that is indexed at run time would be written to memory at every step.
#pragma GCC unroll 4
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int n = 0; n < B; ++n) sums[m][n] = add ? Lanes::load(c + m * cStride + n * kLanes) : Lanes::zero();
    for (std::int64_t k = 0; k < depth; ++k) {
        typename Lanes::Vector right[B];
#pragma GCC unroll 4
        for (int n = 0; n < B; ++n) right[n] = Lanes::load(b + k * bStride + n * kLanes);
#pragma GCC unroll 4
        for (int m = 0; m < M; ++m) {
            const auto left = Lanes::broadcast(a + m * aStride + k);
#pragma GCC unroll 4
            for (int n = 0; n < B; ++n) sums[m][n] = Lanes::multiplyAdd(right[n], left, sums[m][n]);
        }
    }
#pragma GCC unroll 4
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 4
        for (int n = 0; n < B; ++n) Lanes::store(c + m * cStride + n * kLanes, sums[m][n]);
}

template <class Lanes, int M>
void rowProduct(const float* a, std::int64_t aStride, const float* b, std::int64_t bStride, std::int64_t depth, std::int64_t width,
                float* c, std::int64_t cStride, bool add) {
    constexpr int kBlocks = std::clamp(Lanes::kAccumulators / M, 1, 4);
    std::int64_t n = 0;
    for (; n + kBlocks * kLanes <= width; n += kBlocks * kLanes)
        tileProduct<Lanes, M, kBlocks>(a, aStride, b + n, bStride, depth, c + n, cStride, add);
    for (; n < width; n += kLanes) tileProduct<Lanes, M, 1>(a, aStride, b + n, bStride, depth, c + n, cStride, add);
}

template <class Lanes>
void multiplyTiles(const float* a, std::int64_t aStride, std::int64_t rows, const float* b, std::int64_t bStride, std::int64_t depth,
                   std::int64_t width, float* c, std::int64_t cStride, bool add) {
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4) rowProduct<Lanes, 4>(a + r * aStride, aStride, b, bStride, depth, width, c + r * cStride, cStride, add);
    for (; r + 2 <= rows; r += 2) rowProduct<Lanes, 2>(a + r * aStride, aStride, b, bStride, depth, width, c + r * cStride, cStride, add);
    if (r < rows) rowProduct<Lanes, 1>(a + r * aStride, aStride, b, bStride, depth, width, c + r * cStride, cStride, add);
}

}  // namespace
}  // namespace trimtab::cpu::simd
