// Every sparse form's product against oneDNN's dense fp32 product (weights in the layout that oneDNN asks for), interleaved, for weights
// without structure, of 2:4, and of blocks. Each contender goes round enough copies of its weight to leave the cache. Prints a Markdown
// table for each size: the time of the dense product, and its ratio to each form's (above 1: the form is faster), both by the median. Run:
// sparse_bench [rounds] [threads]. Default 15 rounds on all processors.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dnnl.hpp>
#include <fmt/format.h>
#include <omp.h>

#include "core/base/random.h"
#include "core/base/statistics.h"
#include "kernels/cpu/simd/sparse_weight.h"

namespace {

using namespace trimtab;
using namespace trimtab::cpu::simd;

constexpr std::int64_t kLeaveCacheBytes = 64LL << 20;

struct Size {
    std::int64_t rows, columns, m;
};

struct Zeros {
    std::string name;
    int blockRows = 1, blockColumns = 1;
    double density = 1;      // of blocks
    bool twoOfFour = false;  // instead
};

std::vector<float> weightOf(const Size& size, const Zeros& zeros, base::Random& random) {
    std::vector<float> dense(static_cast<std::size_t>(size.rows * size.columns));
    const std::int64_t across = size.columns / zeros.blockColumns;
    std::vector<bool> stays(static_cast<std::size_t>(across * (size.rows / zeros.blockRows)));
    for (auto&& stay : stays) stay = random.uniform() < zeros.density;
    for (std::int64_t n = 0; n < size.rows; ++n) {
        for (std::int64_t k = 0; k < size.columns; ++k) {
            const std::size_t block = static_cast<std::size_t>(n / zeros.blockRows * across + k / zeros.blockColumns);
            const bool isKept = zeros.twoOfFour ? (n * 7 + k + k / 4 * (n % 3)) % 4 < 2 : stays[block];
            const auto value = static_cast<float>(random.normal());
            if (isKept) dense[static_cast<std::size_t>(n * size.columns + k)] = value;
        }
    }
    return dense;
}

struct Contender {
    std::string name;
    std::function<void(int round)> run;
    std::vector<double> milliseconds = {};
};

template <class Weight>
std::shared_ptr<std::vector<Weight>> copiesOf(const Weight& weight, std::int64_t bytes) {
    const auto count = static_cast<std::size_t>(1 + kLeaveCacheBytes / std::max<std::int64_t>(bytes, 1));
    return std::make_shared<std::vector<Weight>>(std::min<std::size_t>(count, 64), weight);
}

class Dense {
public:
    Dense(const Size& size, const std::vector<float>& weight, float* x, float* y)
        : m_engine(dnnl::engine::kind::cpu, 0), m_stream(m_engine), m_source(described({size.m, size.columns}, Tag::ab)),
          m_destination(described({size.m, size.rows}, Tag::ab)) {
        const auto asked = described({size.columns, size.rows}, Tag::any);
#if DNNL_VERSION_MAJOR >= 3
        const dnnl::matmul::primitive_desc description(m_engine, m_source, asked, m_destination);
#else
        const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(m_source, asked, m_destination), m_engine);
#endif
        m_product = dnnl::matmul(description);
        const auto plain = described({size.columns, size.rows}, Tag::ba);
        dnnl::memory given(plain, m_engine, const_cast<float*>(weight.data()));
        const auto copies = 1 + kLeaveCacheBytes / static_cast<std::int64_t>(weight.size() * sizeof(float));
        for (std::int64_t i = 0; i < copies; ++i) {
            dnnl::memory packed(description.weights_desc(), m_engine);
            dnnl::reorder(given, packed).execute(m_stream, given, packed);
            m_copies.push_back({{DNNL_ARG_SRC, dnnl::memory(m_source, m_engine, x)},
                                {DNNL_ARG_WEIGHTS, packed},
                                {DNNL_ARG_DST, dnnl::memory(m_destination, m_engine, y)}});
        }
        m_stream.wait();
    }
    void run(int round) {
        m_product.execute(m_stream, m_copies[static_cast<std::size_t>(round) % m_copies.size()]);
        m_stream.wait();
    }

private:
    using Tag = dnnl::memory::format_tag;
    static dnnl::memory::desc described(const dnnl::memory::dims& dims, Tag tag) { return {dims, dnnl::memory::data_type::f32, tag}; }

