// How close decoding comes to the memory's bandwidth, and prefill to the processor's peak: a 1B-parameter Llama shape with seeded weights.
//   decode_bench FORMAT [--prompt 512] [--tokens 32] [--rounds 3] [--threads 2] [--tiny]
//   FORMAT: fp32, bf16, fp16, int8_g32, int8_g128, int4_g32, int4_g128, int8_g32_a8, … (activations of 8 bits by the same groups)
// In every round: the fastest vector read of 1 GiB by so many threads (1 to 16 streams each), the better of oneDNN's and our own 2048³
// product in the type that multiplies, the prompt, the steps. Prints one JSON line: medians of the rounds, and decode as a share of
// (bandwidth ÷ bytes read a token).
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/statistics.h"
#include "core/compress/compress.h"
#include "core/runtime/generation/decoder.h"
#include "kernels/cpu/cpu_engine.h"
#include "tests/bench/product_peak.h"
#include "tests/support/llama_shape.h"

namespace {

using namespace trimtab;
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

template <class T>
T orStop(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "decode_bench: {}\n", result.error().text());
    std::exit(1);
}

struct Options {
    std::string format;
    std::int64_t prompt = 512, tokens = 32, rounds = 3;
    int threads = 2;
    bool tiny = false;
};

Options parse(int count, char** words) {
    Options options;
    if (count > 1) options.format = words[1];
    const auto numberAfter = [&](int& i) { return i + 1 < count ? std::atoll(words[++i]) : 0; };
    for (int i = 2; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--prompt")
            options.prompt = numberAfter(i);
        else if (word == "--tokens")
            options.tokens = numberAfter(i);
        else if (word == "--rounds")
            options.rounds = numberAfter(i);
        else if (word == "--threads")
            options.threads = static_cast<int>(numberAfter(i));
        else if (word == "--tiny")
            options.tiny = true;
    }
    return options;
}

/// The bytes of one thread, read in so many streams side by side: processors fetch ahead of several streams at once.
__attribute__((target_clones("avx512f", "avx2", "default"))) float readStreams(const float* from, std::int64_t bytes,
                                                                               std::int64_t streams) {
    typedef float Vector __attribute__((vector_size(32)));
    constexpr std::int64_t kStep = 256;  // bytes of a stream at a time
    const std::int64_t each = bytes / streams;
    Vector a = {}, b = {}, c = {}, d = {};
    for (std::int64_t at = 0; at + kStep <= each; at += kStep) {
        for (std::int64_t s = 0; s < streams; ++s) {
            const auto* vectors = reinterpret_cast<const Vector*>(from + (s * each + at) / 4);
            a += vectors[0] + vectors[4];
            b += vectors[1] + vectors[5];
            c += vectors[2] + vectors[6];
            d += vectors[3] + vectors[7];
        }
    }
    a += b + c + d;
    return a[0] + a[7];
}

/// Bytes a second, of the best of several reads by all threads.
double bandwidth(const Tensor& memory) {
    const auto bytes = static_cast<std::int64_t>(memory.bytes().size());
    double best = 0;
    for (const std::int64_t streams : {1, 2, 4, 8, 16, 4, 8, 16}) {
        const auto start = Clock::now();
        float sum = 0;
#pragma omp parallel reduction(+ : sum)
        {
            const std::int64_t part = bytes / omp_get_num_threads() / 4096 * 4096;
            sum += readStreams(memory.data<float>().data() + part / 4 * omp_get_thread_num(), part, streams);
        }
        volatile float kept = sum;
        static_cast<void>(kept);
        best = std::max(best, static_cast<double>(bytes) / secondsSince(start));
    }
    return best;
}

/// "int4_g32_a8" in parts.
struct Format {
    int bits = 32;
    std::int64_t group = 0;
    bool codesMeetCodes = false;
};

Format formatOf(const std::string& name) {
    const auto group = name.find("_g");
    if (group == std::string::npos) return {};
    return {std::atoi(name.substr(3, group - 3).c_str()), std::atoll(name.substr(group + 2).c_str()), name.ends_with("_a8")};
}

recipe::Recipe recipeOf(const Format& format) {
    if (format.group == 0) return {};
    std::string text = fmt::format(R"({{"weights": {{"bits": {}, "group": {}}})", format.bits, format.group);
    if (format.codesMeetCodes) text += R"(, "compute": "int8", "activations": {"bits": 8, "granularity": "group"})";
    return orStop(recipe::fromJson(orStop(base::parseJson(text + "}", "recipe"))));
}

