#pragma once
// The weight-only product, written once over a vector type `Lanes` of 16 floats; each instruction set's file includes it with its own
// (file-local) Lanes. A tile is M rows of x by B blocks of 16 outputs: weights are decoded once and meet M rows; for M = 1 many blocks keep
// enough independent sums in flight to hide the latency of the multiply-add.
#include <algorithm>

#include "kernels/cpu/simd/epilogue_body.h"
#include "kernels/cpu/simd/packed_weight.h"
#include "kernels/cpu/simd/weight_panel_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// Bytes of codes between those that are multiplied and those that are fetched.
constexpr std::int64_t kAhead = 2048;

template <class Lanes, WeightFormat F, bool Zero, int M, int B>
void weightOnlyTile(const PackedWeight& weight, std::int64_t firstBlock, const float* x, float* y, const Epilogue& epilogue) {
    using Vector = typename Lanes::Vector;
    constexpr std::int64_t kStep = isFourBit(F) ? 8 : 1;
    constexpr std::int64_t kUnit = isFourBit(F) || F == WeightFormat::Float32 ? kLanes * 4 : isEightBit(F) ? kLanes : kLanes * 2;
    constexpr bool kScaled = isFourBit(F) || isEightBit(F);
    const std::int64_t columns = weight.columns;
    const auto* codes = reinterpret_cast<const std::uint8_t*>(weight.codes.bytes().data()) + firstBlock * weight.blockBytes;

    Vector total[M][B];
    for (auto& row : total)
        for (auto& sum : row) sum = Lanes::zero();

    for (std::int64_t g = 0; g < weight.groups; ++g) {
        // Registers are for what changes at every step: the totals wait in memory while a group is summed.
        if constexpr (Lanes::kAccumulators < 8) asm volatile("" : "+m"(total));
        const std::int64_t start = g * weight.group;
        const std::int64_t end = std::min(start + weight.group, columns);
        Vector sums[M][B];
        for (auto& row : sums)
            for (auto& sum : row) sum = Lanes::zero();
        [[maybe_unused]] Vector zero[B];
        if constexpr (Zero) {
            for (int b = 0; b < B; ++b) zero[b] = Lanes::load(weight.zeroPoints.data() + ((firstBlock + b) * weight.groups + g) * kLanes);
        }
        std::int64_t k = start;
        for (; k + kStep <= end; k += kStep, codes += kUnit) {
            typename Lanes::template Unit<F> units[B];
            for (int b = 0; b < B; ++b) {
                units[b] = Lanes::template loadUnit<F>(codes + b * weight.blockBytes);
                // A unit is a cache line and takes long to decode: the processor's own prefetcher does not run far enough ahead.
                if constexpr (isFourBit(F) && M == 1) __builtin_prefetch(codes + b * weight.blockBytes + kAhead);
            }
#pragma GCC unroll 8
            for (int j = 0; j < kStep; ++j) {
                Vector decoded[B];
#pragma GCC unroll 8
                for (int b = 0; b < B; ++b) {
                    decoded[b] = Lanes::template decode<F>(units[b], j);
                    if constexpr (Zero) decoded[b] = Lanes::subtract(decoded[b], zero[b]);
                }
#pragma GCC unroll 16
                for (int m = 0; m < M; ++m) {
                    const Vector xs = Lanes::broadcast(x + m * columns + k + j);
#pragma GCC unroll 8
                    for (int b = 0; b < B; ++b) sums[m][b] = Lanes::multiplyAdd(decoded[b], xs, sums[m][b]);
                }
            }
        }
        if (k < end) {
            // The last unit of a group whose length is not a multiple of 8.
            for (int b = 0; b < B; ++b) {
                const auto unit = Lanes::template loadUnit<F>(codes + b * weight.blockBytes);
                for (int j = 0; k + j < end; ++j) {
                    Vector decoded = Lanes::template decode<F>(unit, j);
                    if constexpr (Zero) decoded = Lanes::subtract(decoded, zero[b]);
                    for (int m = 0; m < M; ++m)
                        sums[m][b] = Lanes::multiplyAdd(decoded, Lanes::broadcast(x + m * columns + k + j), sums[m][b]);
                }
            }
            codes += kUnit;
        }
        for (int b = 0; b < B; ++b) {
            [[maybe_unused]] Vector scale;
            if constexpr (kScaled) scale = Lanes::load(weight.scales.data() + ((firstBlock + b) * weight.groups + g) * kLanes);
            for (int m = 0; m < M; ++m) {
                if constexpr (kScaled) total[m][b] = Lanes::multiplyAdd(sums[m][b], scale, total[m][b]);
                else total[m][b] = Lanes::add(total[m][b], sums[m][b]);
            }
        }
    }
    for (int m = 0; m < M; ++m)
        for (int b = 0; b < B; ++b) storeSums<Lanes>(total[m][b], epilogue, (firstBlock + b) * kLanes, weight.rows, y + m * weight.rows);
}

