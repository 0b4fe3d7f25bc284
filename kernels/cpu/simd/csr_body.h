#pragma once
// The CSR product, written once over `Lanes`. Narrow: for each output row, its non-zeros meet gathered elements of x.
#include "kernels/cpu/simd/csr_weight.h"
#include "kernels/cpu/simd/wide_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

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
void csrWideWith(const CsrWeight& weight, const Index* index, const float* x, std::int64_t m, float* y, const Epilogue& epilogue,
                 float* scratch) {
    const auto strip = [&](auto vectors, std::int64_t first, std::int64_t last, const float* xt, float* sums) {
        constexpr int kVectors = decltype(vectors)::value;
        for (std::int64_t n = first; n < last; ++n, sums += kVectors * kLanes) {
            const std::int64_t begin = weight.rowStart[static_cast<std::size_t>(n)];
            const std::int64_t count = weight.rowStart[static_cast<std::size_t>(n + 1)] - begin;
            addColumns<Lanes, kVectors, 1>(weight.values.data() + begin, 0, index + begin, count, xt, sums);
        }
    };
    wideTiles<Lanes>(weight.rows, weight.columns, kLanes, x, m, y, epilogue, scratch, strip);
}

template <class Lanes>
void csrWide(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch) {
    if (weight.longIndex.empty()) csrWideWith<Lanes>(weight, weight.shortIndex.data(), x, m, y, epilogue, scratch);
    else csrWideWith<Lanes>(weight, weight.longIndex.data(), x, m, y, epilogue, scratch);
}

}  // namespace
}  // namespace trimtab::cpu::simd
