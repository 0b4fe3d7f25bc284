#pragma once
// Convolution and pooling over [N, C, H, W] (row-major), two spatial axes (one-dimensional ones have H = 1). Types: Float32, Float16,
// BFloat16; sums in float32. These stand behind cuDNN: they run where it is missing, refuses, or is slower.
#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

struct Window {
    int kernelH = 1, kernelW = 1;
    int strideH = 1, strideW = 1;
    int dilationH = 1, dilationW = 1;
    int padTop = 0, padLeft = 0;  // the other sides follow from the output's extents
};

enum class Activation : std::uint8_t { None, Relu, Sigmoid, Clip };

struct Convolution {
    DataType type = DataType::Float32;
    std::int64_t batch = 0, channels = 0, height = 0, width = 0;
    std::int64_t outChannels = 0, outHeight = 0, outWidth = 0;
    std::int64_t groups = 1;
    Window window;
    Activation activation = Activation::None;
    float low = 0, high = 0;  // of Clip
};
/// y = activation(conv(x, w) + bias + residual). w [O, C/groups, kH, kW] of `type`; bias (may be null) Float32 [O]; residual (may be null)
/// as y.
Status launchConvolution(Stream stream, const Convolution& convolution, const void* x, const void* w, const float* bias,
                         const void* residual, void* y);
/// y = activation(x + bias[channel] + residual) in place over [outer, channels, inner]: what follows a convolution of a library.
Status launchChannelEpilogue(Stream stream, DataType type, std::int64_t outer, std::int64_t channels, std::int64_t inner, const float* bias,
                             const void* residual, Activation activation, float low, float high, void* y);
/// Patches for integer and other matrix-product convolutions: columns[n, oh, ow, c/groups·kH·kW] of group g (row-major rows of the weight's
/// order); positions outside the input hold `padding`'s low bytes. elementBytes 1, 2 or 4.
Status launchImageToColumns(Stream stream, const Convolution& convolution, std::int64_t group, int elementBytes, std::uint32_t padding,
                            const void* x, void* columns);

struct Pool {
    enum class Kind { Max, Average, AverageCountingPadding };
    Kind kind = Kind::Max;
    DataType type = DataType::Float32;
    std::int64_t planes = 0;  // N · C
    std::int64_t height = 0, width = 0, outHeight = 0, outWidth = 0;
    Window window;
    int padBottom = 0, padRight = 0;  // the declared padding on these sides: what AverageCountingPadding counts
};
Status launchPool(Stream stream, const Pool& pool, const void* x, void* y);

}  // namespace trimtab::cuda
