#include "kernels/cpu/implementations/dense_choice.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include <omp.h>

#include "kernels/cpu/implementations/timed_runs.h"
#include "kernels/cpu/onednn/timing.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu {
namespace {

constexpr std::int64_t kMostRows = 256;
constexpr std::int64_t kMostOutputs = 1024;
constexpr std::int64_t kMostColumns = 1024;
constexpr double kMustBeFaster = 0.95;

/// False too where one of them cannot be timed.
bool timedFaster(std::int64_t m, std::int64_t n, std::int64_t k) {
    const auto plain = [](std::int64_t rows, std::int64_t columns) { return onednn::describe(Shape{rows, columns}, DataType::Float32); };
    const auto primitive = onednn::matMul(plain(m, k), onednn::anyLayout({k, n}, DataType::Float32), std::nullopt, plain(m, n), {});
    if (!primitive) return false;
    const auto library = onednn::fastestRun(*primitive, kTimedRuns + 1);
    const auto packed =
        simd::PackedWeight::packFloats(std::vector<float>(static_cast<std::size_t>(n * k), 1.0F), n, k, simd::WeightFormat::Float32);
    if (!library || !packed) return false;
    const std::vector<float> x(static_cast<std::size_t>(m * k), 1.0F);
    std::vector<float> y(static_cast<std::size_t>(m * n));
    return fastest([&] { simd::matMul(*packed, x.data(), m, y.data()); }, *library) < kMustBeFaster * *library;
}

}  // namespace

bool panelsAreFaster(std::int64_t m, std::int64_t n, std::int64_t k) {
    static std::mutex guard;
    static std::map<std::array<std::int64_t, 4>, bool> known;
    const std::lock_guard lock(guard);
    const std::array<std::int64_t, 4> shape{std::min(m, kMostRows), std::min(n, kMostOutputs), std::min(k, kMostColumns),
                                            omp_get_max_threads()};
    const auto found = known.find(shape);
    if (found != known.end()) return found->second;
    return known[shape] = timedFaster(shape[0], shape[1], shape[2]);
}

}  // namespace trimtab::cpu
