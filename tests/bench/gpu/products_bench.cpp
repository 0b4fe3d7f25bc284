// Times our matrix products on the GPU at the shapes of Llama layers. One JSON object a line:
//   {"kernel","m","n","k","format","us","gbps","share","tflops"}
// gbps counts each byte that a product must move once; share is of the bandwidth of a copy (read and written bytes) measured here first.
// Weights rotate through more memory than the L2 cache holds, and a recording of several products is replayed, as an engine does; "us" is
// the median replay over its products. usage: products_bench [--kernel NAME] [--repeat N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/kernels/products.h"

namespace trimtab::cuda {
namespace {

constexpr std::int64_t kRotation = 384 << 20;  // bytes that a case's weights are spread over
constexpr std::int64_t kNoise = 16 << 20;

struct Options {
    std::string kernel;  // empty: all
    int repeat = 11;
};

struct Shape {
    std::int64_t n, k;
};
constexpr Shape kShapes[] = {{3072, 2048}, {2048, 2048}, {16384, 2048}, {2048, 8192}, {128256, 2048},  // Llama 3.2 1B
                             {6144, 4096}, {4096, 4096}, {28672, 4096}, {4096, 14336}};                // Llama 3.1 8B

struct Format {
    const char* name;
    WeightFormat::Kind kind;
    DataType type;  // of x, and of plain weights
    std::int64_t group;
};
constexpr Format kFormats[] = {
    {"bf16", WeightFormat::Kind::Plain, DataType::BFloat16, 0},       {"int8", WeightFormat::Kind::Int8, DataType::BFloat16, 0},
    {"int8_g128", WeightFormat::Kind::Int8, DataType::BFloat16, 128}, {"int4_g128", WeightFormat::Kind::Int4, DataType::BFloat16, 128},
    {"int4_g32", WeightFormat::Kind::Int4, DataType::BFloat16, 32},   {"fp32", WeightFormat::Kind::Plain, DataType::Float32, 0},
    {"int8_fp32", WeightFormat::Kind::Int8, DataType::Float32, 0}};

std::int64_t width(DataType type) { return type == DataType::Float32 ? 4 : 2; }

class Bench {
public:
    Bench(Device& device, Options options) : m_device(device), m_options(std::move(options)) {}

    Status run() {
        TRIMTAB_REQUIRE(prepareNoise());
        TRIMTAB_REQUIRE(measureCopy());
        for (const Format& format : kFormats)
            for (const Shape& shape : kShapes)
                for (const std::int64_t m : {1, 2, 4, 16}) TRIMTAB_REQUIRE(product("few_rows", launchFewRows, m, shape, format));
        for (const Format& format : kFormats)
            for (const Shape& shape : {Shape{3072, 2048}, Shape{4096, 4096}, Shape{28672, 4096}})
                for (const std::int64_t m : {32, 128, 512, 2048})
                    if (format.type != DataType::Float32) TRIMTAB_REQUIRE(product("tiled", launchTiledProduct, m, shape, format));
        for (const std::int64_t m : {128, 2048}) TRIMTAB_REQUIRE(integerProduct(m, {4096, 4096}));
        return quantization(2048, 4096);
    }

private:
    using Launcher = Status (*)(Stream, const Product&, const ProductOperands&);

    bool wanted(const char* kernel) const { return m_options.kernel.empty() || m_options.kernel == kernel; }

    /// Bytes that are harmless in every format: 16-bit patterns of small finite numbers, which as codes are spread and as floats finite.
    Status prepareNoise() {
        std::vector<std::uint16_t> values(kNoise / 2);
        std::mt19937 engine(1);
        for (auto& value : values) value = static_cast<std::uint16_t>((engine() & 0x80FFU) | 0x3C00U | (engine() & 0x0100U));
        TRIMTAB_TRY(m_noise, m_device.allocate(kNoise));
        return m_device.upload(m_noise.get(), values.data(), kNoise);
    }
    Result<DeviceMemory> noise(std::int64_t bytes) {
        TRIMTAB_TRY(DeviceMemory memory, m_device.allocate(bytes));
        for (std::int64_t at = 0; at < bytes; at += kNoise)
            TRIMTAB_REQUIRE(m_device.copy(memory.get() + at, m_noise.get(), std::min(kNoise, bytes - at)));
        return memory;
    }

