// Bias, residual and activation behind a library's convolution, in place.
#include <limits>

#include "kernels/cuda/kernels/index_space.h"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/windows.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 256;

/// kCount elements a thread: neighbours, which may lie in different channels.
template <class T, int kCount>
__global__ void __launch_bounds__(kThreads) channelEpilogue(std::uint32_t packs, Divider inner, Divider channels, const float* bias,
                                                            const T* residual, Activation activation, float low, float high, T* y) {
    const std::uint32_t pack = blockIdx.x * kThreads + threadIdx.x;
    waitForPreviousKernel();
    allowNextKernel();
    if (pack >= packs) return;
    const std::uint32_t first = pack * kCount;
    float values[kCount];
    loadFloats(y + first, values);
    if (residual != nullptr) {
        float added[kCount];
        loadFloats(residual + first, added);
#pragma unroll
        for (int i = 0; i < kCount; ++i) values[i] += added[i];
    }
    if (bias != nullptr) {
        const std::uint32_t row = inner.quotient(first);
        std::uint32_t at = first - row * inner.divisor();
        std::uint32_t channel = row - channels.quotient(row) * channels.divisor();
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            values[i] += bias[channel];
            if (++at < inner.divisor()) continue;
            at = 0;
            if (++channel == channels.divisor()) channel = 0;
        }
    }
#pragma unroll
    for (int i = 0; i < kCount; ++i) values[i] = product::activated(activation, low, high, values[i]);
    storeFloats<kCount>(y + first, values);
}

}  // namespace

Status launchChannelEpilogue(Stream stream, DataType type, std::int64_t outer, std::int64_t channels, std::int64_t inner, const float* bias,
                             const void* residual, Activation activation, float low, float high, void* y) {
    if (outer == 0 || channels == 0 || inner == 0) return {};
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (outer < 0 || channels < 0 || inner < 0 || channels > kMost / inner || outer > kMost / (channels * inner))
        return fail(ErrorCode::Unsupported, "an epilogue over more elements than a launch can count");
    const std::int64_t count = outer * channels * inner;
    return product::withFloat(type, "an epilogue", [&](auto number) -> Status {
        using T = typename decltype(number)::type;
        constexpr int kWide = kPackWidth<T>;
        const bool wide = count % kWide == 0 && product::isAligned(y, 16) && product::isAligned(residual, 16);
        const std::int64_t packs = wide ? count / kWide : count;
        const auto kernel = wide ? channelEpilogue<T, kWide> : channelEpilogue<T, 1>;
        return launchDependent(kernel, dim3(static_cast<unsigned>(product::ceilDivide(packs, kThreads))), dim3(kThreads), 0, stream,
                               static_cast<std::uint32_t>(packs), Divider(static_cast<std::uint32_t>(inner)),
                               Divider(static_cast<std::uint32_t>(channels)), bias, static_cast<const T*>(residual), activation, low, high,
                               static_cast<T*>(y));
    });
}

}  // namespace trimtab::cuda
