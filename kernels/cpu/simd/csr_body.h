#pragma once
// The CSR product, written once over `Lanes`.
// Narrow: for each output row, its non-zeros meet gathered elements of x. Wide: x is transposed in tiles of 64 rows, so that one non-zero multiplies 64
// consecutive floats; the transposed result goes back through the scratch.
#include <algorithm>

#include "kernels/cpu/simd/csr_weight.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

inline float finish(float sum, const Epilogue& epilogue, std::int64_t n) {
    const float value = sum + (epilogue.bias ? epilogue.bias[n] : 0.0F);
    return epilogue.relu ? std::max(value, 0.0F) : value;
}

template <class Lanes, class Index>
void csrNarrowWith(const CsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < weight.rows; ++n) {
        const std::int64_t begin = weight.rowStart[static_cast<std::size_t>(n)];
        const std::int64_t end = weight.rowStart[static_cast<std::size_t>(n + 1)];
        for (std::int64_t row = 0; row < m; ++row) {
            const float* values = x + row * weight.columns;
            typename Lanes::Vector sums = Lanes::zero();
            std::int64_t j = begin;
            for (; j + kLanes <= end; j += kLanes)
                sums = Lanes::multiplyAdd(Lanes::load(weight.values.data() + j), Lanes::gather(values, index + j), sums);
            float sum = Lanes::horizontalSum(sums);
            for (; j < end; ++j) sum += weight.values[static_cast<std::size_t>(j)] * values[index[j]];
            y[row * weight.rows + n] = finish(sum, epilogue, n);
        }
    }
}

template <class Lanes>
void csrNarrow(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    if (weight.longIndex.empty()) csrNarrowWith<Lanes>(weight, weight.shortIndex.data(), x, m, y, epilogue);
    else csrNarrowWith<Lanes>(weight, weight.longIndex.data(), x, m, y, epilogue);
}

template <class Lanes, class Index>
void csrWideWith(const CsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    constexpr int kVectors = static_cast<int>(kTileRows / kLanes);
    float* xt = scratch;                                // [columns][kTileRows]
    float* yt = scratch + kTileRows * weight.columns;  // [rows][kTileRows]
    for (std::int64_t tile = 0; tile < m; tile += kTileRows) {
        const std::int64_t height = std::min(kTileRows, m - tile);
#pragma omp parallel
        {
#pragma omp for schedule(static)
            for (std::int64_t k = 0; k < weight.columns; ++k) {
                for (std::int64_t r = 0; r < height; ++r) xt[k * kTileRows + r] = x[(tile + r) * weight.columns + k];
                for (std::int64_t r = height; r < kTileRows; ++r) xt[k * kTileRows + r] = 0;
            }
#pragma omp for schedule(static)
            for (std::int64_t n = 0; n < weight.rows; ++n) {
                typename Lanes::Vector sums[kVectors];
                for (auto& sum : sums) sum = Lanes::zero();
                for (std::int64_t j = weight.rowStart[static_cast<std::size_t>(n)]; j < weight.rowStart[static_cast<std::size_t>(n + 1)]; ++j) {
                    const typename Lanes::Vector value = Lanes::broadcast(weight.values.data() + j);
                    const float* column = xt + static_cast<std::int64_t>(index[j]) * kTileRows;
#pragma GCC unroll 4
                    for (int v = 0; v < kVectors; ++v) sums[v] = Lanes::multiplyAdd(value, Lanes::load(column + v * kLanes), sums[v]);
                }
                for (int v = 0; v < kVectors; ++v) Lanes::store(yt + n * kTileRows + v * kLanes, sums[v]);
            }
#pragma omp for schedule(static)
            for (std::int64_t r = 0; r < height; ++r)
                for (std::int64_t n = 0; n < weight.rows; ++n) y[(tile + r) * weight.rows + n] = finish(yt[n * kTileRows + r], epilogue, n);
        }
    }
}

template <class Lanes>
void csrWide(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    if (weight.longIndex.empty()) csrWideWith<Lanes>(weight, weight.shortIndex.data(), x, m, y, epilogue, scratch);
    else csrWideWith<Lanes>(weight, weight.longIndex.data(), x, m, y, epilogue, scratch);
}

}  // namespace
}  // namespace trimtab::cpu::simd
