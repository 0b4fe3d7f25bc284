// fp8 e4m3 (Micikevicius et al. 2022, "FP8 Formats for Deep Learning", table 1): sign, 4 bits of exponent with bias 7, 3 of mantissa; no
// infinities, NaN where all seven bits are set, so that the largest finite value is 448.
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/value_range.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

__global__ void __launch_bounds__(kRangeThreads) float8ScaleKernel(const float* partials, int blocks, float* scale) {
    waitForPreviousKernel();
    const Range range = rangeOfPartials(partials, blocks);
    if (threadIdx.x != 0) return;
    const float largest = fmaxf(range.high, -range.low) / 448.0F;
    scale[0] = largest > 0 && isfinite(largest) ? largest : 1.0F;
}

/// Round to nearest even, magnitudes above 448 to 448.
__device__ __forceinline__ unsigned toFloat8(float value) {
    const unsigned bits = __float_as_uint(value);
    const unsigned sign = bits >> 24 & 0x80U;
    const unsigned magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return sign | 0x7FU;
    if (magnitude >= 0x43E00000U) return sign | 0x7EU;  // 448 and more
    if (magnitude < 0x3C800000U)                        // below 2⁻⁶: multiples of 2⁻⁹
        return sign | static_cast<unsigned>(rintf(__uint_as_float(magnitude) * 512.0F));
    const unsigned even = magnitude + 0x7FFFFU + (magnitude >> 20 & 1U);  // 20 bits of mantissa fall away; a carry raises the exponent
    return sign | ((even >> 20) - (120U << 3));                           // bias 127 → 7
}

__device__ __forceinline__ float fromFloat8(unsigned code) {
    const unsigned magnitude = code & 0x7FU;
    const unsigned sign = (code & 0x80U) << 24;
    if (magnitude == 0x7FU) return __uint_as_float(sign | 0x7FC00000U);
    if (magnitude < 8) return __uint_as_float(__float_as_uint(static_cast<float>(magnitude) * 0.001953125F) | sign);
    return __uint_as_float(((magnitude << 20) + (120U << 23)) | sign);
}

template <class T>
__global__ void __launch_bounds__(256)
    toFloat8Kernel(std::int64_t count, const T* x, bool aligned, const float* scale, std::uint8_t* codes) {
    constexpr int lump = 16 / static_cast<int>(sizeof(T));
    allowNextKernel();
    waitForPreviousKernel();
    const float by = scale[0];
    const std::int64_t first = blockIdx.x * 256LL + threadIdx.x;
    const std::int64_t stride = gridDim.x * 256LL;
    const std::int64_t lumps = aligned ? count / lump : 0;
    for (std::int64_t i = first; i < lumps; i += stride) {
        const uint4 chunk = reinterpret_cast<const uint4*>(x)[i];
        T values[lump];
        memcpy(values, &chunk, 16);
        unsigned words[lump / 4] = {};
#pragma unroll
        for (int j = 0; j < lump; ++j) words[j / 4] |= toFloat8(toFloat(values[j]) / by) << (j % 4 * 8);
#pragma unroll
        for (int w = 0; w < lump / 4; ++w) reinterpret_cast<unsigned*>(codes)[i * (lump / 4) + w] = words[w];
    }
    for (std::int64_t i = lumps * lump + first; i < count; i += stride) codes[i] = static_cast<std::uint8_t>(toFloat8(toFloat(x[i]) / by));
}

template <class T>
__global__ void __launch_bounds__(256) fromFloat8Kernel(std::int64_t count, const std::uint8_t* codes, const float* scale, T* y) {
    const float by = scale[0];
    for (std::int64_t i = blockIdx.x * 256LL + threadIdx.x; i < count; i += gridDim.x * 256LL)
        y[i] = fromFloat<T>(fromFloat8(codes[i]) * by);
}

unsigned blocksFor(std::int64_t count) { return static_cast<unsigned>(std::min<std::int64_t>(ceilDivide(count, 1024), 132 * 16)); }

}  // namespace
}  // namespace product

Status launchFloat8Scale(Stream stream, DataType type, std::int64_t count, const void* x, float* partials, float* scale) {
    const int blocks = product::rangeBlocks(count);
    TRIMTAB_REQUIRE(product::launchRange(stream, type, count, x, partials));
    return launchDependent(product::float8ScaleKernel, dim3(1), dim3(product::kRangeThreads), 0, stream, partials, blocks, scale);
}

Status launchToFloat8(Stream stream, DataType type, std::int64_t count, const void* x, const float* scale, std::uint8_t* codes) {
    const bool aligned = product::isAligned(x, 16) && product::isAligned(codes, 4);
    return product::withFloat(type, "conversion to fp8", [&](auto tag) {
        using T = typename decltype(tag)::type;
        return launchDependent(product::toFloat8Kernel<T>, dim3(product::blocksFor(count)), dim3(256), 0, stream, count,
                               static_cast<const T*>(x), aligned, scale, codes);
    });
}

Status launchFromFloat8(Stream stream, std::int64_t count, const std::uint8_t* codes, const float* scale, DataType type, void* y) {
    return product::withFloat(type, "conversion from fp8", [&](auto tag) {
        using T = typename decltype(tag)::type;
        return launch(product::fromFloat8Kernel<T>, dim3(product::blocksFor(count)), dim3(256), 0, stream, count, codes, scale,
                      static_cast<T*>(y));
    });
}

}  // namespace trimtab::cuda
