#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/cuda/kernels/windows.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

constexpr DataType kTypes[] = {DataType::Float32, DataType::Float16, DataType::BFloat16};

double activated(Activation activation, double low, double high, double value) {
    switch (activation) {
        case Activation::Relu: return std::max(value, 0.0);
        case Activation::Sigmoid: return 1 / (1 + std::exp(-value));
        case Activation::Clip: return std::min(std::max(value, low), high);
        case Activation::None: break;
    }
    return value;
}

std::size_t inputCount(const Convolution& c) { return static_cast<std::size_t>(c.batch * c.channels * c.height * c.width); }
std::size_t outputCount(const Convolution& c) { return static_cast<std::size_t>(c.batch * c.outChannels * c.outHeight * c.outWidth); }

/// visit(n, row, column) for every output position.
template <class Visit>
void forEachPosition(const Convolution& c, Visit visit) {
    for (std::int64_t n = 0; n < c.batch; ++n)
        for (std::int64_t row = 0; row < c.outHeight; ++row)
            for (std::int64_t column = 0; column < c.outWidth; ++column) visit(n, row, column);
}

/// visit(channel of the group, tap, offset in x or −1 outside) for every k of one output position of a group.
template <class Visit>
void forEachTap(const Convolution& c, std::int64_t n, std::int64_t group, std::int64_t row, std::int64_t column, Visit visit) {
    const std::int64_t channels = c.channels / c.groups;
    for (std::int64_t channel = 0; channel < channels; ++channel)
        for (int kh = 0; kh < c.window.kernelH; ++kh)
            for (int kw = 0; kw < c.window.kernelW; ++kw) {
                const std::int64_t h = row * c.window.strideH - c.window.padTop + kh * c.window.dilationH;
                const std::int64_t w = column * c.window.strideW - c.window.padLeft + kw * c.window.dilationW;
                const bool inside = h >= 0 && h < c.height && w >= 0 && w < c.width;
                const std::int64_t offset = (((n * c.groups + group) * channels + channel) * c.height + h) * c.width + w;
                visit((channel * c.window.kernelH + kh) * c.window.kernelW + kw, inside ? offset : -1);
            }
}

std::vector<double> reference(const Convolution& c, const std::vector<float>& x, const std::vector<float>& w,
                              const std::vector<float>& bias, const std::vector<float>& residual) {
    const std::int64_t depth = c.channels / c.groups * c.window.kernelH * c.window.kernelW;
    std::vector<double> y(outputCount(c));
    forEachPosition(c, [&](std::int64_t n, std::int64_t row, std::int64_t column) {
        for (std::int64_t o = 0; o < c.outChannels; ++o) {
            const auto at = static_cast<std::size_t>(((n * c.outChannels + o) * c.outHeight + row) * c.outWidth + column);
            double sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(o)];
            if (!residual.empty()) sum += residual[at];
            forEachTap(c, n, o / (c.outChannels / c.groups), row, column, [&](std::int64_t k, std::int64_t offset) {
                if (offset >= 0)
                    sum += static_cast<double>(x[static_cast<std::size_t>(offset)]) * w[static_cast<std::size_t>(o * depth + k)];
            });
            y[at] = activated(c.activation, c.low, c.high, sum);
        }
    });
    return y;
}

Convolution shaped(DataType type, std::int64_t batch, std::int64_t channels, std::int64_t outChannels, std::int64_t height,
                   std::int64_t width, const Window& window, std::int64_t groups = 1) {
    Convolution c;
    c.type = type;
    c.batch = batch;
    c.channels = channels;
    c.outChannels = outChannels;
    c.height = height;
    c.width = width;
    c.groups = groups;
    c.window = window;
    // The same padding on the other sides.
    c.outHeight = (height + 2 * window.padTop - (window.kernelH - 1) * window.dilationH - 1) / window.strideH + 1;
    c.outWidth = (width + 2 * window.padLeft - (window.kernelW - 1) * window.dilationW - 1) / window.strideW + 1;
    return c;
}