    /// Median nanoseconds of a replay of what `enqueue` enqueues.
    template <class F>
    Result<double> timed(F&& enqueue) {
        TRIMTAB_REQUIRE(enqueue());  // loads the code, outside the recording
        TRIMTAB_REQUIRE(m_device.synchronize());
        TRIMTAB_REQUIRE(m_device.beginRecording());
        const Status recorded = enqueue();
        TRIMTAB_TRY(const std::unique_ptr<Recording> recording, m_device.endRecording());
        TRIMTAB_REQUIRE(recorded);
        TRIMTAB_TRY(const std::unique_ptr<Stopwatch> watch, m_device.stopwatch(m_options.repeat + 1));
        for (int i = 0; i < 2; ++i) TRIMTAB_REQUIRE(recording->replay());
        TRIMTAB_REQUIRE(watch->mark(0));
        for (int i = 0; i < m_options.repeat; ++i) {
            TRIMTAB_REQUIRE(recording->replay());
            TRIMTAB_REQUIRE(watch->mark(i + 1));
        }
        std::vector<double> times;
        for (int i = 0; i < m_options.repeat; ++i) {
            TRIMTAB_TRY(const double nanoseconds, watch->nanoseconds(i, i + 1));
            times.push_back(nanoseconds);
        }
        std::nth_element(times.begin(), times.begin() + m_options.repeat / 2, times.end());
        return times[static_cast<std::size_t>(m_options.repeat / 2)];
    }

    Status measureCopy() {
        constexpr std::int64_t bytes = 1LL << 30;
        TRIMTAB_TRY(const DeviceMemory from, noise(bytes));
        TRIMTAB_TRY(const DeviceMemory to, m_device.allocate(bytes));
        TRIMTAB_TRY(const double nanoseconds, timed([&] { return m_device.copy(to.get(), from.get(), bytes); }));
        m_copyGbps = 2.0 * bytes / nanoseconds;
        std::printf("{\"kernel\": \"copy\", \"device\": \"%s\", \"us\": %.2f, \"gbps\": %.1f}\n", m_device.properties().name.c_str(),
                    nanoseconds / 1e3, m_copyGbps);
        return {};
    }

