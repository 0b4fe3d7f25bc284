#include <algorithm>

#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/widen_codes.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

struct Widen {
    const unsigned char* w;
    std::int64_t pitch;
    std::int64_t n, k;
    Groups groups;
    bool aligned;  // y may be written eight columns at a time
};

/// Eight columns of a row to a thread.
template <class T, class Format>
__global__ void __launch_bounds__(256) dequantizeKernel(const Widen p, T* y) {
    using Words = typename Format::Words;
    const std::int64_t units = (p.k + 7) / 8;
    for (std::int64_t i = blockIdx.x * 256LL + threadIdx.x; i < p.n * units; i += gridDim.x * 256LL) {
        const std::int64_t row = i / units;
        const std::int64_t column = i % units * 8;
        float eight[8];
        eightCodes<Format>(__ldg(reinterpret_cast<const Words*>(p.w + row * p.pitch) + i % units), eight);
        scaleEight(p.groups, static_cast<int>(row), static_cast<int>(column), eight);
        T* to = y + row * p.k + column;
        if (!p.aligned) {
#pragma unroll
            for (int j = 0; j < 8; ++j)
                if (column + j < p.k) to[j] = fromFloat<T>(eight[j]);
        } else if constexpr (sizeof(T) == 2) {
            *reinterpret_cast<uint4*>(to) = make_uint4(pack<T>(eight[0], eight[1]), pack<T>(eight[2], eight[3]),
                                                       pack<T>(eight[4], eight[5]), pack<T>(eight[6], eight[7]));
        } else {
            reinterpret_cast<float4*>(to)[0] = make_float4(eight[0], eight[1], eight[2], eight[3]);
            reinterpret_cast<float4*>(to)[1] = make_float4(eight[4], eight[5], eight[6], eight[7]);
        }
    }
}

}  // namespace
}  // namespace product

Status launchDequantize(Stream stream, std::int64_t n, std::int64_t k, const WeightFormat& format, const void* w, const float* scales,
                        const std::int8_t* zeros, DataType type, void* y) {
    if (format.kind == WeightFormat::Kind::Plain) return fail(ErrorCode::Unsupported, "weights that are no integers need no widening");
    WeightFormat used = format;
    used.group = std::min(format.group, k);
    TRIMTAB_REQUIRE(product::checkProduct({1, n, k, type, type, used}, {.w = w, .scales = scales, .zeros = zeros}));
    if (n == 0 || k == 0) return {};
    const product::Groups groups{scales, format.zeroPoints ? zeros : nullptr, static_cast<int>(product::groupsOf(used, k)),
                                 static_cast<int>(used.group)};
    const product::Widen p{static_cast<const unsigned char*>(w), format.pitchBytes, n, k, groups, product::isAligned(y, 16) && k % 8 == 0};
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(product::ceilDivide(n * ((k + 7) / 8), 256), 132 * 32));
    return product::withFloat(type, "widening", [&](auto tag) {
        using T = typename decltype(tag)::type;
        auto* const to = static_cast<T*>(y);
        if (format.kind == WeightFormat::Kind::Int8)
            return launch(product::dequantizeKernel<T, product::Int8Weights>, dim3(blocks), dim3(256), 0, stream, p, to);
        return launch(product::dequantizeKernel<T, product::Int4Weights>, dim3(blocks), dim3(256), 0, stream, p, to);
    });
}

}  // namespace trimtab::cuda