class ConvolutionTest : public DeviceTest {
protected:
    static std::vector<float> rounded(DataType type, std::size_t count, unsigned seed) {
        return toFloats(type, toBytes(type, normal(count, seed)));
    }
    static double tolerance(DataType type) { return type == DataType::Float32 ? 2e-6 : type == DataType::Float16 ? 5e-4 : 4e-3; }

    /// `offset`: elements before x and w, so that their pointers are not aligned.
    static void expectClose(const Convolution& c, bool bias = false, bool residual = false, std::size_t offset = 0) {
        const std::size_t width = c.type == DataType::Float32 ? 4 : 2;
        const auto depth = static_cast<std::size_t>(c.channels / c.groups * c.window.kernelH * c.window.kernelW);
        const auto x = rounded(c.type, inputCount(c), 1);
        const auto w = rounded(c.type, static_cast<std::size_t>(c.outChannels) * depth, 2);
        const auto biases = bias ? normal(static_cast<std::size_t>(c.outChannels), 3) : std::vector<float>{};
        const auto added = residual ? rounded(c.type, outputCount(c), 4) : std::vector<float>{};
        const auto shifted = [&](const std::vector<float>& values) {
            auto bytes = toBytes(c.type, values);
            bytes.insert(bytes.begin(), offset * width, 0xFF);
            return array(bytes);
        };
        const auto deviceX = shifted(x);
        const auto deviceW = shifted(w);
        const auto deviceBias = array(biases);
        const auto deviceResidual = array(toBytes(c.type, added));
        const auto y = uninitialised<std::uint8_t>(outputCount(c) * width);
        const Status launched = launchConvolution(stream(), c, deviceX.data() + offset * width, deviceW.data() + offset * width,
                                                  bias ? deviceBias.data() : nullptr, residual ? deviceResidual.data() : nullptr, y.data());
        ASSERT_TRUE(launched) << launched.error().text();
        EXPECT_LT(relativeError(toFloats(c.type, read(y)), reference(c, x, w, biases, added)), tolerance(c.type))
            << "type " << static_cast<int>(c.type) << ", batch " << c.batch << ", channels " << c.channels << " to " << c.outChannels
            << " in " << c.groups << ", input " << c.height << " x " << c.width << ", window " << c.window.kernelH << " x "
            << c.window.kernelW;
    }
};

TEST_F(ConvolutionTest, WindowsOfEveryKind) {
    const Window windows[] = {
        {.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1},
        {.kernelH = 3, .kernelW = 3, .strideH = 2, .strideW = 2, .padTop = 1, .padLeft = 1},
        {.kernelH = 2, .kernelW = 5, .strideH = 1, .strideW = 3, .dilationH = 3, .dilationW = 2, .padTop = 2, .padLeft = 4},
        {.kernelH = 1, .kernelW = 7, .padLeft = 3},
        {.kernelH = 7, .kernelW = 7, .strideH = 2, .strideW = 2, .padTop = 3, .padLeft = 3},
        {.kernelH = 1, .kernelW = 1, .strideH = 2, .strideW = 2},
        {.kernelH = 1, .kernelW = 1, .padTop = 1, .padLeft = 2}};
    for (const DataType type : kTypes)
        for (const Window& window : windows) {
            expectClose(shaped(type, 1, 3, 5, 9, 11, window));
            expectClose(shaped(type, 2, 17, 34, 7, 13, window));
        }
}

TEST_F(ConvolutionTest, OneByOneWindowsOfAnyPlane) {
    for (const DataType type : kTypes)
        for (const std::int64_t width : {1, 7, 8, 12}) {
            expectClose(shaped(type, 2, 40, 70, 4, width, {}));
            expectClose(shaped(type, 3, 33, 8, 2, width, {}));
        }
}

TEST_F(ConvolutionTest, ManyTiles) {
    // More than two tiles of 64 × 64 for each of 132 multiprocessors.
    for (const DataType type : kTypes) {
        expectClose(shaped(type, 66, 2, 130, 10, 9, {.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1}));
        expectClose(shaped(type, 133, 9, 70, 8, 8, {}));
    }
}

