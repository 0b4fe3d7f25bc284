#pragma once
// The bitmap product, written once over `Lanes`. Narrow: 16 bits of a mask spread the next values over the lanes whose bit is set, against
// 16 neighbours of x. Wide: the set bits are written out as columns.
#include <bit>

#include "kernels/cpu/simd/bitmap_weight.h"
#include "kernels/cpu/simd/wide_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// One output. Whole tiles in vectors, the columns of a last shorter tile one by one.
template <class Lanes>
float bitmapRow(const std::uint64_t* masks, std::int64_t tiles, const float* values, const float* x, std::int64_t columns) {
    typename Lanes::Vector sums[2] = {Lanes::zero(), Lanes::zero()};
    float rest = 0;
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
        std::uint64_t mask = masks[tile];
        if (mask == 0) continue;
        const std::int64_t first = tile * BitmapWeight::kTileColumns;
        if (first + BitmapWeight::kTileColumns <= columns) {
#pragma GCC unroll 4
            for (int part = 0; part < 4; ++part) {
                const auto bits = static_cast<std::uint16_t>(mask >> (16 * part));
                sums[part % 2] = Lanes::multiplyAdd(Lanes::expand(values, bits), Lanes::load(x + first + 16 * part), sums[part % 2]);
                values += std::popcount(bits);
            }
        } else {
            for (; mask != 0; mask &= mask - 1) rest += *values++ * x[first + std::countr_zero(mask)];
        }
    }
    return Lanes::horizontalSum(Lanes::add(sums[0], sums[1])) + rest;
}

template <class Lanes>
void bitmapNarrow(const BitmapWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    const std::int64_t tiles = weight.tiles();
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < weight.rows; ++n) {
        const float* values = weight.values.data() + weight.valueStart[static_cast<std::size_t>(n)];
        for (std::int64_t row = 0; row < m; ++row) {
            const float sum = bitmapRow<Lanes>(weight.masks.data() + n * tiles, tiles, values, x + row * weight.columns, weight.columns);
            y[row * weight.rows + n] = finish(sum, epilogue, n);
        }
    }
}

template <class Lanes>
void bitmapWide(const BitmapWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    constexpr std::int64_t kPiece = 4 * BitmapWeight::kTileColumns;
    const std::int64_t tiles = weight.tiles();
    const auto strip = [&](auto vectors, std::int64_t first, std::int64_t last, const float* xt, float* sums) {
        constexpr int kVectors = decltype(vectors)::value;
        std::uint32_t columns[kPiece];
        for (std::int64_t n = first; n < last; ++n, sums += kVectors * kLanes) {
            const float* values = weight.values.data() + weight.valueStart[static_cast<std::size_t>(n)];
            std::int64_t count = 0;
            const auto flush = [&] {
                addColumns<Lanes, kVectors, 1>(values, 0, columns, count, xt, sums);
                values += count;
                count = 0;
            };
            for (std::int64_t tile = 0; tile < tiles; ++tile) {
                if (count > kPiece - BitmapWeight::kTileColumns) flush();
                const auto base = static_cast<std::uint32_t>(tile * BitmapWeight::kTileColumns);
                for (std::uint64_t mask = weight.masks[static_cast<std::size_t>(n * tiles + tile)]; mask != 0; mask &= mask - 1)
                    columns[count++] = base + static_cast<std::uint32_t>(std::countr_zero(mask));
            }
            flush();
        }
    };
    wideTiles<Lanes>(weight.rows, weight.columns, kLanes, x, m, y, epilogue, scratch, strip);
}

}  // namespace
}  // namespace trimtab::cpu::simd
