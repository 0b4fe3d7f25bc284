// gpu_bench --shapes shapes.csv: dense products at the listed shapes (bfloat16, fp8) through the engine's library with its measured algorithm. Operands
// rotate through more memory than the L2 cache holds, and a recording of several products is replayed. JSON lines.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/cuda/tools.h"
#include "tests/gpu/json_line.h"
#include "tests/gpu/speed.h"

namespace trimtab::gpu {
namespace {

constexpr std::int64_t kRotation = 256 << 20;  // bytes that one shape's operands are spread over
constexpr int kMostSets = 24;

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
    for (std::int64_t at = 0; at < bytes; at += kPattern) TRIMTAB_REQUIRE(device.upload(memory.get() + at, pattern.data(), std::min(kPattern, bytes - at)));
    TRIMTAB_REQUIRE(device.synchronize());
    return memory;
}

Status measure(cuda::Tools& tools, const Shape& shape) {
    cuda::Device& device = *tools.device;
    const bool float8 = shape.type == "fp8";
    cuda::LibraryProduct product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = shape.k;
    product.arithmetic = float8 ? cuda::Arithmetic::Float8 : cuda::Arithmetic::Full;
    TRIMTAB_TRY(const auto bound, tools.products->prepare(product));
    const std::int64_t width = float8 ? 1 : 2;
    const std::int64_t xBytes = (shape.m * shape.k * width + 255) / 256 * 256;
    const std::int64_t wBytes = shape.n * shape.k * width;
    const int sets = static_cast<int>(std::clamp<std::int64_t>(kRotation / (xBytes + wBytes), 2, kMostSets));
    TRIMTAB_TRY(const auto x, noise(device, xBytes * sets, float8));
    TRIMTAB_TRY(const auto w, noise(device, wBytes * sets, float8));
    TRIMTAB_TRY(const auto y, device.allocate(shape.m * shape.n * 2 * sets));
    TRIMTAB_TRY(const auto scales, noise(device, 256, false));
    const auto* scale = reinterpret_cast<const float*>(scales.get());
    const auto pass = [&]() -> Status {
        for (int i = 0; i < sets; ++i) {
            cuda::LibraryOperands operands;
            operands.x = x.get() + xBytes * i;
            operands.w = w.get() + wBytes * i;
            operands.y = y.get() + shape.m * shape.n * 2 * i;
            operands.xScale = operands.wScale = scale;
            TRIMTAB_REQUIRE(bound->run(operands));
        }
        return {};
    };
    TRIMTAB_REQUIRE(pass());
    TRIMTAB_REQUIRE(device.synchronize());
    TRIMTAB_REQUIRE(device.beginRecording());
    TRIMTAB_REQUIRE(pass());
    TRIMTAB_TRY(const auto recording, device.endRecording());
    TRIMTAB_TRY(const double time, medianMicroseconds(device, [&] { return recording->replay(); }, 11, 2));
    const double each = time / sets;
    const double operations = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
    print({{"kind", "product"}, {"dtype", shape.type}, {"m", shape.m}, {"n", shape.n}, {"k", shape.k}, {"latency_us", each},
           {"tflops", operations / each / 1e6}, {"sets", sets}, {"algorithm", bound->kernel()}});
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
        print({{"kind", "product"}, {"dtype", shape.type}, {"m", shape.m}, {"n", shape.n}, {"k", shape.k}, {"latency_us", 0}, {"passed", false},
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