    void print(const char* kernel, std::int64_t m, const Shape& shape, const char* format, double nanoseconds, double bytes) const {
        const double gbps = bytes / nanoseconds;
        const double operations = 2.0 * static_cast<double>(m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
        std::printf(
            "{\"kernel\": \"%s\", \"m\": %lld, \"n\": %lld, \"k\": %lld, \"format\": \"%s\", \"us\": %.3f, \"gbps\": %.1f, \"share\": "
            "%.3f, "
            "\"tflops\": %.2f}\n",
            kernel, static_cast<long long>(m), static_cast<long long>(shape.n), static_cast<long long>(shape.k), format, nanoseconds / 1e3,
            gbps, gbps / m_copyGbps, operations / nanoseconds / 1e3);
        std::fflush(stdout);
    }

    Status product(const char* kernel, Launcher launcher, std::int64_t m, const Shape& shape, const Format& format) {
        if (!wanted(kernel)) return {};
        const auto [n, k] = shape;
        const bool plain = format.kind == WeightFormat::Kind::Plain;
        const std::int64_t groups = format.group > 0 ? (k + format.group - 1) / format.group : 1;
        WeightFormat weight{
            .kind = format.kind, .type = format.type, .pitchBytes = k * width(format.type), .group = format.group > 0 ? format.group : k};
        if (!plain) weight.pitchBytes = format.kind == WeightFormat::Kind::Int8 ? k : k / 2;
        const std::int64_t weightBytes = n * weight.pitchBytes;
        const std::int64_t scaleBytes = plain ? 0 : n * groups * 4;
        const std::int64_t copies = std::max<std::int64_t>(8, (kRotation + weightBytes - 1) / weightBytes);
        TRIMTAB_TRY(const DeviceMemory weights, noise(copies * weightBytes));
        TRIMTAB_TRY(const DeviceMemory scales, noise(std::max<std::int64_t>(copies * scaleBytes, 1)));
        TRIMTAB_TRY(const DeviceMemory x, noise(m * k * width(format.type)));
        TRIMTAB_TRY(const DeviceMemory y, noise(m * n * width(format.type)));
        const Product product{m, n, k, format.type, format.type, weight};
        TRIMTAB_TRY(const DeviceMemory workspace, m_device.allocate(std::max<std::int64_t>(productWorkspace(product), 16)));
        TRIMTAB_TRY(
            const double nanoseconds, timed([&]() -> Status {
                for (std::int64_t i = 0; i < copies; ++i)
                    TRIMTAB_REQUIRE(launcher(m_device.stream(), product,
                                             {.x = x.get(),
                                              .w = weights.get() + i * weightBytes,
                                              .scales = plain ? nullptr : reinterpret_cast<const float*>(scales.get() + i * scaleBytes),
                                              .y = y.get(),
                                              .workspace = reinterpret_cast<float*>(workspace.get())}));
                return {};
            }));
        print(kernel, m, shape, format.name, nanoseconds / static_cast<double>(copies),
              static_cast<double>(weightBytes + scaleBytes + (m * k + m * n) * width(format.type)));
        return {};
    }

    Status integerProduct(std::int64_t m, const Shape& shape) {
        if (!wanted("integer")) return {};
        const auto [n, k] = shape;
        constexpr int copies = 16;
        TRIMTAB_TRY(const DeviceMemory a, noise(m * k));
        TRIMTAB_TRY(const DeviceMemory b, noise(copies * n * k));
        TRIMTAB_TRY(const DeviceMemory sums, noise(m * n * 4));
        TRIMTAB_TRY(const double nanoseconds, timed([&]() -> Status {
                        for (std::int64_t i = 0; i < copies; ++i)
                            TRIMTAB_REQUIRE(launchIntegerProduct(
                                m_device.stream(), m, n, k, k, k, reinterpret_cast<const std::int8_t*>(a.get()),
                                reinterpret_cast<const std::int8_t*>(b.get() + i * n * k), reinterpret_cast<std::int32_t*>(sums.get())));
                        return {};
                    }));
        print("integer", m, shape, "int8", nanoseconds / copies, static_cast<double>(m * k + n * k + m * n * 4));
        return {};
    }

    /// Range, then codes, of one activation; its bytes are read twice and its codes written.
    Status quantization(std::int64_t m, std::int64_t k) {
        if (!wanted("quantize")) return {};
        constexpr int copies = 16;
        const std::int64_t bytes = m * k * 2;
        TRIMTAB_TRY(const DeviceMemory x, noise(copies * bytes));
        TRIMTAB_TRY(const DeviceMemory codes, noise(m * k));
        TRIMTAB_TRY(const DeviceMemory partials, noise(2048 * 4));
        TRIMTAB_TRY(const DeviceMemory parameters, noise(8));
        auto* const made = reinterpret_cast<float*>(parameters.get());
        TRIMTAB_TRY(const double nanoseconds, timed([&]() -> Status {
                        for (std::int64_t i = 0; i < copies; ++i) {
                            const std::byte* from = x.get() + i * bytes;
                            TRIMTAB_REQUIRE(launchQuantizationParameters(m_device.stream(), DataType::BFloat16, m * k, from,
                                                                         reinterpret_cast<float*>(partials.get()), made));
                            TRIMTAB_REQUIRE(launchQuantize(m_device.stream(), DataType::BFloat16, m, k, k, from, made,
                                                           reinterpret_cast<std::int8_t*>(codes.get())));
                        }
                        return {};
                    }));
        print("quantize", m, {0, k}, "bf16", nanoseconds / copies, static_cast<double>(2 * bytes + m * k));
        return {};
    }

    Device& m_device;
    Options m_options;
    DeviceMemory m_noise;
    double m_copyGbps = 1;
};

int benchmark(int count, char** words) {
    Options options;
    for (int i = 1; i < count; i += 2) {
        if (i + 1 < count && std::strcmp(words[i], "--kernel") == 0) {
            options.kernel = words[i + 1];
        } else if (i + 1 < count && std::strcmp(words[i], "--repeat") == 0 && std::atoi(words[i + 1]) > 0) {
            options.repeat = std::atoi(words[i + 1]);
        } else {
            std::fprintf(stderr, "usage: products_bench [--kernel few_rows|tiled|integer|quantize] [--repeat N]\n");
            return 2;
        }
    }
    auto device = openDevice(0);
    if (!device) {
        std::fprintf(stderr, "%s\n", device.error().text().c_str());
        return 1;
    }
    const Status done = Bench(**device, options).run();
    if (!done) std::fprintf(stderr, "%s\n", done.error().text().c_str());
    return done ? 0 : 1;
}

}  // namespace
}  // namespace trimtab::cuda

int main(int count, char** words) { return trimtab::cuda::benchmark(count, words); }
