#pragma once
// The weight-only product with many rows of x, written once over `Lanes`: weights of 64 outputs are decoded 256 columns at a time into a
// panel in the cache, which all rows of x meet. Where few rows meet a weight, weight_only_body.h decodes it in registers.
#include <algorithm>

#include "kernels/cpu/simd/epilogue_body.h"
#include "kernels/cpu/simd/packed_weight.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

constexpr std::int64_t kPanelBlocks = 4;     // of 16 outputs
constexpr std::int64_t kPanelColumns = 256;  // a block of the panel takes 16 KiB

/// panel[k − first][16 outputs] of columns [first, last) of a block of 16 outputs.
template <class Lanes, WeightFormat F, bool Zero>
void decodeColumns(const PackedWeight& weight, std::int64_t block, std::int64_t first, std::int64_t last, float* panel) {
    constexpr std::int64_t kStep = isFourBit(F) ? 8 : 1;
    constexpr std::int64_t kUnit = isFourBit(F) || F == WeightFormat::Float32 ? kLanes * 4 : isEightBit(F) ? kLanes : kLanes * 2;
    constexpr bool kScaled = isFourBit(F) || isEightBit(F);
    const auto* codes = reinterpret_cast<const std::uint8_t*>(weight.codes.bytes().data()) + block * weight.blockBytes;
    const std::int64_t groupUnits = (weight.group + kStep - 1) / kStep;
    for (std::int64_t k = first; k < last;) {
        const std::int64_t g = k / weight.group, within = k - g * weight.group;
        const std::int64_t at = (block * weight.groups + g) * kLanes,
                           end = std::min({last, (g + 1) * weight.group, k - within % kStep + kStep});
        const auto unit = Lanes::template loadUnit<F>(codes + (g * groupUnits + within / kStep) * kUnit);
        for (std::int64_t j = within % kStep; k < end; ++k, ++j) {
            auto value = Lanes::template decode<F>(unit, static_cast<int>(j));
            if constexpr (Zero) value = Lanes::subtract(value, Lanes::load(weight.zeroPoints.data() + at));
            if constexpr (kScaled) value = Lanes::multiplyAdd(value, Lanes::load(weight.scales.data() + at), Lanes::zero());
            Lanes::store(panel + (k - first) * kLanes, value);
        }
    }
}

/// M rows of x meet B neighbouring blocks of the panel. The sums are a value: one whose address is known elsewhere would be written to
/// memory at every step.
template <class Lanes, int M, int B>
struct PanelSums {
    typename Lanes::Vector at[M][B];
};

template <class Lanes, int M, int B>
[[gnu::always_inline]] inline PanelSums<Lanes, M, B> panelTile(const float* x, std::int64_t xStride, const float* panel,
                                                               std::int64_t blockFloats, std::int64_t depth, const float* y,
                                                               std::int64_t yStride) {
    PanelSums<Lanes, M, B> sums;
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) sums.at[m][b] = y ? Lanes::load(y + m * yStride + b * kLanes) : Lanes::zero();
    for (std::int64_t k = 0; k < depth; ++k) {
        typename Lanes::Vector right[B];
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) right[b] = Lanes::load(panel + b * blockFloats + k * kLanes);
#pragma GCC unroll 12
        for (int m = 0; m < M; ++m) {
            const auto left = Lanes::broadcast(x + m * xStride + k);
#pragma GCC unroll 2
            for (int b = 0; b < B; ++b) sums.at[m][b] = Lanes::multiplyAdd(right[b], left, sums.at[m][b]);
        }
    }
    return sums;
}

/// What a chunk of columns adds to y: sums so far stand in y, the last chunk finishes them.
struct PanelChunk {
    const float* panel;
    std::int64_t blockFloats;    // from one block of the panel to the next
    std::int64_t block, blocks;  // of 16 outputs
    std::int64_t first, depth;   // columns
    bool isLast;
};

template <class Lanes, int M, int B>
void panelBlocks(const PanelChunk& chunk, std::int64_t at, const PackedWeight& weight, const float* x, float* y, const Epilogue& epilogue) {
    const std::int64_t output = (chunk.block + at) * kLanes;
    const float* before = chunk.first == 0 ? nullptr : y + output;
    const auto sums = panelTile<Lanes, M, B>(x + chunk.first, weight.columns, chunk.panel + at * chunk.blockFloats, chunk.blockFloats,
                                             chunk.depth, before, weight.rows);
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m) {
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) Lanes::store(y + m * weight.rows + output + b * kLanes, sums.at[m][b]);
    }
    if (!chunk.isLast) return;
    for (int m = 0; m < M; ++m) {
        float* row = y + m * weight.rows;
        for (int b = 0; b < B; ++b)
            storeSums<Lanes>(Lanes::load(row + output + b * kLanes), epilogue, output + b * kLanes, weight.rows, row);
    }
}

template <class Lanes, int M>
void panelRows(const PanelChunk& chunk, const PackedWeight& weight, const float* x, float* y, const Epilogue& epilogue) {
    constexpr int kBlocks = Lanes::kAccumulators >= 24 ? 2 : 1;
    std::int64_t at = 0;
    for (; at + kBlocks <= chunk.blocks; at += kBlocks) panelBlocks<Lanes, M, kBlocks>(chunk, at, weight, x, y, epilogue);
    for (; at < chunk.blocks; ++at) panelBlocks<Lanes, M, 1>(chunk, at, weight, x, y, epilogue);
}

template <class Lanes>
void meetPanel(const PanelChunk& chunk, const PackedWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    constexpr int kRows = Lanes::kAccumulators >= 24 ? 12 : Lanes::kAccumulators >= 4 ? 6 : 2;
    std::int64_t row = 0;
    const auto advance = [&](auto rows) {
        for (; row + rows() <= m; row += rows())
            panelRows<Lanes, rows()>(chunk, weight, x + row * weight.columns, y + row * weight.rows, epilogue);
    };
    advance(std::integral_constant<int, kRows>{});
    advance(std::integral_constant<int, 2>{});
    advance(std::integral_constant<int, 1>{});
}

/// Whole blocks of 16 outputs, `blocks` of them. Sums that are not finished stand in y.
template <class Lanes, WeightFormat F, bool Zero>
void weightPanels(const PackedWeight& weight, std::int64_t blocks, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
#pragma omp parallel for schedule(static)
    for (std::int64_t block = 0; block < blocks; block += kPanelBlocks) {
        constexpr bool kStandsReady = F == WeightFormat::Float32;
        alignas(64) float panel[kStandsReady ? kLanes : kPanelBlocks * kPanelColumns * kLanes];
        const std::int64_t count = std::min(kPanelBlocks, blocks - block);
        for (std::int64_t k = 0; k < weight.columns; k += kPanelColumns) {
            const std::int64_t last = std::min(k + kPanelColumns, weight.columns);
            PanelChunk chunk{panel, kPanelColumns * kLanes, block, count, k, last - k, last == weight.columns};
            if constexpr (kStandsReady) {
                chunk.blockFloats = weight.columns * kLanes;
                chunk.panel = reinterpret_cast<const float*>(weight.codes.bytes().data()) + block * chunk.blockFloats + k * kLanes;
            } else {
                for (std::int64_t b = 0; b < count; ++b)
                    decodeColumns<Lanes, F, Zero>(weight, block + b, k, last, panel + b * chunk.blockFloats);
            }
            meetPanel<Lanes>(chunk, weight, x, m, y, epilogue);
        }
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