TEST_F(ConvolutionTest, Groups) {
    const Window window{.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1};
    for (const DataType type : kTypes) {
        expectClose(shaped(type, 2, 12, 18, 6, 5, window, 3), true, true);
        expectClose(shaped(type, 1, 8, 4, 5, 5, {}, 4));
    }
}

TEST_F(ConvolutionTest, OneChannelAGroup) {
    for (const DataType type : kTypes)
        for (const int kernel : {1, 3, 4, 5})
            for (const int stride : {1, 2, 3}) {
                const Window window{.kernelH = kernel,
                                    .kernelW = kernel,
                                    .strideH = stride,
                                    .strideW = stride,
                                    .padTop = kernel / 2,
                                    .padLeft = kernel / 2};
                expectClose(shaped(type, 2, 5, 5, 13, 10, window, 5));
                expectClose(shaped(type, 1, 3, 6, 7, 9, window, 3), true, true);
            }
    expectClose(shaped(DataType::Float32, 1, 2, 2, 9, 9,
                       {.kernelH = 3, .kernelW = 3, .dilationH = 2, .dilationW = 3, .padTop = 2, .padLeft = 3}, 2));
    expectClose(shaped(DataType::Float16, 257, 2, 2, 1, 3, {.kernelH = 1, .kernelW = 3, .padLeft = 1}, 2));
}

TEST_F(ConvolutionTest, BiasResidualAndActivationFollowTheSum) {
    const Window window{.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1};
    for (const DataType type : kTypes)
        for (const Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Clip})
            for (const std::int64_t groups : {1, 6}) {
                Convolution c = shaped(type, 2, 6, 12, 5, 6, window, groups);
                c.activation = activation;
                c.low = -0.5F;
                c.high = 2;
                expectClose(c, true, true);
                expectClose(c, true, false);
                expectClose(c, false, true);
            }
}

TEST_F(ConvolutionTest, PointersThatAreNotAligned) {
    for (const DataType type : kTypes) {
        expectClose(shaped(type, 1, 16, 9, 4, 4, {}), false, false, 1);
        expectClose(shaped(type, 1, 16, 9, 4, 4, {.kernelH = 3, .kernelW = 3}), false, false, 1);
        expectClose(shaped(type, 1, 4, 4, 4, 4, {.kernelH = 3, .kernelW = 3}, 4), false, false, 1);
    }
}

TEST_F(ConvolutionTest, NothingToDoAndNothingToSum) {
    const Convolution none = shaped(DataType::Float32, 0, 3, 4, 5, 5, {});
    EXPECT_TRUE(launchConvolution(stream(), none, nullptr, nullptr, nullptr, nullptr, nullptr));
    for (const DataType type : kTypes) expectClose(shaped(type, 2, 0, 4, 3, 3, {}), true);
    Convolution broken = shaped(DataType::Float32, 1, 3, 4, 5, 5, {});
    broken.groups = 2;
    EXPECT_FALSE(launchConvolution(stream(), broken, nullptr, nullptr, nullptr, nullptr, nullptr));
    EXPECT_FALSE(launchConvolution(stream(), shaped(DataType::Int8, 1, 3, 4, 5, 5, {}), nullptr, nullptr, nullptr, nullptr, nullptr));
}

