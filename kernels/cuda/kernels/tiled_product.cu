// Products of many rows on the tensor cores (mma.sync), weights as they are stored: plain ones are copied straight to shared memory,
// integer codes go through registers, where they become 16-bit floats. With one scale a row they stay whole numbers, exact, and the sum is
// scaled; with groups the scaled number is rounded to the type of x, as a library's product on launchDequantize()'s weights has it.
#include <algorithm>

#include "kernels/cuda/kernels/product_epilogue.cuh"
#include "kernels/cuda/kernels/tile.cuh"
#include "kernels/cuda/kernels/widen_codes.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

struct Tiled {
    RowSource x, w;
    Groups groups;
    int m, n, k;
    bool scaleSums;  // one scale a row
    Epilogue epilogue;
};

template <class Tile>
struct PlainFeed {
    const Tiled& p;
    int row0, column0;
    __device__ __forceinline__ void begin(int step, unsigned char* slot) {
        copyRows<typename Tile::Element, Tile::kRows, Tile::kThreads>(p.x, row0, step, slot);
        copyRows<typename Tile::Element, Tile::kColumns, Tile::kThreads>(p.w, column0, step, slot + Tile::kRows * kStepBytes);
    }
    __device__ __forceinline__ void finish(int, unsigned char*) {}
};

/// A thread takes 32 codes of one row each step: begin() asks for them, finish() writes them as numbers.
template <class Tile, class Format>
struct CodeFeed {
    static_assert(Tile::kThreads == 2 * Tile::kColumns);
    static constexpr int kChunks = std::is_same_v<Format, Int8Weights> ? 2 : 1;
    const Tiled& p;
    int row0, column0;
    uint4 codes[kChunks];
    GroupValues values;

    __device__ __forceinline__ int row() const { return column0 + static_cast<int>(threadIdx.x) / 2; }
    __device__ __forceinline__ int column(int step) const { return step * Tile::kStep + static_cast<int>(threadIdx.x) % 2 * 32; }
    __device__ __forceinline__ bool oneGroup() const { return p.groups.groups == 1 || p.groups.group % 32 == 0; }

    __device__ __forceinline__ void begin(int step, unsigned char* slot) {
        copyRows<typename Tile::Element, Tile::kRows, Tile::kThreads>(p.x, row0, step, slot);
        const int byte = column(step) / 32 * kChunks * 16;
#pragma unroll
        for (int c = 0; c < kChunks; ++c) {
            codes[c] = make_uint4(0, 0, 0, 0);
            if (row() < p.w.rows && byte + c * 16 < p.w.rowBytes)
                codes[c] = __ldg(reinterpret_cast<const uint4*>(p.w.base + row() * p.w.pitch + byte + c * 16));
        }
        values = {};
        if (oneGroup() && row() < p.w.rows) values = groupAt(p.groups, row(), column(step));
        if (p.scaleSums) values.scale = 1;
    }
    __device__ __forceinline__ void finish(int step, unsigned char* slot) {
        using T = typename Tile::Element;
        typename Format::Words words[4];
        memcpy(words, codes, sizeof(words));
#pragma unroll
        for (int unit = 0; unit < 4; ++unit) {
            float eight[8];
            eightCodes<Format>(words[unit], eight);
            if (oneGroup()) {
#pragma unroll
                for (float& value : eight) value = (value - values.zero) * values.scale;
            } else if (row() < p.w.rows) {
                scaleEight(p.groups, row(), column(step) + unit * 8, eight);
            }
            const uint4 chunk = make_uint4(pack<T>(eight[0], eight[1]), pack<T>(eight[2], eight[3]), pack<T>(eight[4], eight[5]),
                                           pack<T>(eight[6], eight[7]));
            unsigned char* const rows = slot + Tile::kRows * kStepBytes;
            const int place = static_cast<int>(threadIdx.x) % 2 * 4 + unit;
            *reinterpret_cast<uint4*>(chunkOf(rows, static_cast<int>(threadIdx.x) / 2, place)) = chunk;
        }
    }
};

template <class T>
struct StoreSums {
    const Tiled& p;
    int row0, column0;
    __device__ __forceinline__ void one(int row, int column, float sum) const {
        if (row >= p.m || column >= p.n) return;
        finishOutput<T>(p.epilogue, p.scaleSums ? p.groups.scales : nullptr, p.n, row, column, sum);
    }
    __device__ __forceinline__ void operator()(int row, int column, float first, float second) const {
        one(row0 + row, column0 + column, first);
        one(row0 + row, column0 + column + 1, second);
    }
};

template <class Tile, class Format>
__global__ void __launch_bounds__(Tile::kThreads) tiledProductKernel(const Tiled p) {
    DYNAMIC_SHARED(unsigned char, shared);
    const int row0 = static_cast<int>(blockIdx.x) * Tile::kRows;
    const int column0 = static_cast<int>(blockIdx.y) * Tile::kColumns;
    const int steps = (p.k + Tile::kStep - 1) / Tile::kStep;
    float sums[Tile::kHigh][Tile::kWide][4] = {};
    if constexpr (Format::kCodes) {
        CodeFeed<Tile, Format> feed{p, row0, column0, {}, {}};
        multiplyTile<Tile>(feed, steps, shared, sums);
    } else {
        PlainFeed<Tile> feed{p, row0, column0};
        multiplyTile<Tile>(feed, steps, shared, sums);
    }
    visitSums<Tile>(sums, StoreSums<typename Tile::Element>{p, row0, column0});
}

