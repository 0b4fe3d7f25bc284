// gpu_bench --shapes shapes.csv: products at the listed shapes (bfloat16, fp8, int8_wo, int4_wo) as the engine runs them: the library with
// its measured algorithm, or our own kernel where that is no slower. Operands rotate through more memory than the L2 cache holds, and a
// recording of several products is replayed. JSON lines.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/cuda/kernels/products.h"
#include "kernels/cuda/tools.h"
#include "tests/gpu/json_line.h"
#include "tests/gpu/speed.h"

namespace trimtab::gpu {
namespace {

constexpr std::int64_t kRotation = 256 << 20;  // bytes that one shape's operands are spread over
constexpr int kMostSets = 24;
constexpr std::int64_t kGroup = 128;  // columns that share a scale of int4 weights

struct Shape {
    std::string type;
    std::int64_t m = 0, n = 0, k = 0;
};

std::vector<Shape> readShapes(const std::string& path) {
    std::vector<Shape> shapes;
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);  // the names of the columns
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        Shape shape;
        std::string number;
        std::getline(fields, shape.type, ',');
        for (std::int64_t* field : {&shape.m, &shape.n, &shape.k}) {
            if (!std::getline(fields, number, ',')) break;
            *field = std::stoll(number);
        }
        if (shape.k > 0) shapes.push_back(shape);
    }
    return shapes;
}

/// Random bytes that are small numbers of either sign in bfloat16, and ordinary ones in e4m3.
Result<cuda::DeviceMemory> noise(cuda::Device& device, std::int64_t bytes, bool float8) {
    TRIMTAB_TRY(auto memory, device.allocate(bytes));
    constexpr std::int64_t kPattern = 8 << 20;
    std::vector<std::uint16_t> pattern(kPattern / 2);
    std::mt19937 draw(1);
    for (auto& value : pattern) value = static_cast<std::uint16_t>(float8 ? draw() & 0xBFBFU : (draw() & 0x80FFU) | 0x3C00U);
    for (std::int64_t at = 0; at < bytes; at += kPattern)
        TRIMTAB_REQUIRE(device.upload(memory.get() + at, pattern.data(), std::min(kPattern, bytes - at)));
    TRIMTAB_REQUIRE(device.synchronize());
    return memory;
}

struct Operands {
    cuda::DeviceMemory x, w, y, scales;
    std::int64_t xBytes = 0, wBytes = 0, yBytes = 0;
    int sets = 1;
};

std::int64_t padded(std::int64_t bytes) { return (bytes + 255) / 256 * 256; }

Result<Operands> drawOperands(cuda::Device& device, const Shape& shape) {
    const bool float8 = shape.type == "fp8";
    const std::int64_t weightBits = shape.type == "bfloat16" ? 16 : shape.type == "int4_wo" ? 4 : 8;
    Operands made;
    made.xBytes = padded(shape.m * shape.k * (float8 ? 1 : 2));
    made.wBytes = padded(shape.n * shape.k * weightBits / 8);
    made.yBytes = padded(shape.m * shape.n * 2);
    made.sets = static_cast<int>(std::clamp<std::int64_t>(kRotation / (made.xBytes + made.wBytes), 2, kMostSets));
    TRIMTAB_TRY(made.x, noise(device, made.xBytes * made.sets, float8));
    TRIMTAB_TRY(made.w, noise(device, made.wBytes * made.sets, float8));
    TRIMTAB_TRY(made.y, device.allocate(made.yBytes * made.sets));
    TRIMTAB_TRY(made.scales, noise(device, shape.n * (shape.k / kGroup + 1) * 4, false));
    return made;
}

using RunSet = std::function<Status(int set)>;

/// Microseconds of one product, over a recording of all sets.
Result<double> timeSets(cuda::Device& device, int sets, const RunSet& one) {
    const auto all = [&]() -> Status {
        for (int i = 0; i < sets; ++i) TRIMTAB_REQUIRE(one(i));
        return {};
    };
    TRIMTAB_REQUIRE(all());
    TRIMTAB_REQUIRE(device.synchronize());
    TRIMTAB_REQUIRE(device.beginRecording());
    const Status enqueued = all();
    TRIMTAB_TRY(const auto recording, device.endRecording());
    TRIMTAB_REQUIRE(enqueued);
    TRIMTAB_TRY(const double time, medianMicroseconds(
                                       device, [&] { return recording->replay(); }, 11, 2));
    return time / sets;
}

struct Candidate {
    std::string kernel;
    double microseconds = 0;
};

