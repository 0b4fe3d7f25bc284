// Pools: a thread for each output; a warp for each plane where one window covers it whole. Windows without an input position give −∞ (Max)
// or 0.
#include <limits>

#include "kernels/cuda/kernels/group.cuh"
#include "kernels/cuda/kernels/index_space.h"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/windows.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 128;

struct PoolView {
    Window window;
    bool countsPadding = false;
    int height = 0, width = 0;
    int paddedHeight = 0, paddedWidth = 0;  // with the padding below and to the right
    Divider outPlane, outWidth;
    std::int64_t outputs = 0;
};

/// NaN stays, as it does in sums.
__device__ __forceinline__ float larger(float a, float b) { return b > a || isnan(b) ? b : a; }

template <bool kMax>
__device__ __forceinline__ float joined(float a, float b) {
    return kMax ? larger(a, b) : a + b;
}
template <bool kMax>
inline constexpr float kNothing = kMax ? -std::numeric_limits<float>::infinity() : 0.0F;

/// A window along one axis: its taps inside the input, and how many of them AverageCountingPadding counts.
struct Taps {
    int first, step, end, padded;
    __device__ __forceinline__ Taps(int start, int kernel, int dilation, int extent, int paddedExtent) : step(dilation) {
        first = start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation;
        end = start + (kernel - 1) * dilation + 1;
        const int room = (paddedExtent - start + dilation - 1) / dilation;
        padded = room < kernel ? room : kernel;
        if (end > extent) end = extent;
    }
    __device__ __forceinline__ int count() const { return first < end ? (end - 1 - first) / step + 1 : 0; }
};

template <class T, bool kMax>
__global__ void __launch_bounds__(kThreads) poolWindows(PoolView view, const T* x, T* y) {
    const std::int64_t output = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    waitForPreviousKernel();
    allowNextKernel();
    if (output >= view.outputs) return;
    const std::int64_t plane = output / view.outPlane.divisor();
    const auto place = static_cast<std::uint32_t>(output - plane * view.outPlane.divisor());
    const std::uint32_t row = view.outWidth.quotient(place);
    const int column = static_cast<int>(place - row * view.outWidth.divisor());
    const Window& w = view.window;
    const Taps high(static_cast<int>(row) * w.strideH - w.padTop, w.kernelH, w.dilationH, view.height, view.paddedHeight);
    const Taps wide(column * w.strideW - w.padLeft, w.kernelW, w.dilationW, view.width, view.paddedWidth);
    x += plane * view.height * view.width;
    float sum = kNothing<kMax>;
    for (int i = high.first; i < high.end; i += high.step) {
#pragma unroll 4
        for (int j = wide.first; j < wide.end; j += wide.step) sum = joined<kMax>(sum, toFloat(x[i * view.width + j]));
    }
    if (!kMax) {
        const float divisor = view.countsPadding ? static_cast<float>(high.padded) * static_cast<float>(wide.padded)
                                                 : static_cast<float>(high.count()) * static_cast<float>(wide.count());
        sum = divisor > 0 ? sum / divisor : 0.0F;
    }
    y[output] = fromFloat<T>(sum);
}

template <class T, bool kMax, int kCount>
__global__ void __launch_bounds__(kThreads) poolPlanes(std::int64_t planes, int inPlane, const T* x, T* y) {
    const std::int64_t plane = static_cast<std::int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
    waitForPreviousKernel();
    allowNextKernel();
    if (plane >= planes) return;
    x += plane * inPlane;
    float sum = kNothing<kMax>;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x) % kWarp * kCount; i < inPlane; i += kWarp * kCount) {
        float values[kCount];
        loadFloats(x + i, values);
#pragma unroll
        for (int j = 0; j < kCount; ++j) sum = joined<kMax>(sum, values[j]);
    }
    sum = mergeWarp(sum, [](float a, float b) { return joined<kMax>(a, b); });
    if (threadIdx.x % kWarp == 0) y[plane] = fromFloat<T>(kMax ? sum : sum / static_cast<float>(inPlane));
}