// Blocks [first, last) against all m rows of x, in the largest tiles that the registers allow.
template <class Lanes, WeightFormat F, bool Zero, int M>
void weightOnlyBlocks(const PackedWeight& weight, std::int64_t first, std::int64_t last, const float* x, float* y,
                      const Epilogue& epilogue) {
    // Units of four-bit codes stay in registers for eight steps, so that fewer are left for sums.
    constexpr int kRegisters = isFourBit(F) && Lanes::kAccumulators < 8 ? Lanes::kAccumulators / 2 : Lanes::kAccumulators;
    constexpr int kWidest = std::clamp(kRegisters / M, 1, 8);
    constexpr int kBlocks = kWidest >= 8 ? 8 : kWidest >= 4 ? 4 : kWidest >= 2 ? 2 : 1;
    while (first + kBlocks <= last) {
        weightOnlyTile<Lanes, F, Zero, M, kBlocks>(weight, first, x, y, epilogue);
        first += kBlocks;
    }
    for (; first < last; ++first) weightOnlyTile<Lanes, F, Zero, M, 1>(weight, first, x, y, epilogue);
}

template <class Lanes, WeightFormat F, bool Zero>
void weightOnlyRows(const PackedWeight& weight, std::int64_t first, std::int64_t last, const float* x, std::int64_t m, float* y,
                    const Epilogue& epilogue) {
    std::int64_t row = 0;
    const auto advance = [&](auto rows) {
        while (row + rows() <= m) {
            weightOnlyBlocks<Lanes, F, Zero, rows()>(weight, first, last, x + row * weight.columns, y + row * weight.rows, epilogue);
            row += rows();
        }
    };
    if constexpr (Lanes::kAccumulators >= 24) {
        advance(std::integral_constant<int, 12>{});
        advance(std::integral_constant<int, 8>{});
    }
    advance(std::integral_constant<int, 4>{});
    advance(std::integral_constant<int, 2>{});
    advance(std::integral_constant<int, 1>{});
}

/// Rows of x from which on decoded weights go through the cache and not through registers.
constexpr std::int64_t kPanelRows = 24;

template <class Lanes, WeightFormat F, bool Zero>
void weightOnlyProduct(const PackedWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    constexpr std::int64_t kChunk = 8;  // blocks a thread takes at once
    const std::int64_t blocks = weight.blocks();
    std::int64_t begin = 0;
    if (m >= kPanelRows) {
        begin = weight.rows / kLanes;  // a block that is not whole is left to the rows below: panels keep their sums in y
        weightPanels<Lanes, F, Zero>(weight, begin, x, m, y, epilogue);
    }
#pragma omp parallel for schedule(static)
    for (std::int64_t first = begin; first < blocks; first += kChunk)
        weightOnlyRows<Lanes, F, Zero>(weight, first, std::min(first + kChunk, blocks), x, m, y, epilogue);
}

template <class Lanes>
void weightOnly(const PackedWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    const bool asymmetric = !weight.zeroPoints.empty();
    const auto multiply = [&](auto format, auto zero) { weightOnlyProduct<Lanes, format(), zero()>(weight, x, m, y, epilogue); };
    const auto symmetric = [&](auto format) { multiply(format, std::false_type{}); };
    const auto either = [&](auto format) { asymmetric ? multiply(format, std::true_type{}) : symmetric(format); };
    switch (weight.format) {
        case WeightFormat::Int4: return either(std::integral_constant<WeightFormat, WeightFormat::Int4>{});
        case WeightFormat::Int8: return either(std::integral_constant<WeightFormat, WeightFormat::Int8>{});
        case WeightFormat::NormalFloat4: return symmetric(std::integral_constant<WeightFormat, WeightFormat::NormalFloat4>{});
        case WeightFormat::Float4E2M1: return symmetric(std::integral_constant<WeightFormat, WeightFormat::Float4E2M1>{});
        case WeightFormat::Float8E4M3: return symmetric(std::integral_constant<WeightFormat, WeightFormat::Float8E4M3>{});
        case WeightFormat::Float8E5M2: return symmetric(std::integral_constant<WeightFormat, WeightFormat::Float8E5M2>{});
        case WeightFormat::BFloat16: return symmetric(std::integral_constant<WeightFormat, WeightFormat::BFloat16>{});
        case WeightFormat::Float16: return symmetric(std::integral_constant<WeightFormat, WeightFormat::Float16>{});
        case WeightFormat::Float32: return symmetric(std::integral_constant<WeightFormat, WeightFormat::Float32>{});
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
