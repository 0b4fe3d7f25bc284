// Which implementation runs a convolution.
#include <algorithm>
#include <limits>

#include "kernels/cuda/kernels/convolution_view.cuh"

namespace trimtab::cuda {

Status checkConvolution(const Convolution& c) {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    const std::int64_t extents[] = {c.batch, c.channels, c.height, c.width, c.outChannels, c.outHeight, c.outWidth};
    for (const std::int64_t extent : extents)
        if (extent < 0 || extent > kMost) return fail(ErrorCode::Unsupported, "a convolution over more elements than a launch can count");
    if (c.groups < 1 || c.groups > 65535 || c.channels % c.groups != 0 || c.outChannels % c.groups != 0)
        return fail(ErrorCode::Unsupported, "a convolution whose channels do not divide into its groups, or with more than 65535 of them");
    const Window& w = c.window;
    if (std::min({w.kernelH, w.kernelW, w.strideH, w.strideW, w.dilationH, w.dilationW}) < 1)
        return fail(ErrorCode::Failed, "a convolution with an empty window, stride or dilation");
    // Each product is checked before the next, so that none overflows.
    const auto fits = [](std::initializer_list<std::int64_t> factors) {
        std::int64_t product = 1;
        for (const std::int64_t factor : factors)
            if ((product *= factor) > kMost) return false;
        return true;
    };
    if (!fits({w.kernelH, w.kernelW, c.channels / c.groups}) || !fits({c.height, c.width}) || !fits({c.outHeight, c.outWidth, c.batch}) ||
        !fits({w.kernelH, w.dilationH}) || !fits({w.kernelW, w.dilationW}) || !fits({c.outHeight, w.strideH}) ||
        !fits({c.outWidth, w.strideW}) || c.outChannels / c.groups > 65535 * 32)
        return fail(ErrorCode::Unsupported, "a convolution over more elements than a launch can count");
    return {};
}

ConvolutionView viewOf(const Convolution& c) {
    const auto divider = [](std::int64_t divisor) { return Divider(static_cast<std::uint32_t>(divisor)); };
    ConvolutionView view;
    view.channels = static_cast<int>(c.channels / c.groups);
    view.outChannels = static_cast<int>(c.outChannels / c.groups);
    view.groups = static_cast<int>(c.groups);
    view.height = static_cast<int>(c.height);
    view.width = static_cast<int>(c.width);
    view.depth = view.channels * c.window.kernelH * c.window.kernelW;
    view.positions = static_cast<int>(c.batch * c.outHeight * c.outWidth);
    view.window = c.window;
    view.outPlane = divider(c.outHeight * c.outWidth);
    view.outWidth = divider(c.outWidth);
    view.taps = divider(static_cast<std::int64_t>(c.window.kernelH) * c.window.kernelW);
    view.kernelW = divider(c.window.kernelW);
    return view;
}

Status launchConvolution(Stream stream, const Convolution& convolution, const void* x, const void* w, const float* bias,
                         const void* residual, void* y) {
    TRIMTAB_REQUIRE(checkConvolution(convolution));
    TRIMTAB_REQUIRE(product::withFloat(convolution.type, "a convolution", [](auto) -> Status { return {}; }));
    if (convolution.batch == 0 || convolution.outChannels == 0 || convolution.outHeight == 0 || convolution.outWidth == 0) return {};
    ConvolutionView view = viewOf(convolution);
    view.epilogue = {bias, residual, y, convolution.activation, convolution.low, convolution.high, false};
    const ConvolutionOperands operands{x, w};
    if (view.channels == 1 && view.groups > 1) return launchDepthwise(stream, convolution, view, operands);
    if (convolution.type == DataType::Float32) return launchPlainConvolution(stream, view, operands);
    return launchTensorConvolution(stream, convolution, view, operands);
}

}  // namespace trimtab::cuda
