#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "core/base/parallel.h"

namespace trimtab::base {
namespace {

TEST(ParallelFor, EveryPieceRunsOnce) {
    for (const std::size_t count : {0U, 1U, 2U, 97U}) {
        std::vector<std::atomic<int>> runs(count);
        parallelFor(count, [&](std::size_t i) { ++runs[i]; });
        for (const auto& times : runs) EXPECT_EQ(times, 1);
    }
}

TEST(ParallelFor, AnExceptionReachesTheCaller) {
    EXPECT_THROW(parallelFor(16, [](std::size_t i) { if (i == 5) throw std::runtime_error("five"); }), std::runtime_error);
}

}  // namespace
}  // namespace trimtab::base
