// GPTQ of one layer against what the same sizes cost in OpenBLAS: the sum of squares (ssyrk), the inverse (spotrf, spotri) and one product
// as large as the layer (sgemm), on as many threads, in turns; prints medians and their ratios.
// Run: gptq_bench [size] [batches] [rows of a batch] [rounds]. Default 4096 × 4096, 32 batches of 2048 rows (128 samples of 512), 3 rounds.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/base/statistics.h"
#include "core/compress/second_order/gptq.h"
#include "kernels/cpu/tensor_math.h"

extern "C" {  // OpenBLAS, 32-bit integers, by column
void openblas_set_num_threads(int threads);
void ssyrk_(const char* part, const char* form, const int* n, const int* k, const float* alpha, const float* a, const int* strideA,
            const float* beta, float* c, const int* strideC);
void sgemm_(const char* formA, const char* formB, const int* m, const int* n, const int* k, const float* alpha, const float* a,
            const int* strideA, const float* b, const int* strideB, const float* beta, float* c, const int* strideC);
void spotrf_(const char* part, const int* n, float* a, const int* strideA, int* info);
void spotri_(const char* part, const int* n, float* a, const int* strideA, int* info);
}

namespace {

using namespace trimtab;

struct Layer {
    std::int64_t size = 4096;
    std::int64_t batches = 32;
    std::int64_t rows = 2048;  // of one batch, read again for each
    std::vector<float> inputs;
    std::vector<float> weights;
};

constexpr int kStages = 3;
constexpr const char* kStageNames[kStages] = {"sum of squares", "inverse", "weights"};

/// Seconds of each stage, one entry a round.
struct Times {
    std::vector<double> stages[kStages];
    std::vector<double> whole;

    void add(const double (&seconds)[kStages]) {
        double sum = 0;
        for (int stage = 0; stage < kStages; ++stage) {
            stages[stage].push_back(seconds[stage]);
            sum += seconds[stage];
        }
        whole.push_back(sum);
    }
};

class Clock {
public:
    double lap() {
        const auto before = std::exchange(m_begin, std::chrono::steady_clock::now());
        return std::chrono::duration<double>(m_begin - before).count();
    }

private:
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

template <class T>
T orStop(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "{}\n", result.error().text());
    std::exit(1);
}

void orStop(const Status& status) {
    if (status) return;
    fmt::print(stderr, "{}\n", status.error().text());
    std::exit(1);
}

Layer makeLayer(int argc, char** argv) {
    Layer layer;
    if (argc > 1) layer.size = std::atoll(argv[1]);
    if (argc > 2) layer.batches = std::atoll(argv[2]);
    if (argc > 3) layer.rows = std::atoll(argv[3]);
    base::Random random(1);
    layer.inputs.resize(static_cast<std::size_t>(layer.rows * layer.size));
    float before = 0;
    // Neighbours act together.
    for (float& value : layer.inputs) value = before = 0.5F * before + static_cast<float>(random.uniform(-1, 1));
    layer.weights.resize(static_cast<std::size_t>(layer.size * layer.size));
    for (float& value : layer.weights) value = static_cast<float>(random.uniform(-1, 1));
    return layer;
}

/// Returns the last entry of H, for the check.
float timeOurs(const Layer& layer, compress::TensorMath& math, Times& times) {
    double seconds[kStages];
    Clock clock;
    auto sum = orStop(compress::HessianSum::begin(layer.size));
    for (std::int64_t batch = 0; batch < layer.batches; ++batch) orStop(sum.add(math, layer.inputs.data(), layer.rows, layer.size));
    compress::Hessian hessian = orStop(std::move(sum).finish());
    const float corner = hessian.diagonal(layer.size - 1);
    seconds[0] = clock.lap();
    const auto factor = orStop(compress::factorInverse(math, std::move(hessian)));
    seconds[1] = clock.lap();
    recipe::WeightSpec spec{4};
    spec.group = 128;
    const auto weight = orStop(compress::gptq(math, layer.weights, layer.size, layer.size, spec, factor));
    seconds[2] = clock.lap();
    times.add(seconds);
    return corner;
}

float timeOpenBlas(const Layer& layer, Times& times) {
    const int size = static_cast<int>(layer.size);
    const int rows = static_cast<int>(layer.rows);
    const float one = 1;
    const float zero = 0;
    int info = 0;
    double seconds[kStages];
    Clock clock;
    std::vector<float> matrix(layer.weights.size(), 0.0F);
    for (std::int64_t batch = 0; batch < layer.batches; ++batch)
        ssyrk_("L", "N", &size, &rows, &one, layer.inputs.data(), &size, &one, matrix.data(), &size);
    const float corner = matrix.back();
    seconds[0] = clock.lap();
    for (std::size_t i = 0; i < matrix.size(); i += static_cast<std::size_t>(size) + 1) matrix[i] += 0.01F * corner;
    spotrf_("L", &size, matrix.data(), &size, &info);
    if (info == 0) spotri_("L", &size, matrix.data(), &size, &info);
    if (info != 0) fmt::print(stderr, "OpenBLAS could not invert the matrix\n");
    seconds[1] = clock.lap();
    std::vector<float> product(layer.weights.size());
    sgemm_("N", "N", &size, &size, &size, &one, layer.weights.data(), &size, matrix.data(), &size, &zero, product.data(), &size);
    seconds[2] = clock.lap();
    times.add(seconds);
    return corner;
}

}  // namespace

int main(int argc, char** argv) {
    const Layer layer = makeLayer(argc, argv);
    const int rounds = argc > 4 ? std::atoi(argv[4]) : 3;
    const auto threads = static_cast<int>(base::availableProcessors());
    openblas_set_num_threads(threads);
    const auto math = cpu::makeTensorMath();
    Times ours;
    Times theirs;
    for (int round = 0; round < rounds; ++round) {
        const float corner = timeOurs(layer, *math, ours);
        const float other = timeOpenBlas(layer, theirs);
        if (!(std::abs(corner - other) <= 1e-3F * other)) {
            fmt::print(stderr, "the two sums of squares differ: {} and {}\n", corner, other);
            return 1;
        }
    }
    fmt::print("{0} x {0}, {1} x {2} rows, {3} threads, {4} rounds\n", layer.size, layer.batches, layer.rows, threads, rounds);
    const auto print = [](const char* name, const std::vector<double>& our, const std::vector<double>& their) {
        fmt::print("{:>16}  ours {:8.3f} s  OpenBLAS {:8.3f} s  ratio {:5.2f}\n", name, base::median(our), base::median(their),
                   base::median(our) / base::median(their));
    };
    for (int stage = 0; stage < kStages; ++stage) print(kStageNames[stage], ours.stages[stage], theirs.stages[stage]);
    print("whole", ours.whole, theirs.whole);
}
