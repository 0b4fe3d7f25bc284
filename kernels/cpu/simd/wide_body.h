#pragma once
// The products of sparse weights with many rows of x, written once over `Lanes`: x is transposed in tiles of 16, 32 or 64 rows (V vectors),
// then each value of the weight multiplies V vectors of one column. Forms differ in how they say which column a value meets; addColumns()
// is the same for all.
#include <algorithm>
#include <type_traits>

#include "kernels/cpu/simd/epilogue_body.h"
#include "kernels/cpu/simd/sparse_product.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

/// Rows of the weight whose sums stand beside each other before they go to y, at most.
constexpr std::int64_t kStripRows = 64;

/// sums[r][·] += Σ_j values[r · plane + j] · xt[columns[j]][·] for R rows that meet the same columns. xt and sums: rows of V · 16 floats.
/// Where R · V sums are too few to hide the latency of the multiply-add, neighbouring j go to sums of their own.
template <class Lanes, int V, int R, class Index>
void addColumns(const float* values, std::int64_t plane, const Index* columns, std::int64_t count, const float* xt, float* sums) {
    using Vector = typename Lanes::Vector;
    constexpr int kWidth = V * static_cast<int>(kLanes);
    constexpr int kStep = std::min(V, std::max(1, Lanes::kAccumulators / R));  // vectors of a column at once
    constexpr int kParts = std::max(1, 4 / (R * kStep));
    for (int first = 0; first < V; first += kStep) {
        Vector parts[kParts][R][kStep];
        for (auto& part : parts)
            for (auto& row : part)
                for (auto& sum : row) sum = Lanes::zero();
        const auto add = [&](Vector(&part)[R][kStep], std::int64_t j) {
            const float* column = xt + static_cast<std::int64_t>(columns[j]) * kWidth + first * kLanes;
            Vector xs[kStep];
#pragma GCC unroll 4
            for (int v = 0; v < kStep; ++v) xs[v] = Lanes::load(column + v * kLanes);
#pragma GCC unroll 4
            for (int r = 0; r < R; ++r) {
                const Vector value = Lanes::broadcast(values + r * plane + j);
#pragma GCC unroll 4
                for (int v = 0; v < kStep; ++v) part[r][v] = Lanes::multiplyAdd(value, xs[v], part[r][v]);
            }
        };
        std::int64_t j = 0;
        for (; j + kParts <= count; j += kParts) {
#pragma GCC unroll 4
            for (int p = 0; p < kParts; ++p) add(parts[p], j + p);
        }
        for (; j < count; ++j) add(parts[0], j);
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < kStep; ++v) {
                float* at = sums + r * kWidth + (first + v) * kLanes;
                Vector sum = Lanes::load(at);
                for (int p = 0; p < kParts; ++p) sum = Lanes::add(sum, parts[p][r][v]);
                Lanes::store(at, sum);
            }
        }
    }
}

/// Columns [k, k + 16) of `height` rows of x, transposed; rows up to V · 16 become zeros.
template <class Lanes, int V>
void columnsIn(const float* x, std::int64_t columns, std::int64_t k, std::int64_t height, float* xt) {
    constexpr std::int64_t kWidth = V * kLanes;
    if (k + kLanes > columns) {
        for (; k < columns; ++k)
            for (std::int64_t r = 0; r < kWidth; ++r) xt[k * kWidth + r] = r < height ? x[r * columns + k] : 0.0F;
        return;
    }
    for (std::int64_t group = 0; group < kWidth; group += kLanes) {
        typename Lanes::Vector block[kLanes];
        for (std::int64_t r = 0; r < kLanes; ++r)
            block[r] = group + r < height ? Lanes::load(x + (group + r) * columns + k) : Lanes::zero();
        Lanes::transpose(block);
        for (std::int64_t i = 0; i < kLanes; ++i) Lanes::store(xt + (k + i) * kWidth + group, block[i]);
    }
}

/// The sums of rows [first, last) of the weight, back in the order of y. sums: a row of V · 16 floats for each.
template <class Lanes, int V>
void rowsOut(const float* sums, std::int64_t first, std::int64_t last, std::int64_t height, std::int64_t rows, const Epilogue& epilogue,
             float* y) {
    constexpr std::int64_t kWidth = V * kLanes;
    for (std::int64_t n = first; n < last; n += kLanes) {
        for (std::int64_t group = 0; group < height; group += kLanes) {
            typename Lanes::Vector block[kLanes];
            for (std::int64_t i = 0; i < kLanes; ++i)
                block[i] = n + i < last ? Lanes::load(sums + (n + i - first) * kWidth + group) : Lanes::zero();
            Lanes::transpose(block);
            const std::int64_t end = std::min(kLanes, height - group);
            for (std::int64_t r = 0; r < end; ++r) storeSums<Lanes>(block[r], epilogue, n, last, y + (group + r) * rows);
        }
    }
}

template <class Lanes, int V, class Strip>
void wideTile(std::int64_t rows, std::int64_t columns, std::int64_t stripRows, const float* x, std::int64_t height, float* y,
              const Epilogue& epilogue, float* xt, const Strip& strip) {
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (std::int64_t k = 0; k < columns; k += kLanes) columnsIn<Lanes, V>(x, columns, k, height, xt);
#pragma omp for schedule(static)
        for (std::int64_t n = 0; n < rows; n += stripRows) {
            alignas(64) float sums[kStripRows * V * kLanes];
            const std::int64_t last = std::min(n + stripRows, rows);
            std::fill_n(sums, (last - n) * V * kLanes, 0.0F);
            strip(std::integral_constant<int, V>{}, n, last, xt, sums);
            rowsOut<Lanes, V>(sums, n, last, height, rows, epilogue, y);
        }
    }
}

/// `strip(V, first, last, xt, sums)` adds the products of rows [first, last) of the weight to `sums`, which are zero. stripRows: at most
/// kStripRows.
template <class Lanes, class Strip>
void wideTiles(std::int64_t rows, std::int64_t columns, std::int64_t stripRows, const float* x, std::int64_t m, float* y,
               const Epilogue& epilogue, float* scratch, const Strip& strip) {
    for (std::int64_t tile = 0; tile < m; tile += kTileRows) {
        const std::int64_t height = std::min(kTileRows, m - tile);
        const float* from = x + tile * columns;
        float* to = y + tile * rows;
        if (height > 2 * kLanes) wideTile<Lanes, 4>(rows, columns, stripRows, from, height, to, epilogue, scratch, strip);
        else if (height > kLanes) wideTile<Lanes, 2>(rows, columns, stripRows, from, height, to, epilogue, scratch, strip);
        else wideTile<Lanes, 1>(rows, columns, stripRows, from, height, to, epilogue, scratch, strip);
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
