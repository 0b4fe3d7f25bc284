#pragma once
// The COO product, written once over `Lanes`: a strip of rows finds its first entry by bisection, then walks the entries
// until their row changes.
#include "kernels/cpu/simd/coo_weight.h"
#include "kernels/cpu/simd/wide_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

constexpr std::int64_t kCooRows = 64;  // rows of a strip when x has few

template <class Index>
std::int64_t firstEntry(const Index* row, std::int64_t count, std::int64_t n) {
    const auto isBefore = [](Index entry, std::int64_t wanted) { return static_cast<std::int64_t>(entry) < wanted; };
    return std::lower_bound(row, row + count, n, isBefore) - row;
}

template <class Index>
void cooNarrowWith(const CooWeight& weight, const Index* rowOf, const Index* columnOf, const float* x, std::int64_t m, float* y,
                   const Epilogue& epilogue) {
    const std::int64_t count = weight.nonZeros();
    const float* values = weight.values.data();
#pragma omp parallel for schedule(static)
    for (std::int64_t first = 0; first < weight.rows; first += kCooRows) {
        const std::int64_t last = std::min(first + kCooRows, weight.rows);
        const std::int64_t begin = firstEntry(rowOf, count, first);
        for (std::int64_t row = 0; row < m; ++row) {
            const float* from = x + row * weight.columns;
            std::int64_t j = begin;
            for (std::int64_t n = first; n < last; ++n) {
                float sum = 0;
                for (; j < count && static_cast<std::int64_t>(rowOf[j]) == n; ++j) sum += values[j] * from[columnOf[j]];
                y[row * weight.rows + n] = finish(sum, epilogue, n);
            }
        }
    }
}

template <class Lanes>
void cooNarrow(const CooWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue) {
    if (weight.longRow.empty()) cooNarrowWith(weight, weight.shortRow.data(), weight.shortColumn.data(), x, m, y, epilogue);
    else cooNarrowWith(weight, weight.longRow.data(), weight.longColumn.data(), x, m, y, epilogue);
}

template <class Lanes, class Index>
void cooWideWith(const CooWeight& weight, const Index* rowOf, const Index* columnOf, const float* x, std::int64_t m, float* y,
                 const Epilogue& epilogue, float* scratch) {
    const std::int64_t count = weight.nonZeros();
    const auto strip = [&](auto vectors, std::int64_t first, std::int64_t last, const float* xt, float* sums) {
        constexpr int kVectors = decltype(vectors)::value;
        std::int64_t begin = firstEntry(rowOf, count, first);
        for (std::int64_t n = first; n < last; ++n, sums += kVectors * kLanes) {
            std::int64_t end = begin;
            while (end < count && static_cast<std::int64_t>(rowOf[end]) == n) ++end;
            addColumns<Lanes, kVectors, 1>(weight.values.data() + begin, 0, columnOf + begin, end - begin, xt, sums);
            begin = end;
        }
    };
    wideTiles<Lanes>(weight.rows, weight.columns, kStripRows, x, m, y, epilogue, scratch, strip);
}

template <class Lanes>
void cooWide(const CooWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    if (weight.longRow.empty()) cooWideWith<Lanes>(weight, weight.shortRow.data(), weight.shortColumn.data(), x, m, y, epilogue, scratch);
    else cooWideWith<Lanes>(weight, weight.longRow.data(), weight.longColumn.data(), x, m, y, epilogue, scratch);
}

}  // namespace
}  // namespace trimtab::cpu::simd
