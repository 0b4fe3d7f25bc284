#pragma once
// The kernels of dot_weight.h, written once over `Lanes`. A tile is M rows of x by B blocks of 16 outputs. Products of four neighbouring
// columns are added within a lane by one instruction; sums that are narrower than 32 bits are widened after kPartSteps steps, before they
// could overflow.
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "kernels/cpu/simd/dot_weight.h"
#include "kernels/cpu/simd/epilogue_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// 4-bit codes in 16 bits: 8 sums of two products of at most 15 · 128 each.
constexpr std::int64_t kPartSteps = 4;

template <class Lanes>
typename Lanes::Vector halvesAt(const std::uint8_t* p) {
    return Lanes::template decode<WeightFormat::Float16>(Lanes::template loadUnit<WeightFormat::Float16>(p), 0);
}

template <class Lanes, int Bits, int M, int B>
struct DotParts {
    typename Lanes::template Parts<Bits> at[M][B];
};
template <class Lanes, int M, int B>
struct DotSums {
    typename Lanes::Sums at[M][B];
};

/// The sums of `Steps` steps; a value, as one whose address is known elsewhere would be written to memory at every step.
template <class Lanes, int Bits, int M, int B, int Steps>
[[gnu::always_inline]] inline DotSums<Lanes, M, B> dotSteps(const std::uint8_t* codes, std::int64_t blockBytes, const std::int8_t* x,
                                                            std::int64_t rowCodes) {
    DotParts<Lanes, Bits, M, B> parts;
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
        for (int b = 0; b < B; ++b) parts.at[m][b] = Lanes::template noParts<Bits>();
#pragma GCC unroll 4
    for (int step = 0; step < Steps; ++step) {
#pragma GCC unroll 12
        for (int b = 0; b < B; ++b) {
            const std::uint8_t* at = codes + b * blockBytes + step * (kLanes * Bits);
            const auto first = Lanes::template dotCodes<Bits>(at, 0);
            const auto second = Lanes::template dotCodes<Bits>(at, 1);
#pragma GCC unroll 12
            for (int m = 0; m < M; ++m) {
                const std::int8_t* q = x + m * rowCodes + step * kDotStep;
                parts.at[m][b] = Lanes::template dot<Bits>(parts.at[m][b], first, q);
                parts.at[m][b] = Lanes::template dot<Bits>(parts.at[m][b], second, q + 4);
            }
        }
    }
    DotSums<Lanes, M, B> sums;
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
        for (int b = 0; b < B; ++b) sums.at[m][b] = Lanes::template widened<Bits>(parts.at[m][b]);
    return sums;
}

template <class Lanes, int M, int B>
struct DotTotals {
    typename Lanes::Vector at[M][B];
};

/// Sums of the codes of one group, with the scales and zero points that stand at `factors`. Activations of the M rows: what they sum to,
/// and their scales, `groups` apart.
template <class Lanes, int Bits, bool Zero, int M, int B>
[[gnu::always_inline]] inline DotTotals<Lanes, M, B> plusGroup(DotTotals<Lanes, M, B> total, const DotSums<Lanes, M, B>& sums,
                                                               const DotWeight& weight, const std::uint8_t* factors,
                                                               const std::int32_t* codeSums, const float* scales, std::int64_t groups) {
#pragma GCC unroll 12
    for (int b = 0; b < B; ++b, factors += weight.blockBytes) {
        const auto* zeros = reinterpret_cast<const float*>(factors);
        const std::uint8_t* own = factors + (Zero ? kLanes * 4 : 0);
        const auto scale = weight.halfScales ? halvesAt<Lanes>(own) : Lanes::load(reinterpret_cast<const float*>(own));
#pragma GCC unroll 12
        for (int m = 0; m < M; ++m) {
            const std::int32_t* codeSum = codeSums + m * groups;
            auto sum = Lanes::toFloats(Lanes::template withoutOffset<Bits>(sums.at[m][b], codeSum));
            if constexpr (Zero) {
                const auto wide = static_cast<float>(*codeSum);
                sum = Lanes::subtract(sum, Lanes::multiply(Lanes::load(zeros), Lanes::broadcast(&wide)));
            }
            total.at[m][b] = Lanes::multiplyAdd(sum, Lanes::multiply(scale, Lanes::broadcast(scales + m * groups)), total.at[m][b]);
        }
    }
    return total;
}