Result<Candidate> timeLibrary(cuda::Tools& tools, const Shape& shape, const Operands& o) {
    cuda::LibraryProduct product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = shape.k;
    product.arithmetic = shape.type == "fp8" ? cuda::Arithmetic::Float8 : cuda::Arithmetic::Full;
    TRIMTAB_TRY(const auto bound, tools.products->prepare(product));
    const auto* scale = reinterpret_cast<const float*>(o.scales.get());
    TRIMTAB_TRY(const double time, timeSets(*tools.device, o.sets, [&](int i) {
                    return bound->run(
                        {o.x.get() + o.xBytes * i, o.w.get() + o.wBytes * i, nullptr, nullptr, scale, scale, o.y.get() + o.yBytes * i});
                }));
    return Candidate{bound->kernel(), time};
}

Result<Candidate> timeOwn(cuda::Tools& tools, const Shape& shape, const Operands& o) {
    cuda::Product product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = shape.k;
    const bool plain = shape.type == "bfloat16";
    const bool four = shape.type == "int4_wo";
    product.weight.kind = plain ? cuda::WeightFormat::Kind::Plain : four ? cuda::WeightFormat::Kind::Int4 : cuda::WeightFormat::Kind::Int8;
    product.weight.type = DataType::BFloat16;
    product.weight.pitchBytes = plain ? shape.k * 2 : four ? shape.k / 2 : shape.k;
    product.weight.group = four ? kGroup : shape.k;
    const bool few = shape.m <= cuda::kFewRows;
    const auto run = few ? cuda::launchFewRows : cuda::launchTiledProduct;
    TRIMTAB_TRY(const cuda::DeviceMemory workspace, tools.device->allocate(std::max<std::int64_t>(cuda::productWorkspace(product), 16)));
    const auto* scales = plain ? nullptr : reinterpret_cast<const float*>(o.scales.get());
    TRIMTAB_TRY(const double time, timeSets(*tools.device, o.sets, [&](int i) {
                    return run(tools.device->stream(), product,
                               {o.x.get() + o.xBytes * i, o.w.get() + o.wBytes * i, scales, nullptr, nullptr, nullptr,
                                o.y.get() + o.yBytes * i, reinterpret_cast<float*>(workspace.get())});
                }));
    return Candidate{few ? "few rows" : cuda::streamsWeights(product) ? "streamed" : "tiled", time};
}

Status measure(cuda::Tools& tools, const Shape& shape) {
    TRIMTAB_TRY(const Operands operands, drawOperands(*tools.device, shape));
    const bool weightOnly = shape.type == "int8_wo" || shape.type == "int4_wo";
    Candidate best;
    if (!weightOnly) {
        TRIMTAB_TRY(best, timeLibrary(tools, shape, operands));
    }
    if (weightOnly || (shape.type == "bfloat16" && shape.m <= cuda::kFewRows)) {
        TRIMTAB_TRY(const Candidate own, timeOwn(tools, shape, operands));
        if (weightOnly || own.microseconds < best.microseconds) best = own;
    }
    const double operations = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
    print({{"kind", "product"},
           {"dtype", shape.type},
           {"m", shape.m},
           {"n", shape.n},
           {"k", shape.k},
           {"latency_us", best.microseconds},
           {"tflops", operations / best.microseconds / 1e6},
           {"sets", operands.sets},
           {"algorithm", best.kernel}});
    return {};
}

int run(const std::string& path) {
    auto tools = cuda::openTools(0);
    if (!tools) {
        std::fprintf(stderr, "%s\n", tools.error().text().c_str());
        return 1;
    }
    const auto bandwidth = copyBandwidth(*(*tools)->device);
    if (bandwidth) print({{"kind", "bandwidth"}, {"gigabytes_per_second", *bandwidth / 1e9}});
    bool all = true;
    for (const Shape& shape : readShapes(path)) {
        const Status done = measure(**tools, shape);
        if (done) continue;
        all = false;
        print({{"kind", "product"},
               {"dtype", shape.type},
               {"m", shape.m},
               {"n", shape.n},
               {"k", shape.k},
               {"latency_us", 0},
               {"passed", false},
               {"reason", done.error().text()}});
    }
    return all ? 0 : 1;
}

}  // namespace
}  // namespace trimtab::gpu

int main(int count, char** words) {
    std::string path = "tests/gpu/shapes.csv";
    for (int i = 1; i + 1 < count; ++i)
        if (std::string(words[i]) == "--shapes") path = words[i + 1];
    return trimtab::gpu::run(path);
}