    dnnl::engine m_engine;
    dnnl::stream m_stream;
    dnnl::memory::desc m_source, m_destination;
    dnnl::matmul m_product;
    std::vector<std::unordered_map<int, dnnl::memory>> m_copies;
};

void time(std::vector<Contender>& contenders, int rounds) {
    for (int round = -2; round < rounds; ++round) {  // two to warm up
        for (Contender& contender : contenders) {
            const auto begin = std::chrono::steady_clock::now();
            contender.run(round + 2);
            const double elapsed = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
            if (round >= 0) contender.milliseconds.push_back(elapsed);
        }
    }
}

constexpr const char* kColumns[] = {"csr", "coo", "bsr", "bitmap", "packed"};

/// The row of one weight: the first contender is the dense product; at most one contender of a column, the fastest, is shown.
void printRow(const Zeros& zeros, const std::vector<Contender>& contenders) {
    const double dense = base::median(contenders.front().milliseconds);
    fmt::print("| {} | {:.3f} |", zeros.name, dense);
    for (const std::string column : kColumns) {
        std::string cell;
        double best = 0;
        for (const Contender& contender : contenders) {
            if (contender.name.compare(0, column.size(), column) != 0) continue;
            const double ratio = dense / base::median(contender.milliseconds);
            if (ratio <= best) continue;
            best = ratio;
            const std::string detail = contender.name.size() > column.size() ? " (" + contender.name.substr(column.size() + 1) + ")" : "";
            cell = fmt::format("{:.2f}{}", ratio, detail);
        }
        fmt::print(" {} |", cell.empty() ? "–" : cell);
    }
    fmt::print("\n");
    std::fflush(stdout);
}

void compare(const Size& size, const Zeros& zeros, int rounds) {
    base::Random random(1);
    const std::vector<float> weight = weightOf(size, zeros, random);
    std::vector<float> x(static_cast<std::size_t>(size.m * size.columns), 0.5F), y(static_cast<std::size_t>(size.m * size.rows));
    std::vector<float> scratch(static_cast<std::size_t>(scratchFloats(size.columns, size.m)));
    Dense dense(size, weight, x.data(), y.data());
    std::vector<Contender> contenders{{"dense", [&](int round) { dense.run(round); }}};
    for (const FittingForm& fitting : fittingForms(weight, size.rows, size.columns)) {
        const SparseWeight made = *makeSparse(fitting.form, weight, size.rows, size.columns);
        const auto copies = copiesOf(made, bytes(made));
        contenders.push_back({name(fitting.form), [&, copies, m = size.m](int round) {
                                  matMul((*copies)[static_cast<std::size_t>(round) % copies->size()], x.data(), m, y.data(), {},
                                         scratch.data());
                              }});
    }
    time(contenders, rounds);
    printRow(zeros, contenders);
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
    if (argc > 2) omp_set_num_threads(std::atoi(argv[2]));
    std::vector<Zeros> zeros;
    for (const int share : {50, 80, 90, 95}) zeros.push_back({fmt::format("no structure {} %", share), 1, 1, 1 - share / 100.0});
    zeros.push_back({"2:4", 1, 1, 0.5, true});
    for (const auto& [rows, columns] : {std::pair{4, 1}, {16, 16}})
        for (const int share : {50, 80, 90})
            zeros.push_back({fmt::format("block {}x{} {} %", rows, columns, share), rows, columns, 1 - share / 100.0});
    fmt::print("{} threads, {}, {} rounds\n", omp_get_max_threads(), name(bestIsa()), rounds);
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{1024, 1024}, {4096, 1024}}) {
        for (const std::int64_t m : {1, 16, 256}) {
            fmt::print("\n{} x {}, m = {}\n\n| zeros | dense ms |", rows, columns, m);
            for (const char* column : kColumns) fmt::print(" {} |", column);
            fmt::print("\n| --- | --- | --- | --- | --- | --- | --- |\n");
            for (const Zeros& some : zeros) compare({rows, columns, m}, some, rounds);
        }
    }
}
