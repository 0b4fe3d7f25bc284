// Our weight-only and CSR products against oneDNN's dense fp32 product, interleaved block by block; prints ratios of medians.
// Run: simd_bench [rows] [columns] [m]. Default 4096 × 4096 × 1, in rotation over enough copies of the weights to leave the cache.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <dnnl.hpp>
#include <fmt/format.h>

#include "core/base/random.h"
#include "core/base/statistics.h"
#include "kernels/cpu/simd/csr_weight.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace {

using namespace trimtab;
using namespace trimtab::cpu::simd;

constexpr std::int64_t kLeaveCacheBytes = 400LL << 20;

tensor::QuantizedWeight quantized(const std::vector<float>& values, std::int64_t rows, std::int64_t columns, int bits, std::int64_t group) {
    tensor::QuantizedWeight weight{Shape{rows, columns}};
    weight.rows = rows;
    weight.columns = columns;
    weight.bits = bits;
    weight.group = group;
    const int limit = (1 << (bits - 1)) - 1;
    for (std::int64_t start = 0; start < rows * columns; start += group) {
        float largest = 1e-9F;
        for (std::int64_t i = 0; i < group; ++i) largest = std::max(largest, std::abs(values[static_cast<std::size_t>(start + i)]));
        weight.scales.push_back(largest / static_cast<float>(limit));
        for (std::int64_t i = 0; i < group; ++i)
            weight.codes.push_back(
                static_cast<std::int8_t>(std::lround(values[static_cast<std::size_t>(start + i)] / weight.scales.back())));
    }
    return weight;
}

struct Contender {
    std::string name;
    std::int64_t bytes;
    std::function<void(int copy)> run;
    std::vector<double> times;
};

int copiesFor(std::int64_t bytes) {
    return static_cast<int>(std::max<std::int64_t>(1, kLeaveCacheBytes / std::max<std::int64_t>(bytes, 1)));
}

dnnl::matmul productOf(const dnnl::engine& engine, const dnnl::memory::desc& x, const dnnl::memory::desc& w, const dnnl::memory::desc& y) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc description(engine, x, w, y);
#else
    const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(x, w, y), engine);
#endif
    return dnnl::matmul(description);
}

void timeInTurns(std::vector<Contender>& contenders) {
    constexpr int kRounds = 60;
    for (int round = 0; round < kRounds; ++round) {
        for (Contender& contender : contenders) {
            const auto begin = std::chrono::steady_clock::now();
            contender.run(round);
            contender.times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
        }
    }
}

void printMedians(const std::vector<Contender>& contenders) {
    const double reference = base::median(contenders.front().times);
    for (const Contender& contender : contenders) {
        const double time = base::median(contender.times);
        fmt::print("{:>16}  {:8.3f} ms  {:6.1f} GB/s  {:5.2f} x\n", contender.name, time, static_cast<double>(contender.bytes) / time / 1e6,
                   reference / time);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 4096;
    const std::int64_t columns = argc > 2 ? std::atoll(argv[2]) : 4096;
    const std::int64_t m = argc > 3 ? std::atoll(argv[3]) : 1;
    base::Random random(1);
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    for (float& value : values) value = static_cast<float>(random.normal());
    std::vector<float> sparse = values;
    for (float& value : sparse)
        if (random.uniform() < 0.9) value = 0;
    std::vector<float> x(static_cast<std::size_t>(m * columns), 0.5F), y(static_cast<std::size_t>(m * rows));

    std::vector<Contender> contenders;

    const std::int64_t denseBytes = rows * columns * 4;
    std::vector<std::vector<float>> dense(static_cast<std::size_t>(copiesFor(denseBytes)), values);
    dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    dnnl::stream stream(engine);
    const dnnl::memory::desc xd({m, columns}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
    const dnnl::memory::desc wd({columns, rows}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ba);
    const dnnl::memory::desc yd({m, rows}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
    const dnnl::matmul product = productOf(engine, xd, wd, yd);
    const auto runDense = [&](int copy) {
        product.execute(stream, {{DNNL_ARG_SRC, dnnl::memory(xd, engine, x.data())},
                                 {DNNL_ARG_WEIGHTS, dnnl::memory(wd, engine, dense[static_cast<std::size_t>(copy) % dense.size()].data())},
                                 {DNNL_ARG_DST, dnnl::memory(yd, engine, y.data())}});
        stream.wait();
    };
    contenders.push_back({"oneDNN fp32", denseBytes, runDense, {}});

    std::vector<std::vector<PackedWeight>> packed;
    const auto addPacked = [&](const std::string& name, const PackedWeight& weight) {
        auto& copies = packed.emplace_back();
        for (int i = 0; i < copiesFor(weight.bytes()); ++i) {
            copies.push_back(weight);
            copies.back().codes = *weight.codes.clone();
        }
        const auto run = [&copies, &x, &y, m](int copy) {
            matMul(copies[static_cast<std::size_t>(copy) % copies.size()], x.data(), m, y.data());
        };
        contenders.push_back({name, weight.bytes(), run, {}});
    };
    packed.reserve(8);
    addPacked("int4 g32", *PackedWeight::pack(quantized(values, rows, columns, 4, 32)));
    addPacked("int4 g128", *PackedWeight::pack(quantized(values, rows, columns, 4, 128)));
    addPacked("int8 channel", *PackedWeight::pack(quantized(values, rows, columns, 8, columns)));
    addPacked("bf16", *PackedWeight::packFloats(values, rows, columns, WeightFormat::BFloat16));
    addPacked("own fp32", *PackedWeight::packFloats(values, rows, columns, WeightFormat::Float32));
    const CsrWeight csr = *CsrWeight::fromDense(sparse, rows, columns);
    std::vector<CsrWeight> csrCopies(static_cast<std::size_t>(copiesFor(csr.bytes())), csr);
    std::vector<float> scratch(static_cast<std::size_t>(scratchFloats(columns, m)));
    const auto runSparse = [&](int copy) {
        matMul(csrCopies[static_cast<std::size_t>(copy) % csrCopies.size()], x.data(), m, y.data(), {}, scratch.data());
    };
    contenders.push_back({"CSR 90 % sparse", csr.bytes(), runSparse, {}});

    timeInTurns(contenders);
    fmt::print("{} x {}, m = {}, {}\n", rows, columns, m, name(bestIsa()));
    printMedians(contenders);
}
