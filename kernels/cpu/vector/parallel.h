#pragma once
// Splits a range over the OpenMP threads that oneDNN uses too, when it is long enough to pay for waking them.
#include <algorithm>
#include <cstdint>

#include <omp.h>

namespace trimtab::cpu {

/// Calls body(begin, end) on disjoint parts of [0, count); each part but the last is a multiple of 16. Below `grain` one call on this
/// thread.
template <class Body>
void parallelParts(std::int64_t count, std::int64_t grain, const Body& body) {
    if (count <= grain || omp_get_max_threads() == 1) {
        if (count > 0) body(std::int64_t{0}, count);
        return;
    }
#pragma omp parallel
    {
        const std::int64_t threads = omp_get_num_threads();
        const std::int64_t part = ((count + threads - 1) / threads + 15) / 16 * 16;
        const std::int64_t begin = std::min(part * omp_get_thread_num(), count);
        const std::int64_t end = std::min(begin + part, count);
        if (begin < end) body(begin, end);
    }
}

/// Calls body(i) for each i in [0, count), `work` being the elements one call touches.
template <class Body>
void parallelRows(std::int64_t count, std::int64_t work, const Body& body) {
    constexpr std::int64_t kWorthThreads = 16384;
    if (count < 2 || count * work < kWorthThreads || omp_get_max_threads() == 1) {
        for (std::int64_t i = 0; i < count; ++i) body(i);
        return;
    }
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) body(i);
}

inline constexpr std::int64_t kElementsWorthThreads = 16384;

}  // namespace trimtab::cpu