template <class Lanes, int Bits, bool Zero, int M, int B>
void dotTile(const DotWeight& weight, std::int64_t firstBlock, const DotActivations& x, std::int64_t row, float* y,
             const Epilogue& epilogue) {
    constexpr std::int64_t kStepBytes = kLanes * Bits;
    const std::int64_t rowCodes = x.rowCodes(), paddedGroup = x.paddedGroup(), groups = x.groups;
    const auto* codes = reinterpret_cast<const std::uint8_t*>(weight.codes.bytes().data()) + firstBlock * weight.blockBytes;
    const std::int32_t* codeSums = x.sums + row * groups;
    const float* scales = x.scales + row * groups;
    DotTotals<Lanes, M, B> total;
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
        for (int b = 0; b < B; ++b) total.at[m][b] = Lanes::zero();
    for (std::int64_t g = 0; g < groups; ++g) {
        const std::int64_t length = std::min(weight.group, weight.columns - g * weight.group);
        const std::int64_t steps = (length + kDotStep - 1) / kDotStep;
        const std::int8_t* q = x.codes + row * rowCodes + g * paddedGroup;
        const std::uint8_t* factors = codes;
        codes += weight.factorBytes();
        DotSums<Lanes, M, B> sums;
#pragma GCC unroll 12
        for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
            for (int b = 0; b < B; ++b) sums.at[m][b] = Lanes::noSums();
        const auto add = [&](const auto& more) __attribute__((always_inline)) {
#pragma GCC unroll 12
            for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
                for (int b = 0; b < B; ++b) sums.at[m][b] = Lanes::addSums(sums.at[m][b], more.at[m][b]);
        };
        std::int64_t step = 0;
        for (; step + kPartSteps <= steps; step += kPartSteps, codes += kPartSteps * kStepBytes)
            add(dotSteps<Lanes, Bits, M, B, kPartSteps>(codes, weight.blockBytes, q + step * kDotStep, rowCodes));
        for (; step < steps; ++step, codes += kStepBytes)
            add(dotSteps<Lanes, Bits, M, B, 1>(codes, weight.blockBytes, q + step * kDotStep, rowCodes));
        total = plusGroup<Lanes, Bits, Zero, M, B>(total, sums, weight, factors, codeSums + g, scales + g, groups);
    }
#pragma GCC unroll 12
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 12
        for (int b = 0; b < B; ++b)
            storeSums<Lanes>(total.at[m][b], epilogue, (firstBlock + b) * kLanes, weight.rows, y + (row + m) * weight.rows);
}

template <class Lanes, int Bits, bool Zero, int M, int B>
void dotRows(const DotWeight& weight, std::int64_t block, const DotActivations& x, std::int64_t& row, std::int64_t m, float* y,
             const Epilogue& epilogue) {
    for (; row + M <= m; row += M) dotTile<Lanes, Bits, Zero, M, B>(weight, block, x, row, y, epilogue);
}

/// B blocks from `block` on against all rows of x: the tallest tiles that the registers hold first.
template <class Lanes, int Bits, bool Zero, int B>
void dotBlocks(const DotWeight& weight, std::int64_t block, const DotActivations& x, std::int64_t m, float* y, const Epilogue& epilogue) {
    std::int64_t row = 0;
    if constexpr (Lanes::kDotRows > 4) dotRows<Lanes, Bits, Zero, Lanes::kDotRows, B>(weight, block, x, row, m, y, epilogue);
    if constexpr (Lanes::kDotRows >= 4) dotRows<Lanes, Bits, Zero, 4, B>(weight, block, x, row, m, y, epilogue);
    dotRows<Lanes, Bits, Zero, 2, B>(weight, block, x, row, m, y, epilogue);
    dotRows<Lanes, Bits, Zero, 1, B>(weight, block, x, row, m, y, epilogue);
}

