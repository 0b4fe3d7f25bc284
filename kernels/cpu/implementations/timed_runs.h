#pragma once
// The time of something that is run for its time alone.
#include <algorithm>
#include <chrono>
#include <limits>

namespace trimtab::cpu {

inline constexpr int kTimedRuns = 5;

/// Seconds of the fastest of kTimedRuns runs after one that fetches the operands; fewer where two of them took twice as long as `best`.
template <class Run>
double fastest(const Run& run, double best = std::numeric_limits<double>::infinity()) {
    double shortest = std::numeric_limits<double>::infinity();
    run();
    for (int i = 0; i < kTimedRuns; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        run();
        shortest = std::min(shortest, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        if (i > 0 && shortest > 2 * best) break;
    }
    return shortest;
}

}  // namespace trimtab::cpu