Graph graphOf(const Options& options, const support::LlamaShape& shape) {
    const DataType type = options.format == "fp32" ? DataType::Float32 : options.format == "fp16" ? DataType::Float16 : DataType::BFloat16;
    const auto weights = orStop(support::drawLlama(shape, {.type = type}));
    const Graph graph =
        orStop(support::llamaGraph(weights, {.batch = 1, .newTokens = 1, .past = 0, .capacity = options.prompt + options.tokens}));
    const auto recipe = recipeOf(formatOf(options.format));
    return recipe.isIdentity() ? graph : orStop(compress::compress(graph, recipe)).graph;
}

}  // namespace

int main(int count, char** words) {
    const Options options = parse(count, words);
    if (options.format.empty()) {
        fmt::print(stderr, "decode_bench FORMAT [--prompt N] [--tokens N] [--rounds N] [--threads N] [--tiny]\n");
        return 2;
    }
    omp_set_num_threads(options.threads);
    const auto shape = options.tiny ? support::LlamaShape::tiny() : support::LlamaShape::llama32_1b();
    const auto engine = cpu::makeCpuEngine(options.threads);
    auto decoder = orStop(runtime::makeDecoder(*engine, graphOf(options, shape), {}, 1, options.prompt + options.tokens));
    const auto ready = decoder->prepare(1);
    if (!ready) orStop(Result<int>(tl::unexpected(ready.error())));
    const auto weightBytes = decoder->compiled().weightBytes();
    Tensor memory = orStop(Tensor::allocate(DataType::Float32, Shape{std::int64_t{1} << 28}));
    std::ranges::fill(memory.mutableData<float>(), 1.0F);
    const Format format = formatOf(options.format);
    bench::ProductPeak peak = format.codesMeetCodes ? orStop(bench::ProductPeak::ofCodes(format.bits, format.group))
                                                    : orStop(bench::ProductPeak::ofFloats());
    std::vector<std::int64_t> prompt;
    for (std::int64_t i = 0; i < options.prompt; ++i) prompt.push_back((i * 7919 + 13) % shape.vocabulary);

    std::vector<double> reads, peaks, prefills, steps;
    for (std::int64_t round = 0; round < options.rounds; ++round) {
        reads.push_back(bandwidth(memory));
        peaks.push_back(orStop(peak.measure()));
        decoder->clear();
        if (round == 0) orStop(decoder->feed(std::vector<std::vector<std::int64_t>>{prompt}));  // plans, packs, touches the pages
        decoder->clear();
        auto start = Clock::now();
        orStop(decoder->feed(std::vector<std::vector<std::int64_t>>{prompt}));
        prefills.push_back(static_cast<double>(options.prompt) / secondsSince(start));
        std::vector<double> each;
        for (std::int64_t i = 0; i + 1 < options.tokens; ++i) {
            start = Clock::now();
            orStop(decoder->feed(std::vector<std::vector<std::int64_t>>{{i % shape.vocabulary}}));
            each.push_back(secondsSince(start));
        }
        steps.push_back(base::median(each));
    }
    const double context = static_cast<double>(options.prompt) + static_cast<double>(options.tokens) / 2;
    const double cacheBytes = static_cast<double>(decoder->cacheBytesPerToken()) * context;
    const double readBytes = static_cast<double>(weightBytes) + cacheBytes;
    // Of each token in a prompt: two operations for each weight of a product but the head's, which only the last token meets.
    const auto layerWeights =
        static_cast<double>(shape.layers) *
        (static_cast<double>(shape.hidden) * static_cast<double>(shape.headSize) * 2 * static_cast<double>(shape.heads + shape.kvHeads) +
         3 * static_cast<double>(shape.hidden) * static_cast<double>(shape.intermediate));
    const double read = base::median(reads), highest = base::median(peaks), prefill = base::median(prefills), step = base::median(steps);
    fmt::print(R"({{"format":"{}","threads":{},"bandwidth_gb_s":{:.3f},"peak_gflops":{:.1f},"weight_bytes":{},"cache_bytes_read":{:.0f},)",
               options.format, options.threads, read * 1e-9, highest * 1e-9, weightBytes, cacheBytes);
    fmt::print(
        R"("decode_tokens_per_s":{:.3f},"decode_of_bandwidth":{:.3f},"prefill_tokens_per_s":{:.2f},)"
        R"("prefill_gflops":{:.1f},"prefill_of_peak":{:.3f}}})"
        "\n",
        1 / step, readBytes / step / read, prefill, prefill * 2 * layerWeights * 1e-9, prefill * 2 * layerWeights / highest);
    return 0;
}
