#pragma once
// The kernels of tiles.h, written once over `Lanes`.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/simd/tiles.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

template <WeightFormat F>
constexpr std::int64_t kElementBytes = F == WeightFormat::Float32 ? 4 : 2;

template <class Lanes, WeightFormat F>
typename Lanes::Vector sixteenAt(const std::uint8_t* p) {
    return Lanes::template decode<F>(Lanes::template loadUnit<F>(p), 0);
}

/// The last elements of a row, fewer than 16, with zeros behind them.
template <class Lanes, WeightFormat F>
typename Lanes::Vector tailAt(const std::uint8_t* p, std::int64_t count) {
    std::uint8_t padded[kLanes * 4] = {};
    std::memcpy(padded, p, static_cast<std::size_t>(count * kElementBytes<F>));
    return sixteenAt<Lanes, F>(padded);
}

template <class Lanes, WeightFormat F>
void turn(const std::uint8_t* rows, std::int64_t count, std::int64_t size, float* columns) {
    for (std::int64_t first = 0; first < count; first += kLanes) {
        for (std::int64_t c = 0; c < size; c += kLanes) {
            const std::int64_t wide = std::min(kLanes, size - c);
            typename Lanes::Vector block[kLanes];
            for (std::int64_t i = 0; i < kLanes; ++i) {
                const std::uint8_t* at = rows + ((first + i) * size + c) * kElementBytes<F>;
                if (first + i >= count)
                    block[i] = Lanes::zero();
                else
                    block[i] = wide == kLanes ? sixteenAt<Lanes, F>(at) : tailAt<Lanes, F>(at, wide);
            }
            Lanes::transpose(block);
            for (std::int64_t i = 0; i < wide; ++i) Lanes::store(columns + (c + i) * kTileKeys + first, block[i]);
        }
    }
}

template <class Lanes, WeightFormat F>
void widen(const std::uint8_t* rows, std::int64_t count, std::int64_t size, std::int64_t stride, float* wide) {
    for (std::int64_t r = 0; r < count; ++r) {
        for (std::int64_t c = 0; c < stride; c += kLanes) {
            const std::uint8_t* at = rows + (r * size + c) * kElementBytes<F>;
            Lanes::store(wide + r * stride + c,
                         c + kLanes <= size ? sixteenAt<Lanes, F>(at) : tailAt<Lanes, F>(at, std::max<std::int64_t>(size - c, 0)));
        }
    }
}

template <class Lanes>
void turnRows(WeightFormat format, const void* rows, std::int64_t count, std::int64_t size, float* columns) {
    const auto* bytes = static_cast<const std::uint8_t*>(rows);
    if (format == WeightFormat::BFloat16)
        turn<Lanes, WeightFormat::BFloat16>(bytes, count, size, columns);
    else if (format == WeightFormat::Float16)
        turn<Lanes, WeightFormat::Float16>(bytes, count, size, columns);
    else
        turn<Lanes, WeightFormat::Float32>(bytes, count, size, columns);
}

template <class Lanes>
void widenRows(WeightFormat format, const void* rows, std::int64_t count, std::int64_t size, std::int64_t stride, float* wide) {
    const auto* bytes = static_cast<const std::uint8_t*>(rows);
    if (format == WeightFormat::BFloat16)
        widen<Lanes, WeightFormat::BFloat16>(bytes, count, size, stride, wide);
    else if (format == WeightFormat::Float16)
        widen<Lanes, WeightFormat::Float16>(bytes, count, size, stride, wide);
    else
        widen<Lanes, WeightFormat::Float32>(bytes, count, size, stride, wide);
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