TEST_F(ConvolutionTest, EpilogueInPlace) {
    struct Extents {
        std::int64_t outer, channels, inner;
    };
    for (const DataType type : kTypes)
        for (const Extents e : {Extents{2, 3, 16}, {3, 5, 7}, {4, 6, 1}, {1, 1, 1}, {2, 8, 49}, {257, 2, 4}, {0, 3, 4}})
            for (const Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Clip})
                for (const int with : {0, 1, 2, 3}) {
                    const auto count = static_cast<std::size_t>(e.outer * e.channels * e.inner);
                    const auto before = rounded(type, count, 1);
                    const auto added = rounded(type, count, 2);
                    const auto bias = normal(static_cast<std::size_t>(e.channels), 3);
                    std::vector<double> wanted;
                    for (std::size_t i = 0; i < count; ++i) {
                        const auto channel = i / static_cast<std::size_t>(e.inner) % bias.size();
                        wanted.push_back(
                            activated(activation, -0.5, 1,
                                      before[i] + (with & 1 ? double{bias[channel]} : 0.0) + (with & 2 ? double{added[i]} : 0.0)));
                    }
                    const auto y = array(toBytes(type, before));
                    const auto residual = array(toBytes(type, added));
                    const auto biases = array(bias);
                    const Status launched =
                        launchChannelEpilogue(stream(), type, e.outer, e.channels, e.inner, with & 1 ? biases.data() : nullptr,
                                              with & 2 ? residual.data() : nullptr, activation, -0.5F, 1, y.data());
                    ASSERT_TRUE(launched) << launched.error().text();
                    EXPECT_LT(relativeError(toFloats(type, read(y)), wanted), tolerance(type))
                        << e.outer << ' ' << e.channels << ' ' << e.inner;
                }
}

template <class T>
void expectColumns(const Convolution& c, std::int64_t group, T padding, Stream stream, const std::vector<T>& x, const T* deviceX,
                   T* columns, const std::function<std::vector<T>()>& result) {
    std::vector<T> wanted;
    forEachPosition(c, [&](std::int64_t n, std::int64_t row, std::int64_t column) {
        forEachTap(c, n, group, row, column, [&](std::int64_t, std::int64_t offset) {
            wanted.push_back(offset < 0 ? padding : x[static_cast<std::size_t>(offset)]);
        });
    });
    const Status launched = launchImageToColumns(stream, c, group, sizeof(T), padding, deviceX, columns);
    ASSERT_TRUE(launched) << launched.error().text();
    EXPECT_EQ(result(), wanted) << c.channels << " channels, " << sizeof(T) << " bytes";
}

class ImageToColumnsTest : public DeviceTest {
protected:
    template <class T>
    static void run(std::int64_t group, const Convolution& c) {
        std::vector<T> x(inputCount(c));
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i * 2654435761U >> 7);
        const auto depth = static_cast<std::size_t>(c.channels / c.groups * c.window.kernelH * c.window.kernelW);
        const auto deviceX = array(x);
        const auto columns = uninitialised<T>(static_cast<std::size_t>(c.batch * c.outHeight * c.outWidth) * depth);
        expectColumns<T>(c, group, static_cast<T>(0x80818283U), stream(), x, deviceX.data(), columns.data(), [&] { return read(columns); });
    }
};

TEST_F(ImageToColumnsTest, EveryElementWidthAndWindow) {
    const Window windows[] = {
        {},
        {.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1},
        {.kernelH = 2, .kernelW = 3, .strideH = 2, .strideW = 1, .dilationH = 2, .dilationW = 2, .padTop = 1, .padLeft = 3}};
    for (const Window& window : windows)
        for (const std::int64_t channels : {1, 4, 7, 24}) {
            const Convolution c = shaped(DataType::Float32, 2, channels, 1, 6, 7, window);
            run<std::uint8_t>(0, c);
            run<std::uint16_t>(0, c);
            run<std::uint32_t>(0, c);
        }
}

TEST_F(ImageToColumnsTest, OneOfSeveralGroups) {
    const Convolution c = shaped(DataType::Float32, 3, 12, 6, 5, 5, {.kernelH = 3, .kernelW = 3, .padTop = 1, .padLeft = 1}, 3);
    for (const std::int64_t group : {0, 1, 2}) run<std::uint8_t>(group, c);
    EXPECT_FALSE(launchImageToColumns(stream(), c, 3, 1, 0, nullptr, nullptr));
    EXPECT_FALSE(launchImageToColumns(stream(), c, 0, 8, 0, nullptr, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