/// Whether the one window of a plane is the plane. What a window counts beyond it, padding included, must not matter.
bool coversPlane(const Pool& pool) {
    const Window& w = pool.window;
    return pool.outHeight == 1 && pool.outWidth == 1 && w.padTop == 0 && w.padLeft == 0 && w.dilationH == 1 && w.dilationW == 1 &&
           w.kernelH >= pool.height && w.kernelW >= pool.width &&
           (pool.kind != Pool::Kind::AverageCountingPadding || (w.kernelH == pool.height && w.kernelW == pool.width));
}

Status check(const Pool& pool) {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max() / 4;
    const Window& w = pool.window;
    for (const int least : {w.kernelH, w.kernelW, w.strideH, w.strideW, w.dilationH, w.dilationW})
        if (least < 1) return fail(ErrorCode::Failed, "a pool with an empty window, stride or dilation");
    const auto fits = [](std::int64_t a, std::int64_t b) { return a >= 0 && b >= 0 && a <= kMost && (a == 0 || b <= kMost / a); };
    if (!fits(pool.height, pool.width) || !fits(pool.outHeight, pool.outWidth) || !fits(pool.outHeight, w.strideH) ||
        !fits(pool.outWidth, w.strideW) || !fits(w.kernelH, w.dilationH) || !fits(w.kernelW, w.dilationW) || pool.planes < 0 ||
        pool.planes > kMost)
        return fail(ErrorCode::Unsupported, "a pool over more elements than a launch can count");
    return {};
}

template <class T, bool kMax>
Status launchOf(Stream stream, const Pool& pool, const void* x, void* y) {
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(y);
    const std::int64_t inPlane = pool.height * pool.width;
    if (coversPlane(pool) && inPlane > 0) {
        const bool wide = inPlane % kPackWidth<T> == 0 && product::isAligned(x, 16);
        const auto kernel = wide ? poolPlanes<T, kMax, kPackWidth<T>> : poolPlanes<T, kMax, 1>;
        const auto blocks = static_cast<unsigned>(product::ceilDivide(pool.planes, kThreads / kWarp));
        return launchDependent(kernel, dim3(blocks), dim3(kThreads), 0, stream, pool.planes, static_cast<int>(inPlane), from, to);
    }
    PoolView view;
    view.window = pool.window;
    view.countsPadding = pool.kind == Pool::Kind::AverageCountingPadding;
    view.height = static_cast<int>(pool.height);
    view.width = static_cast<int>(pool.width);
    view.paddedHeight = view.height + pool.padBottom;
    view.paddedWidth = view.width + pool.padRight;
    view.outPlane = Divider(static_cast<std::uint32_t>(pool.outHeight * pool.outWidth));
    view.outWidth = Divider(static_cast<std::uint32_t>(pool.outWidth));
    view.outputs = pool.planes * pool.outHeight * pool.outWidth;
    const std::int64_t blocks = product::ceilDivide(view.outputs, kThreads);
    if (blocks > std::numeric_limits<int>::max()) return fail(ErrorCode::Unsupported, "a pool over more elements than a launch can count");
    return launchDependent(poolWindows<T, kMax>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, stream, view, from, to);
}

}  // namespace

Status launchPool(Stream stream, const Pool& pool, const void* x, void* y) {
    TRIMTAB_REQUIRE(check(pool));
    if (pool.planes == 0 || pool.outHeight == 0 || pool.outWidth == 0) return {};
    return product::withFloat(pool.type, "a pool", [&](auto number) {
        using T = typename decltype(number)::type;
        return pool.kind == Pool::Kind::Max ? launchOf<T, true>(stream, pool, x, y) : launchOf<T, false>(stream, pool, x, y);
    });
}

}  // namespace trimtab::cuda
