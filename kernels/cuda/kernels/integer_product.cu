#include <algorithm>

#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/tile.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

struct IntegerRows {
    RowSource a, b;
    int m, n, k;
    std::int32_t* sums;
};

template <class Tile>
struct ByteFeed {
    const IntegerRows& p;
    int row0, column0;
    __device__ __forceinline__ void begin(int step, unsigned char* slot) {
        copyRows<signed char, Tile::kRows, Tile::kThreads>(p.a, row0, step, slot);
        copyRows<signed char, Tile::kColumns, Tile::kThreads>(p.b, column0, step, slot + Tile::kRows * kStepBytes);
    }
    __device__ __forceinline__ void finish(int, unsigned char*) {}
};

struct StoreIntegers {
    const IntegerRows& p;
    int row0, column0;
    __device__ __forceinline__ void operator()(int row, int column, int first, int second) const {
        if (row0 + row >= p.m) return;
        std::int32_t* to = p.sums + static_cast<std::int64_t>(row0 + row) * p.n + column0 + column;
        if (column0 + column < p.n) to[0] = first;
        if (column0 + column + 1 < p.n) to[1] = second;
    }
};

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads) integerProductKernel(const IntegerRows p) {
    DYNAMIC_SHARED(unsigned char, shared);
    const int row0 = static_cast<int>(blockIdx.x) * Tile::kRows;
    const int column0 = static_cast<int>(blockIdx.y) * Tile::kColumns;
    int sums[Tile::kHigh][Tile::kWide][4] = {};
    ByteFeed<Tile> feed{p, row0, column0};
    multiplyTile<Tile>(feed, (p.k + Tile::kStep - 1) / Tile::kStep, shared, sums);
    visitSums<Tile>(sums, StoreIntegers{p, row0, column0});
}

template <class Tile>
Status launchIntegerTiles(Stream stream, const IntegerRows& p) {
    const dim3 blocks(static_cast<unsigned>(ceilDivide(p.m, Tile::kRows)), static_cast<unsigned>(ceilDivide(p.n, Tile::kColumns)));
    return launch(integerProductKernel<Tile>, blocks, dim3(Tile::kThreads), Tile::kSharedBytes, stream, p);
}

struct Finish {
    IntegerEpilogue shape;
    const std::int32_t* sums;
    const float* parameters;
    const std::int32_t* rowSums;
    const float* scales;
    Epilogue epilogue;
};

__device__ __forceinline__ float dequantized(const Finish& f, std::int64_t row, std::int64_t column) {
    const auto zero = static_cast<std::int64_t>(f.parameters[1]);
    const std::int64_t sum = f.sums[row * f.shape.n + column] - zero * f.rowSums[column];
    const float value = static_cast<float>(sum) * (f.parameters[0] * f.scales[column]);
    return f.epilogue.bias != nullptr ? value + f.epilogue.bias[column] : value;
}

template <class T>
__global__ void __launch_bounds__(256) integerEpilogueKernel(const Finish f) {
    const std::int64_t count = f.shape.m * f.shape.n;
    for (std::int64_t i = blockIdx.x * 256LL + threadIdx.x; i < count; i += gridDim.x * 256LL)
        store<T>(f.epilogue, i, dequantized(f, i / f.shape.n, i % f.shape.n) + residualAt<T>(f.epilogue, i));
}

/// Rows of sums to channels-first planes through a 32 × 32 tile, so that both sides are read and written along their rows.
template <class T>
__global__ void __launch_bounds__(256) channelsFirstEpilogueKernel(const Finish f, int tilesDown) {
    SHARED_ARRAY(float, tile, 32 * 33);
    const auto x = static_cast<int>(threadIdx.x);
    const std::int64_t positions = f.shape.channelsFirst;
    const std::int64_t batch = blockIdx.x / tilesDown;
    const std::int64_t position0 = blockIdx.x % tilesDown * 32LL;
    const std::int64_t channel0 = blockIdx.y * 32LL;
    for (int i = static_cast<int>(threadIdx.y); i < 32; i += 8)
        if (position0 + i < positions && channel0 + x < f.shape.n)
            tile[i * 33 + x] = dequantized(f, batch * positions + position0 + i, channel0 + x);
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.y); i < 32; i += 8) {
        if (channel0 + i >= f.shape.n || position0 + x >= positions) continue;
        const std::int64_t at = (batch * f.shape.n + channel0 + i) * positions + position0 + x;
        store<T>(f.epilogue, at, tile[x * 33 + i] + residualAt<T>(f.epilogue, at));
    }
}

template <class T>
Status launchFinish(Stream stream, const Finish& f) {
    if (f.shape.channelsFirst > 0) {
        const std::int64_t down = ceilDivide(f.shape.channelsFirst, 32);
        const dim3 blocks(static_cast<unsigned>(f.shape.m / f.shape.channelsFirst * down),
                          static_cast<unsigned>(ceilDivide(f.shape.n, 32)));
        return launch(channelsFirstEpilogueKernel<T>, blocks, dim3(32, 8), 0, stream, f, static_cast<int>(down));
    }
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(ceilDivide(f.shape.m * f.shape.n, 1024), 132 * 16));
    return launch(integerEpilogueKernel<T>, dim3(blocks), dim3(256), 0, stream, f);
}

}  // namespace
}  // namespace product

Status launchIntegerProduct(Stream stream, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t pitchA, std::int64_t pitchB,
                            const std::int8_t* a, const std::int8_t* b, std::int32_t* sums) {
    for (const std::int64_t extent : {m, n, k})
        if (extent < 0 || extent > INT_MAX - 128) return fail(ErrorCode::Unsupported, "a product's extents must fit 31 bits");
    const auto source = [k](const std::int8_t* base, std::int64_t pitch, std::int64_t rows) {
        return product::RowSource{reinterpret_cast<const unsigned char*>(base), pitch, static_cast<int>(rows), static_cast<int>(k),
                                  product::isAligned(base, 16) && pitch % 16 == 0};
    };
    const product::IntegerRows p{source(a, pitchA, m), source(b, pitchB, n), static_cast<int>(m),
                                 static_cast<int>(n),  static_cast<int>(k),  sums};
    if (m <= 64 || product::ceilDivide(m, 128) * product::ceilDivide(n, 128) < 132)
        return product::launchIntegerTiles<product::Tile<signed char, 64, 64, 2, 2>>(stream, p);
    return product::launchIntegerTiles<product::Tile<signed char, 128, 128, 2, 4>>(stream, p);
}

Status launchIntegerEpilogue(Stream stream, const IntegerEpilogue& epilogue, const std::int32_t* sums, const float* parameters,
                             const std::int32_t* rowSums, const float* scales, const float* bias, const void* residual, void* y) {
    if (epilogue.m == 0 || epilogue.n == 0) return {};
    const product::Finish finish{
        epilogue, sums,   parameters,
        rowSums,  scales, {bias, residual, y, epilogue.activation, epilogue.low, epilogue.high, epilogue.outputType == DataType::Float32}};
    return product::withFloat(epilogue.outputType, "an integer product's result",
                              [&](auto type) { return product::launchFinish<typename decltype(type)::type>(stream, finish); });
}

}  // namespace trimtab::cuda
