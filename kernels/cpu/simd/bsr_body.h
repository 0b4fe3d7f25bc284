#pragma once
// The BSR product, written once over `Lanes`: up to 8 rows of a block row at a time meet the columns that they share.
// Narrow: pieces of x of 16 elements are loaded whole (C = 16), put together from runs (C = 8, 4), gathered (C = 1), or picked one by one.
#include "kernels/cpu/simd/bsr_weight.h"
#include "kernels/cpu/simd/wide_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// The columns of a block row one after the other. C: columns of a block, 0 where only `width` knows.
template <class Lanes, class Index, int C>
struct BlockColumns {
    const Index* index;
    std::int64_t width;

    std::int64_t operator[](std::int64_t e) const {
        const std::int64_t extent = C > 0 ? C : width;
        return static_cast<std::int64_t>(index[e / extent]) * extent + e % extent;
    }
    /// x at the columns e … e + 15. REQUIRES: for C > 0, e is a multiple of C.
    typename Lanes::Vector take(const float* x, std::int64_t e) const {
        if constexpr (C == 16) return Lanes::load(x + (*this)[e]);
        else if constexpr (C == 8) return Lanes::join(x + (*this)[e], x + (*this)[e + 8]);
        else if constexpr (C == 4) return Lanes::join(x + (*this)[e], x + (*this)[e + 4], x + (*this)[e + 8], x + (*this)[e + 12]);
        else if constexpr (C == 1) return Lanes::gather(x, index + e);
        else {
            alignas(64) float lanes[kLanes];
            for (std::int64_t i = 0; i < kLanes; ++i) lanes[i] = x[(*this)[e + i]];
            return Lanes::load(lanes);
        }
    }
};

struct BlockRow {
    std::int64_t height = 0;   // rows
    std::int64_t plane = 0;    // values of each
    std::int64_t inside = 0;   // of them, those whose column exists: edge blocks stand last
    const float* values = nullptr;
    std::int64_t firstBlock = 0;
};

template <class Index>
BlockRow blockRow(const BsrWeight& weight, const Index* index, std::int64_t b) {
    BlockRow row;
    row.firstBlock = weight.blockStart[static_cast<std::size_t>(b)];
    const std::int64_t end = weight.blockStart[static_cast<std::size_t>(b + 1)];
    row.height = std::min(weight.blockRows, weight.rows - b * weight.blockRows);
    row.plane = row.inside = (end - row.firstBlock) * weight.blockColumns;
    if (end > row.firstBlock)
        row.inside -= std::max<std::int64_t>(0, (static_cast<std::int64_t>(index[end - 1]) + 1) * weight.blockColumns - weight.columns);
    row.values = weight.values.data() + row.firstBlock * weight.blockRows * weight.blockColumns;
    return row;
}

template <class Lanes, int R, class Columns>
void bsrRows(const float* values, const BlockRow& row, const Columns& columns, const float* x, float* y, std::int64_t n,
             const Epilogue& epilogue) {
    typename Lanes::Vector sums[R];
    for (auto& sum : sums) sum = Lanes::zero();
    std::int64_t e = 0;
    for (; e + kLanes <= row.inside; e += kLanes) {
        const typename Lanes::Vector xs = columns.take(x, e);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sums[r] = Lanes::multiplyAdd(Lanes::load(values + r * row.plane + e), xs, sums[r]);
    }
    float rest[R] = {};
    for (; e < row.inside; ++e) {
        const float element = x[columns[e]];
        for (int r = 0; r < R; ++r) rest[r] += values[r * row.plane + e] * element;
    }
    for (int r = 0; r < R; ++r) y[n + r] = finish(Lanes::horizontalSum(sums[r]) + rest[r], epilogue, n + r);
}

