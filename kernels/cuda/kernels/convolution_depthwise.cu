// One input channel a group: as many bytes as operations, so that what counts is to read the input once. A thread has kRows outputs below
// one another (of one channel, at one column), for which it reads every input row once where the window's extents are known when this is
// compiled.
#include "kernels/cuda/kernels/convolution_view.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kRows = 4;
constexpr int kThreads = 128;

struct DepthwiseView {
    ConvolutionView of;
    Divider rowGroups;  // ⌈outHeight / kRows⌉
    int outHeight = 0;
    std::int64_t threads = 0;  // planes · rowGroups · outWidth
};

/// Which outputs a thread has.
struct DepthwisePlace {
    std::int64_t plane;  // image · output channels + output channel
    int channel, row, column, top, left;

    __device__ __forceinline__ DepthwisePlace(const DepthwiseView& view, std::int64_t index) {
        const std::uint32_t perPlane = view.rowGroups.divisor() * view.of.outWidth.divisor();
        plane = index / perPlane;
        const auto inPlane = static_cast<std::uint32_t>(index - plane * perPlane);
        const std::uint32_t group = view.of.outWidth.quotient(inPlane);
        column = static_cast<int>(inPlane - group * view.of.outWidth.divisor());
        row = static_cast<int>(group) * kRows;
        channel = static_cast<int>(plane % (view.of.groups * view.of.outChannels));
        top = row * view.of.window.strideH - view.of.window.padTop;
        left = column * view.of.window.strideW - view.of.window.padLeft;
    }
};

template <class T>
__device__ __forceinline__ void storeRows(const DepthwiseView& view, const DepthwisePlace& place, const float (&sums)[kRows]) {
    const float bias = view.of.epilogue.bias != nullptr ? view.of.epilogue.bias[place.channel] : 0.0F;
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
        if (place.row + r >= view.outHeight) return;
        const std::int64_t at =
            place.plane * view.of.outPlane.divisor() + (place.row + r) * static_cast<int>(view.of.outWidth.divisor()) + place.column;
        product::store<T>(view.of.epilogue, at, sums[r] + bias + product::residualAt<T>(view.of.epilogue, at));
    }
}

/// kKernel × kKernel, the same stride on both axes, no dilation.
template <class T, int kKernel, int kStride>
__device__ __forceinline__ void sumSquare(float (&sums)[kRows], const DepthwiseView& view, const DepthwisePlace& place, const T* x,
                                          const T* w) {
    float weights[kKernel][kKernel];
#pragma unroll
    for (int i = 0; i < kKernel * kKernel; ++i) weights[i / kKernel][i % kKernel] = toFloat(w[i]);
#pragma unroll
    for (int i = 0; i < (kRows - 1) * kStride + kKernel; ++i) {
        const int h = place.top + i;
        if (h < 0 || h >= view.of.height) continue;
#pragma unroll
        for (int j = 0; j < kKernel; ++j) {
            const int column = place.left + j;
            if (column < 0 || column >= view.of.width) continue;
            const float value = toFloat(x[h * view.of.width + column]);
#pragma unroll
            for (int r = 0; r < kRows; ++r)
                if (i - r * kStride >= 0 && i - r * kStride < kKernel) sums[r] = fmaf(weights[i - r * kStride][j], value, sums[r]);
        }
    }
}

template <class T>
__device__ __forceinline__ void sumAny(float (&sums)[kRows], const DepthwiseView& view, const DepthwisePlace& place, const T* x,
                                       const T* w) {
    const Window& window = view.of.window;
    for (int kh = 0; kh < window.kernelH; ++kh) {
        for (int kw = 0; kw < window.kernelW; ++kw) {
            const int column = place.left + kw * window.dilationW;
            if (column < 0 || column >= view.of.width) continue;
            const float weight = toFloat(w[kh * window.kernelW + kw]);
#pragma unroll
            for (int r = 0; r < kRows; ++r) {
                const int h = place.top + r * window.strideH + kh * window.dilationH;
                if (h >= 0 && h < view.of.height) sums[r] = fmaf(weight, toFloat(x[h * view.of.width + column]), sums[r]);
            }
        }
    }
}

/// kKernel and kStride 0: any window.
template <class T, int kKernel, int kStride>
__global__ void __launch_bounds__(kThreads) convolutionDepthwise(DepthwiseView view, const T* x, const T* w) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    waitForPreviousKernel();
    allowNextKernel();
    if (index >= view.threads) return;
    const DepthwisePlace place(view, index);
    const std::int64_t inputPlane = place.plane / view.of.outChannels;
    x += inputPlane * view.of.height * view.of.width;
    w += place.channel * static_cast<int>(view.of.taps.divisor());
    float sums[kRows] = {};
    if constexpr (kKernel > 0)
        sumSquare<T, kKernel, kStride>(sums, view, place, x, w);
    else
        sumAny(sums, view, place, x, w);
    storeRows<T>(view, place, sums);
}

template <class T>
Status launchOf(Stream stream, const DepthwiseView& view, std::int64_t blocks, const ConvolutionOperands& operands) {
    const Window& window = view.of.window;
    const bool square =
        window.kernelH == window.kernelW && window.strideH == window.strideW && window.dilationH == 1 && window.dilationW == 1;
    auto kernel = convolutionDepthwise<T, 0, 0>;
    if (square && window.kernelH == 3 && window.strideH == 1) kernel = convolutionDepthwise<T, 3, 1>;
    if (square && window.kernelH == 3 && window.strideH == 2) kernel = convolutionDepthwise<T, 3, 2>;
    if (square && window.kernelH == 5 && window.strideH == 1) kernel = convolutionDepthwise<T, 5, 1>;
    if (square && window.kernelH == 5 && window.strideH == 2) kernel = convolutionDepthwise<T, 5, 2>;
    return launchDependent(kernel, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, stream, view, static_cast<const T*>(operands.x),
                           static_cast<const T*>(operands.w));
}

}  // namespace

Status launchDepthwise(Stream stream, const Convolution& convolution, const ConvolutionView& view, const ConvolutionOperands& operands) {
    DepthwiseView depthwise;
    depthwise.of = view;
    depthwise.outHeight = static_cast<int>(convolution.outHeight);
    const std::int64_t rowGroups = product::ceilDivide(convolution.outHeight, kRows);
    depthwise.rowGroups = Divider(static_cast<std::uint32_t>(rowGroups));
    depthwise.threads = convolution.batch * convolution.outChannels * rowGroups * convolution.outWidth;
    const std::int64_t blocks = product::ceilDivide(depthwise.threads, kThreads);
    if (blocks > 0x7FFFFFFF) return fail(ErrorCode::Unsupported, "a convolution over more elements than a launch can count");
    return product::withFloat(convolution.type, "a convolution", [&](auto number) {
        return launchOf<typename decltype(number)::type>(stream, depthwise, blocks, operands);
    });
}

}  // namespace trimtab::cuda
