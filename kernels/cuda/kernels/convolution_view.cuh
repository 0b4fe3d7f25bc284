#pragma once
// A convolution as a product: y[o, p] = Σk w[o, k] · patch[k, p]. Positions p run over [batch, outHeight, outWidth], k over [C/groups, kH,
// kW] as the weights stand. Patches are read from the input as they are needed.
#include <cstdint>

#include "kernels/cuda/kernels/index_space.h"
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/windows.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

struct ConvolutionView {
    int channels = 0, outChannels = 0;  // of a group
    int groups = 1;
    int height = 0, width = 0;
    int depth = 0;      // k: channels · kernelH · kernelW
    int positions = 0;  // p
    Window window;
    Divider outPlane, outWidth, taps, kernelW;
    product::Epilogue epilogue;

    /// Offset of the output of channel o (of its group) at position p.
    __device__ __forceinline__ std::int64_t outputAt(int group, int o, int p) const {
        const std::uint32_t image = outPlane.quotient(static_cast<std::uint32_t>(p));
        const std::int64_t plane = (static_cast<std::int64_t>(image) * groups + group) * outChannels + o;
        return plane * outPlane.divisor() + (static_cast<std::uint32_t>(p) - image * outPlane.divisor());
    }
};

/// REQUIRES: checkConvolution() succeeded and nothing is empty.
ConvolutionView viewOf(const Convolution& convolution);
/// Extents that the kernels can count; the reason if not.
Status checkConvolution(const Convolution& convolution);

/// One column of patches: what position p meets, read downwards.
template <class T>
struct PatchColumn {
    const T* image = nullptr;  // first channel of the group
    int top = 0, left = 0;     // of the window in the input; may be negative
    bool valid = false;

    __device__ __forceinline__ PatchColumn(const ConvolutionView& view, const T* x, int group, int p) {
        valid = p < view.positions;
        if (!valid) return;
        const auto position = static_cast<std::uint32_t>(p);
        const std::uint32_t n = view.outPlane.quotient(position);
        const std::uint32_t inPlane = position - n * view.outPlane.divisor();
        const std::uint32_t row = view.outWidth.quotient(inPlane);
        top = static_cast<int>(row) * view.window.strideH - view.window.padTop;
        left = static_cast<int>(inPlane - row * view.outWidth.divisor()) * view.window.strideW - view.window.padLeft;
        image = x + (static_cast<std::int64_t>(n) * view.groups + group) * view.channels * view.height * view.width;
    }

    /// values[i] = patch[first + i]; `padding` outside the input, zero from view.depth on.
    template <int kCount>
    __device__ __forceinline__ void read(T (&values)[kCount], const ConvolutionView& view, int first, T padding) const {
        const std::uint32_t channel = view.taps.quotient(static_cast<std::uint32_t>(first));
        const std::uint32_t tap = static_cast<std::uint32_t>(first) - channel * view.taps.divisor();
        int kh = static_cast<int>(view.kernelW.quotient(tap));
        int kw = static_cast<int>(tap) - kh * view.window.kernelW;
        const T* plane = image + static_cast<std::int64_t>(channel) * view.height * view.width;
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            const int h = top + kh * view.window.dilationH;
            const int w = left + kw * view.window.dilationW;
            const bool counted = valid && first + i < view.depth;
            const bool inside = counted && h >= 0 && h < view.height && w >= 0 && w < view.width;
            values[i] = inside ? plane[h * view.width + w] : counted ? padding : T{};
            if (++kw < view.window.kernelW) continue;
            kw = 0;
            if (++kh < view.window.kernelH) continue;
            kh = 0;
            plane += view.height * view.width;
        }
    }
};

/// values[i] = row[first + i] of a weight's row of view.depth elements, zero behind it; the row itself may be missing.
template <int kCount, class T>
__device__ __forceinline__ void readWeights(T (&values)[kCount], const T* row, bool exists, int first, int depth) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) values[i] = exists && first + i < depth ? row[first + i] : T{};
}

/// What follows the sum, and its place in y.
template <class T>
__device__ __forceinline__ void storeOutput(const ConvolutionView& view, int group, int o, int p, float sum) {
    if (o >= view.outChannels || p >= view.positions) return;
    const std::int64_t at = view.outputAt(group, o, p);
    if (view.epilogue.bias != nullptr) sum += view.epilogue.bias[group * view.outChannels + o];
    product::store<T>(view.epilogue, at, sum + product::residualAt<T>(view.epilogue, at));
}

/// The implementations behind launchConvolution().
struct ConvolutionOperands {
    const void* x = nullptr;
    const void* w = nullptr;
};
/// One input channel a group.
Status launchDepthwise(Stream stream, const Convolution& convolution, const ConvolutionView& view, const ConvolutionOperands& operands);
/// Float32.
Status launchPlainConvolution(Stream stream, const ConvolutionView& view, const ConvolutionOperands& operands);
/// Float16 and BFloat16, tensor cores.
Status launchTensorConvolution(Stream stream, const Convolution& convolution, const ConvolutionView& view,
                               const ConvolutionOperands& operands);

/// Whether tiles of 64 × 64 outputs leave multiprocessors of a large card (132) without work.
inline bool fewTiles(const ConvolutionView& view) {
    const std::int64_t tiles = product::ceilDivide(view.positions, 64) * product::ceilDivide(view.outChannels, 64) * view.groups;
    return tiles < 2 * 132;
}

}  // namespace trimtab::cuda