template <class Lanes, int C, class Index>
void bsrNarrowBlocks(const BsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    const auto blockRows = static_cast<std::int64_t>(weight.blockStart.size()) - 1;
#pragma omp parallel for schedule(static)
    for (std::int64_t b = 0; b < blockRows; ++b) {
        const BlockRow row = blockRow(weight, index, b);
        const BlockColumns<Lanes, Index, C> columns{index + row.firstBlock, weight.blockColumns};
        for (std::int64_t i = 0; i < m; ++i) {
            std::int64_t r = 0;
            const auto advance = [&](auto count) {
                constexpr int kCount = decltype(count)::value;
                for (; r + kCount <= row.height; r += kCount)
                    bsrRows<Lanes, kCount>(row.values + r * row.plane, row, columns, x + i * weight.columns, y + i * weight.rows,
                                           b * weight.blockRows + r, epilogue);
            };
            if constexpr (Lanes::kAccumulators >= 8) advance(std::integral_constant<int, 8>{});
            if constexpr (Lanes::kAccumulators >= 4) advance(std::integral_constant<int, 4>{});
            advance(std::integral_constant<int, 2>{});
            advance(std::integral_constant<int, 1>{});
        }
    }
}

template <class Lanes, class Index>
void bsrNarrowWith(const BsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    switch (weight.blockColumns) {
        case 1: bsrNarrowBlocks<Lanes, 1>(weight, index, x, m, y, epilogue); break;
        case 4: bsrNarrowBlocks<Lanes, 4>(weight, index, x, m, y, epilogue); break;
        case 8: bsrNarrowBlocks<Lanes, 8>(weight, index, x, m, y, epilogue); break;
        case 16: bsrNarrowBlocks<Lanes, 16>(weight, index, x, m, y, epilogue); break;
        default: bsrNarrowBlocks<Lanes, 0>(weight, index, x, m, y, epilogue); break;
    }
}

template <class Lanes>
void bsrNarrow(const BsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    if (weight.longIndex.empty()) bsrNarrowWith<Lanes>(weight, weight.shortIndex.data(), x, m, y, epilogue);
    else bsrNarrowWith<Lanes>(weight, weight.longIndex.data(), x, m, y, epilogue);
}

/// Pieces of the list of columns are written out, then all rows of the block row meet them.
template <class Lanes, int V, class Index>
void bsrStrip(const BsrWeight& weight, const Index* index, std::int64_t b, const float* xt, float* sums) {
    constexpr std::int64_t kPiece = 256;
    const BlockRow row = blockRow(weight, index, b);
    std::uint32_t columns[kPiece];
    std::int64_t block = row.firstBlock, within = 0;
    for (std::int64_t e = 0; e < row.inside; e += kPiece) {
        const std::int64_t count = std::min(kPiece, row.inside - e);
        for (std::int64_t i = 0; i < count; ++i) {
            columns[i] = static_cast<std::uint32_t>(static_cast<std::int64_t>(index[block]) * weight.blockColumns + within);
            if (++within == weight.blockColumns) {
                within = 0;
                ++block;
            }
        }
        std::int64_t r = 0;
        const auto advance = [&](auto rows) {
            constexpr int kRows = decltype(rows)::value;
            for (; r + kRows <= row.height; r += kRows)
                addColumns<Lanes, V, kRows>(row.values + r * row.plane + e, row.plane, columns, count, xt, sums + r * V * kLanes);
        };
        advance(std::integral_constant<int, 4>{});
        advance(std::integral_constant<int, 2>{});
        advance(std::integral_constant<int, 1>{});
    }
}

template <class Lanes, class Index>
void bsrWideWith(const BsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue,
                 float* scratch) {
    const std::int64_t stripRows = std::max<std::int64_t>(1, kLanes / weight.blockRows) * weight.blockRows;
    const auto strip = [&](auto vectors, std::int64_t first, std::int64_t last, const float* xt, float* sums) {
        constexpr int kVectors = decltype(vectors)::value;
        for (std::int64_t n = first; n < last; n += weight.blockRows, sums += weight.blockRows * kVectors * kLanes)
            bsrStrip<Lanes, kVectors>(weight, index, n / weight.blockRows, xt, sums);
    };
    wideTiles<Lanes>(weight.rows, weight.columns, stripRows, x, m, y, epilogue, scratch, strip);
}

template <class Lanes>
void bsrWide(const BsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    if (weight.longIndex.empty()) bsrWideWith<Lanes>(weight, weight.shortIndex.data(), x, m, y, epilogue, scratch);
    else bsrWideWith<Lanes>(weight, weight.longIndex.data(), x, m, y, epilogue, scratch);
}

}  // namespace
}  // namespace trimtab::cpu::simd
