// Dynamic quantisation in float32, operation for operation as ONNX DynamicQuantizeLinear and
// kernels/ref/quantized/dynamic_quantization.h state it.
#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/value_range.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

/// parameters = scale, zero − 128 from the ranges that blocks found.
__global__ void __launch_bounds__(kRangeThreads) quantizationParametersKernel(const float* partials, int blocks, float* parameters) {
    waitForPreviousKernel();
    const Range range = rangeOfPartials(partials, blocks);
    if (threadIdx.x != 0) return;
    float scale = 1;
    float zero = 0;
    const float width = range.high - range.low;
    if (width != 0 && isfinite(width) && width / 255.0F != 0) {
        scale = width / 255.0F;
        zero = fminf(fmaxf(rintf(0.0F - range.low / scale), 0.0F), 255.0F);
    }
    parameters[0] = scale;
    parameters[1] = zero - 128.0F;
}

/// A value's code, shifted by 128. NaN becomes code 0.
__device__ __forceinline__ int codeOf(float x, float scale, float zero) {
    const float code = rintf(x / scale) + zero;
    return isnan(code) ? -128 : static_cast<int>(fminf(fmaxf(code, 0.0F), 255.0F)) - 128;
}

struct Codes {
    std::int64_t m, k, pitch;
    const void* x;
    const float* parameters;
    std::int8_t* codes;
    bool aligned;  // x by 16 bytes, k and pitch multiples of 16, codes by 16
};

template <class T>
__global__ void __launch_bounds__(256) quantizeKernel(const Codes p) {
    allowNextKernel();
    waitForPreviousKernel();
    const float scale = p.parameters[0];
    const float zero = p.parameters[1] + 128.0F;
    const T* x = static_cast<const T*>(p.x);
    const std::int64_t first = blockIdx.x * 256LL + threadIdx.x;
    const std::int64_t stride = gridDim.x * 256LL;
    if (p.aligned) {
        for (std::int64_t i = first; i < p.m * p.k / 16; i += stride) {
            T values[16];
            uint4 chunks[sizeof(T)];
#pragma unroll
            for (int c = 0; c < static_cast<int>(sizeof(T)); ++c)
                chunks[c] = reinterpret_cast<const uint4*>(x)[i * static_cast<int>(sizeof(T)) + c];
            memcpy(values, chunks, sizeof(values));
            unsigned words[4] = {};
#pragma unroll
            for (int j = 0; j < 16; ++j)
                words[j / 4] |= (static_cast<unsigned>(codeOf(toFloat(values[j]), scale, zero)) & 255U) << (j % 4 * 8);
            reinterpret_cast<uint4*>(p.codes)[i] = make_uint4(words[0], words[1], words[2], words[3]);
        }
        return;
    }
    for (std::int64_t i = first; i < p.m * p.pitch; i += stride) {
        const std::int64_t column = i % p.pitch;
        const int padding = static_cast<int>(zero) - 128;
        p.codes[i] = static_cast<std::int8_t>(column < p.k ? codeOf(toFloat(x[i / p.pitch * p.k + column]), scale, zero) : padding);
    }
}

}  // namespace
}  // namespace product

Status launchQuantizationParameters(Stream stream, DataType type, std::int64_t count, const void* x, float* partials, float* parameters) {
    const int blocks = product::rangeBlocks(count);
    TRIMTAB_REQUIRE(product::launchRange(stream, type, count, x, partials));
    return launchDependent(product::quantizationParametersKernel, dim3(1), dim3(product::kRangeThreads), 0, stream, partials, blocks,
                           parameters);
}

Status launchQuantize(Stream stream, DataType type, std::int64_t m, std::int64_t k, std::int64_t pitch, const void* x,
                      const float* parameters, std::int8_t* codes) {
    if (pitch < k) return fail(ErrorCode::Unsupported, "rows of codes must be at least as long as those of x");
    const bool aligned = k == pitch && k % 16 == 0 && product::isAligned(x, 16) && product::isAligned(codes, 16);
    const product::Codes p{m, k, pitch, x, parameters, codes, aligned};
    const std::int64_t work = product::ceilDivide(m * pitch, aligned ? 16 : 1);
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(product::ceilDivide(work, 256), 132 * 16));
    return product::withFloat(type, "quantisation", [&](auto tag) {
        return launchDependent(product::quantizeKernel<typename decltype(tag)::type>, dim3(blocks), dim3(256), 0, stream, p);
    });
}

}  // namespace trimtab::cuda
