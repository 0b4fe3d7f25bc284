#include <algorithm>
#include <cmath>

#include "kernels/cuda/kernels/windows.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

constexpr DataType kTypes[] = {DataType::Float32, DataType::Float16, DataType::BFloat16};
constexpr Pool::Kind kKinds[] = {Pool::Kind::Max, Pool::Kind::Average, Pool::Kind::AverageCountingPadding};

/// As the operator states it: every tap is looked at, and counted if it lies in the input, or in the padded input.
std::vector<double> reference(const Pool& p, const std::vector<float>& x) {
    std::vector<double> y;
    for (std::int64_t plane = 0; plane < p.planes; ++plane)
        for (std::int64_t row = 0; row < p.outHeight; ++row)
            for (std::int64_t column = 0; column < p.outWidth; ++column) {
                double sum = 0;
                double largest = -std::numeric_limits<double>::infinity();
                int inside = 0;
                int padded = 0;
                for (int kh = 0; kh < p.window.kernelH; ++kh)
                    for (int kw = 0; kw < p.window.kernelW; ++kw) {
                        const std::int64_t h = row * p.window.strideH - p.window.padTop + kh * p.window.dilationH;
                        const std::int64_t w = column * p.window.strideW - p.window.padLeft + kw * p.window.dilationW;
                        if (h < p.height + p.padBottom && w < p.width + p.padRight) ++padded;
                        if (h < 0 || h >= p.height || w < 0 || w >= p.width) continue;
                        ++inside;
                        const double value = x[static_cast<std::size_t>((plane * p.height + h) * p.width + w)];
                        sum += value;
                        largest = std::max(largest, value);
                    }
                const int divisor = p.kind == Pool::Kind::Average ? inside : padded;
                y.push_back(p.kind == Pool::Kind::Max ? largest : divisor > 0 ? sum / divisor : 0);
            }
    return y;
}

class PoolTest : public DeviceTest {
protected:
    static Pool shaped(Pool::Kind kind, DataType type, std::int64_t planes, std::int64_t height, std::int64_t width, const Window& window,
                       bool ceiling = false) {
        Pool p;
        p.kind = kind;
        p.type = type;
        p.planes = planes;
        p.height = height;
        p.width = width;
        p.window = window;
        p.padBottom = window.padTop;
        p.padRight = window.padLeft;
        const auto outputs = [&](std::int64_t extent, int padding, int kernel, int dilation, int stride) {
            const std::int64_t room = extent + 2 * padding - (kernel - 1) * dilation - 1;
            return (ceiling ? room + stride - 1 : room) / stride + 1;
        };
        p.outHeight = outputs(height, window.padTop, window.kernelH, window.dilationH, window.strideH);
        p.outWidth = outputs(width, window.padLeft, window.kernelW, window.dilationW, window.strideW);
        return p;
    }

    static void expectClose(const Pool& p, std::size_t offset = 0) {
        const std::size_t width = p.type == DataType::Float32 ? 4 : 2;
        const auto x = toFloats(p.type, toBytes(p.type, normal(static_cast<std::size_t>(p.planes * p.height * p.width), 1)));
        auto bytes = toBytes(p.type, x);
        bytes.insert(bytes.begin(), offset * width, 0xFF);
        const auto memory = array(bytes);
        const auto wanted = reference(p, x);
        const auto y = uninitialised<std::uint8_t>(wanted.size() * width);
        const Status launched = launchPool(stream(), p, memory.data() + offset * width, y.data());
        ASSERT_TRUE(launched) << launched.error().text();
        const auto got = toFloats(p.type, read(y));
        if (p.kind == Pool::Kind::Max) {  // one of the inputs, or −∞
            EXPECT_EQ(std::vector<double>(got.begin(), got.end()), wanted);
            return;
        }
        const double tolerance = p.type == DataType::Float32 ? 1e-6 : p.type == DataType::Float16 ? 5e-4 : 4e-3;
        EXPECT_LT(relativeError(got, wanted), tolerance) << "kind " << static_cast<int>(p.kind) << ", type " << static_cast<int>(p.type)
                                                         << ", planes " << p.planes << " of " << p.height << " x " << p.width;
    }
};

TEST_F(PoolTest, WindowsOfEveryKind) {
    const Window windows[] = {
        {.kernelH = 2, .kernelW = 2, .strideH = 2, .strideW = 2},
        {.kernelH = 3, .kernelW = 3, .strideH = 2, .strideW = 2, .padTop = 1, .padLeft = 1},
        {.kernelH = 1, .kernelW = 4, .strideH = 1, .strideW = 3, .padLeft = 2},
        {.kernelH = 3, .kernelW = 2, .strideH = 1, .strideW = 1, .dilationH = 2, .dilationW = 3, .padTop = 2, .padLeft = 1},
        {}};
    for (const Pool::Kind kind : kKinds)
        for (const DataType type : kTypes)
            for (const Window& window : windows)
                for (const bool ceiling : {false, true}) {
                    expectClose(shaped(kind, type, 3, 9, 10, window, ceiling));
                    expectClose(shaped(kind, type, 1, 5, 7, window, ceiling));
                }
}

TEST_F(PoolTest, WholePlanes) {
    for (const Pool::Kind kind : kKinds)
        for (const DataType type : kTypes)
            for (const std::int64_t width : {1, 5, 8, 40, 257}) {
                const Window window{.kernelH = 7, .kernelW = static_cast<int>(width)};
                expectClose(shaped(kind, type, 6, 7, width, window));
                expectClose(shaped(kind, type, 2, 7, width, window), 1);
            }
}

TEST_F(PoolTest, ManyPlanes) {
    for (const Pool::Kind kind : kKinds)
        expectClose(shaped(kind, DataType::BFloat16, 257, 4, 4, {.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1}));
}

TEST_F(PoolTest, NanStays) {
    std::vector<float> x(16, 1.0F);
    x[5] = std::numeric_limits<float>::quiet_NaN();
    for (const int kernel : {2, 4}) {
        const Pool p = shaped(Pool::Kind::Max, DataType::Float32, 1, 4, 4,
                              {.kernelH = kernel, .kernelW = kernel, .strideH = kernel, .strideW = kernel});
        const auto memory = array(x);
        const auto y = array(std::vector<float>(static_cast<std::size_t>(p.outHeight * p.outWidth), 0.0F));
        ASSERT_TRUE(launchPool(stream(), p, memory.data(), y.data()));
        const auto got = read(y);
        EXPECT_TRUE(std::isnan(got[0]));
        for (std::size_t i = 1; i < got.size(); ++i) EXPECT_EQ(got[i], 1.0F);
    }
}

TEST_F(PoolTest, NoPlanesAreNoWorkAndIntegersAreRefused) {
    EXPECT_TRUE(launchPool(stream(), shaped(Pool::Kind::Max, DataType::Float32, 0, 4, 4, {}), nullptr, nullptr));
    EXPECT_FALSE(launchPool(stream(), shaped(Pool::Kind::Max, DataType::Int8, 1, 4, 4, {}), nullptr, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