template <class Lanes, int Bits, bool Zero>
void dotProduct(const DotWeight& weight, const DotActivations& x, std::int64_t m, float* y, const Epilogue& epilogue) {
    constexpr std::int64_t kChunk = 4;  // blocks that stay together
    constexpr int kAbreast = Lanes::kDotBlocks;
    const std::int64_t blocks = weight.blocks();
    // Some turns for each thread: where one is held up by others on its processor, the rest take over.
    constexpr std::int64_t kTurns = 16;
    const std::int64_t atOnce = std::max<std::int64_t>(1, blocks / (kChunk * kTurns * omp_get_max_threads()));
#pragma omp parallel for schedule(dynamic, atOnce)
    for (std::int64_t first = 0; first < blocks; first += kChunk) {
        const std::int64_t last = std::min(first + kChunk, blocks);
        std::int64_t block = first;
        // One row reads more blocks at once: the processor fetches ahead in every stream of its own accord, and better than when it is
        // asked to.
        for (; m == 1 && block + kAbreast <= last; block += kAbreast)
            dotTile<Lanes, Bits, Zero, 1, kAbreast>(weight, block, x, 0, y, epilogue);
        for (; block < last; ++block) dotBlocks<Lanes, Bits, Zero, 1>(weight, block, x, m, y, epilogue);
    }
}

template <class Lanes>
void dot(const DotWeight& weight, const DotActivations& x, std::int64_t m, float* y, const Epilogue& epilogue) {
    if (weight.bits == 4)
        return weight.asymmetric ? dotProduct<Lanes, 4, true>(weight, x, m, y, epilogue)
                                 : dotProduct<Lanes, 4, false>(weight, x, m, y, epilogue);
    return weight.asymmetric ? dotProduct<Lanes, 8, true>(weight, x, m, y, epilogue)
                             : dotProduct<Lanes, 8, false>(weight, x, m, y, epilogue);
}

inline std::int8_t signedCode(float x, float scale) {
    const float rounded = std::nearbyint(x / scale);
    return static_cast<std::int8_t>(rounded >= 127.0F    ? 127
                                    : rounded > -127.0F  ? static_cast<int>(rounded)
                                    : rounded <= -127.0F ? -127
                                                         : 0);
}

/// One group of one row; q has room for its padding.
template <class Lanes>
void quantizeGroup(const float* x, std::int64_t count, std::int8_t* q, float* scale, std::int32_t* sum) {
    typename Lanes::Vector largest = Lanes::zero();
    std::int64_t i = 0;
    // The second operand is kept where the first is NaN.
    for (; i + kLanes <= count; i += kLanes) {
        const auto values = Lanes::load(x + i);
        largest = Lanes::max(Lanes::max(values, Lanes::subtract(Lanes::zero(), values)), largest);
    }
    alignas(64) float lanes[kLanes];
    Lanes::store(lanes, largest);
    float most = 0;
    for (const float lane : lanes) most = lane > most ? lane : most;
    for (std::int64_t k = i; k < count; ++k) most = std::abs(x[k]) > most ? std::abs(x[k]) : most;
    const float step = most / 127.0F;
    *scale = step > 0 && std::isfinite(step) ? step : 1.0F;
    std::int32_t total = 0;
    std::int64_t k = 0;
    for (; k + kLanes <= count; k += kLanes) total += Lanes::quantizeSigned(Lanes::load(x + k), *scale, q + k);
    for (; k < count; ++k) {
        q[k] = signedCode(x[k], *scale);
        total += q[k];
    }
    for (; k % kDotStep != 0; ++k) q[k] = 0;
    *sum = total;
}

template <class Lanes>
void quantizeGroups(const float* x, std::int64_t rows, std::int64_t columns, const DotActivations& to) {
    const std::int64_t parts = rows * to.groups, padded = to.paddedGroup();
#pragma omp parallel for schedule(static) if (rows * columns > (1 << 14))
    for (std::int64_t part = 0; part < parts; ++part) {
        const std::int64_t row = part / to.groups, start = part % to.groups * to.group;
        quantizeGroup<Lanes>(x + row * columns + start, std::min(to.group, columns - start), to.codes + part * padded, to.scales + part,
                             to.sums + part);
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
