#pragma once
// The N:M product, written once over `Lanes`. Narrow: the places of 16 values pick 16 elements of x, out of 32 that are loaded where N is
// half of M, else gathered. Wide: places are written out as columns.
#include "kernels/cpu/simd/nm_weight.h"
#include "kernels/cpu/simd/wide_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// One output; `values` and `places` begin with the row. Lanes without a value may point past the row: they are held to its last column.
template <class Lanes, int Bits, bool Half>
float nmRow(const NmWeight& weight, const std::int32_t* groupColumns, const float* values, const std::uint32_t* places, const float* x) {
    constexpr std::int64_t kWords = kLanes * Bits / 32;
    const std::int64_t units = weight.units(), unitColumns = weight.unitColumns();
    const std::int64_t whole = Half ? weight.columns / unitColumns : 0;
    typename Lanes::Vector sums[2] = {Lanes::zero(), Lanes::zero()};
    std::int64_t unit = 0;
    if constexpr (Half) {
        for (; unit < whole; ++unit) {
            const auto index = Lanes::template places<Bits>(places + unit * kWords, groupColumns, INT32_MAX);
            sums[unit % 2] = Lanes::multiplyAdd(Lanes::load(values + unit * kLanes), Lanes::pick(x + unit * unitColumns, index),
                                                sums[unit % 2]);
        }
    }
    for (; unit < units; ++unit) {
        const auto last = static_cast<std::int32_t>(weight.columns - 1 - unit * unitColumns);
        const auto index = Lanes::template places<Bits>(places + unit * kWords, groupColumns, last);
        sums[unit % 2] = Lanes::multiplyAdd(Lanes::load(values + unit * kLanes), Lanes::gatherAt(x + unit * unitColumns, index),
                                            sums[unit % 2]);
    }
    return Lanes::horizontalSum(Lanes::add(sums[0], sums[1]));
}

template <class Lanes, int Bits, bool Half>
void nmNarrowWith(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    const auto groupColumns = weight.groupColumns();
    const std::int64_t units = weight.units();
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < weight.rows; ++n) {
        const float* values = weight.values.data() + n * units * kLanes;
        const std::uint32_t* places = weight.places.data() + n * units * weight.placeWords();
        for (std::int64_t row = 0; row < m; ++row)
            y[row * weight.rows + n] = finish(
                nmRow<Lanes, Bits, Half>(weight, groupColumns.data(), values, places, x + row * weight.columns), epilogue, n);
    }
}

template <class Lanes>
void nmNarrow(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    const bool isHalf = weight.isHalf();
    if (weight.placeBits() == 2) {
        if (isHalf) nmNarrowWith<Lanes, 2, true>(weight, x, m, y, epilogue);
        else nmNarrowWith<Lanes, 2, false>(weight, x, m, y, epilogue);
    } else {
        if (isHalf) nmNarrowWith<Lanes, 4, true>(weight, x, m, y, epilogue);
        else nmNarrowWith<Lanes, 4, false>(weight, x, m, y, epilogue);
    }
}

template <class Lanes, int Bits>
void nmWideWith(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    constexpr std::int64_t kWords = kLanes * Bits / 32;
    constexpr std::int64_t kPieceUnits = 16;
    const auto groupColumns = weight.groupColumns();
    const std::int64_t units = weight.units(), unitColumns = weight.unitColumns();
    const auto strip = [&](auto vectors, std::int64_t first, std::int64_t last, const float* xt, float* sums) {
        constexpr int kVectors = decltype(vectors)::value;
        std::uint32_t columns[kPieceUnits * kLanes];
        for (std::int64_t n = first; n < last; ++n, sums += kVectors * kLanes) {
            for (std::int64_t unit = 0; unit < units; unit += kPieceUnits) {
                const std::int64_t count = std::min(kPieceUnits, units - unit);
                for (std::int64_t u = 0; u < count; ++u) {
                    const std::int64_t base = (unit + u) * unitColumns;
                    const auto index = Lanes::template places<Bits>(weight.places.data() + (n * units + unit + u) * kWords,
                                                                    groupColumns.data(),
                                                                    static_cast<std::int32_t>(weight.columns - 1 - base));
                    Lanes::storeColumns(columns + u * kLanes, index, static_cast<std::uint32_t>(base));
                }
                addColumns<Lanes, kVectors, 1>(weight.values.data() + (n * units + unit) * kLanes, 0, columns, count * kLanes, xt, sums);
            }
        }
    };
    wideTiles<Lanes>(weight.rows, weight.columns, kLanes, x, m, y, epilogue, scratch, strip);
}

template <class Lanes>
void nmWide(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    if (weight.placeBits() == 2) nmWideWith<Lanes, 2>(weight, x, m, y, epilogue, scratch);
    else nmWideWith<Lanes, 4>(weight, x, m, y, epilogue, scratch);
}

}  // namespace
}  // namespace trimtab::cpu::simd
