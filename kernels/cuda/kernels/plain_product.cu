#include <algorithm>

#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda {
namespace product {
namespace {

constexpr int kSide = 64;   // of a block's square tile
constexpr int kDepth = 16;  // columns of x a step
constexpr int kPitch = kSide + 4;

struct Plain {
    PlainProduct product;
    const void* x;
    const void* w;
    void* y;
};

/// to[column][row] = from[row, column] for a tile of kSide rows × kDepth columns of a row-major matrix, zero beyond its extents.
template <class T>
__device__ __forceinline__ void loadRows(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t row0, std::int64_t column0,
                                         float* to) {
    for (int i = static_cast<int>(threadIdx.x); i < kSide * kDepth; i += 256) {
        const int row = i / kDepth;
        const int column = i % kDepth;
        const bool inside = row0 + row < rows && column0 + column < columns;
        to[column * kPitch + row] = inside ? toFloat(from[(row0 + row) * columns + column0 + column]) : 0.0F;
    }
}

/// The same of a matrix that stands transposed: from[column, row].
template <class T>
__device__ __forceinline__ void loadColumns(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t row0, std::int64_t column0,
                                            float* to) {
    for (int i = static_cast<int>(threadIdx.x); i < kSide * kDepth; i += 256) {
        const int column = i / kSide;
        const int row = i % kSide;
        const bool inside = row0 + row < rows && column0 + column < columns;
        to[column * kPitch + row] = inside ? toFloat(from[(column0 + column) * rows + row0 + row]) : 0.0F;
    }
}

/// A block: 64 × 64 outputs of one batch, 4 × 4 to a thread.
template <class T, class Out>
__global__ void __launch_bounds__(256) plainProductKernel(const Plain p, std::int64_t firstBatch) {
    SHARED_ARRAY(float, rows, kDepth* kPitch);
    SHARED_ARRAY(float, columns, kDepth* kPitch);
    const PlainProduct& s = p.product;
    const std::int64_t batch = firstBatch + blockIdx.z;
    const std::int64_t m0 = static_cast<std::int64_t>(blockIdx.x) * kSide;
    const std::int64_t n0 = static_cast<std::int64_t>(blockIdx.y) * kSide;
    const T* x = static_cast<const T*>(p.x) + batch * s.xStride;
    const T* w = static_cast<const T*>(p.w) + batch * s.wStride;
    const int down = static_cast<int>(threadIdx.x) / 16 * 4;
    const int across = static_cast<int>(threadIdx.x) % 16 * 4;
    float sums[4][4] = {};
    for (std::int64_t k0 = 0; k0 < s.k; k0 += kDepth) {
        loadRows(x, s.m, s.k, m0, k0, rows);
        if (s.weightIsRows)
            loadRows(w, s.n, s.k, n0, k0, columns);
        else
            loadColumns(w, s.n, s.k, n0, k0, columns);
        __syncthreads();
#pragma unroll
        for (int k = 0; k < kDepth; ++k) {
            const float4 a = *reinterpret_cast<const float4*>(&rows[k * kPitch + down]);
            const float4 b = *reinterpret_cast<const float4*>(&columns[k * kPitch + across]);
            const float left[4] = {a.x, a.y, a.z, a.w};
            const float right[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
        }
        __syncthreads();
    }
    Out* y = static_cast<Out*>(p.y) + batch * s.yStride;
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
            if (m0 + down + i < s.m && n0 + across + j < s.n)
                y[(m0 + down + i) * s.n + n0 + across + j] = fromFloat<Out>(s.alpha * sums[i][j]);
}

constexpr std::int64_t kLargestGrid = 65535;  // of the second and third axis

}  // namespace
}  // namespace product

Status launchPlainProduct(Stream stream, const PlainProduct& given, const void* x, const void* w, void* y) {
    using product::ceilDivide;
    const std::int64_t across = ceilDivide(given.n, product::kSide);
    if (across > product::kLargestGrid) return fail(ErrorCode::Unsupported, "a plain product has at most 4 million columns");
    const product::Plain p{given, x, w, y};
    return product::withFloat(given.type, "a product", [&](auto in) {
        return product::withFloat(given.outputType, "a product's result", [&](auto out) -> Status {
            for (std::int64_t first = 0; first < given.batch; first += product::kLargestGrid) {
                const dim3 blocks(static_cast<unsigned>(ceilDivide(given.m, product::kSide)), static_cast<unsigned>(across),
                                  static_cast<unsigned>(std::min(given.batch - first, product::kLargestGrid)));
                TRIMTAB_REQUIRE(launch(product::plainProductKernel<typename decltype(in)::type, typename decltype(out)::type>, blocks,
                                       dim3(256), 0, stream, p, first));
            }
            return {};
        });
    });
}

}  // namespace trimtab::cuda