template <class Tile, class Format>
Status launchTile(Stream stream, const Tiled& p) {
    const dim3 blocks(static_cast<unsigned>(ceilDivide(p.m, Tile::kRows)), static_cast<unsigned>(ceilDivide(p.n, Tile::kColumns)));
    return launch(tiledProductKernel<Tile, Format>, blocks, dim3(Tile::kThreads), Tile::kSharedBytes, stream, p);
}

template <class T, class Format>
Status launchTiles(Stream stream, const Tiled& p) {
    constexpr std::int64_t multiprocessors = 132;  // of an H100: fewer large tiles than that leave some idle
    if (ceilDivide(p.m, 128) * ceilDivide(p.n, 128) < multiprocessors || p.m <= 64)
        return launchTile<Tile<T, 64, 64, 2, 2>, Format>(stream, p);
    return launchTile<Tile<T, 128, 128, 2, 4>, Format>(stream, p);
}

template <class T>
Status launchTyped(Stream stream, const Product& product, const ProductOperands& operands) {
    const WeightFormat& format = product.weight;
    const bool plain = format.kind == WeightFormat::Kind::Plain;
    if (plain && format.type != product.type) return fail(ErrorCode::Unsupported, "tensor cores take x and weights of one type");
    const int groups = plain ? 1 : static_cast<int>(groupsOf(format, product.k));
    const auto bytes = [](std::int64_t count) { return static_cast<int>(count); };
    const Tiled p{.x = {static_cast<const unsigned char*>(operands.x), product.k * 2, bytes(product.m), bytes(product.k * 2),
                        isAligned(operands.x, 16) && product.k % 8 == 0},
                  .w = {static_cast<const unsigned char*>(operands.w), format.pitchBytes, bytes(product.n),
                        bytes(plain ? product.k * 2 : paddedRowBytes(format, product.k)), true},
                  .groups = {operands.scales, format.zeroPoints ? operands.zeros : nullptr, groups, bytes(format.group)},
                  .m = bytes(product.m),
                  .n = bytes(product.n),
                  .k = bytes(product.k),
                  .scaleSums = !plain && groups == 1,
                  .epilogue = epilogueOf(product, operands)};
    if (plain) return launchTiles<T, PlainWeights>(stream, p);
    return format.kind == WeightFormat::Kind::Int8 ? launchTiles<T, Int8Weights>(stream, p) : launchTiles<T, Int4Weights>(stream, p);
}

/// Below this many rows a tile would wait for weights most of the time: slices of few rows, which read them again, are over sooner.
bool takesSlices(const Product& product) {
    const WeightFormat& format = product.weight;
    if (format.kind == WeightFormat::Kind::Plain) return product.m <= 2 * kFewRows;
    return product.m <= kStreamedRows && groupsAreWholeBlocks(format, product.k);
}

Status launchSlices(Stream stream, const Product& product, const ProductOperands& operands) {
    const std::int64_t xBytes = product.k * 2;
    const std::int64_t yBytes = product.n * (product.outputType == DataType::Float32 ? 4 : 2);
    for (std::int64_t row = 0; row < product.m; row += kFewRows) {
        Product slice = product;
        slice.m = std::min(kFewRows, product.m - row);
        ProductOperands part = operands;
        part.x = static_cast<const char*>(operands.x) + row * xBytes;
        part.y = static_cast<char*>(operands.y) + row * yBytes;
        if (operands.residual != nullptr) part.residual = static_cast<const char*>(operands.residual) + row * yBytes;
        TRIMTAB_REQUIRE(launchFewRows(stream, slice, part));
    }
    return {};
}

}  // namespace
}  // namespace product

Status launchTiledProduct(Stream stream, const Product& given, const ProductOperands& operands) {
    Product product = given;
    product.weight.group = std::min(product.weight.group, product.k);
    TRIMTAB_REQUIRE(product::checkProduct(product, operands));
    if (product.m == 0 || product.n == 0) return {};
    if (product.k > INT_MAX / 4) return fail(ErrorCode::Unsupported, "a product's rows are too long");
    const bool sixteenBits = product.type == DataType::Float16 || product.type == DataType::BFloat16;
    if (streamsWeights(product) && product::isAligned(operands.x, 16)) return product::launchStreamed(stream, product, operands);
    if (sixteenBits && product::takesSlices(product)) return product::launchSlices(stream, product, operands);
    if (product.type == DataType::Float16) return product::launchTyped<__half>(stream, product, operands);
    if (product.type == DataType::BFloat16) return product::launchTyped<__nv_bfloat16>(stream, product, operands);
    return fail(ErrorCode::Unsupported, "tensor cores take float16 and bfloat16 rows, not " + std::string(tensor::name(product.type)));
}

}  // namespace trimtab::cuda
