// Float16 and BFloat16 on tensor cores: tiles of kTile channels by kTile positions, kStep of k at a time through two slots of shared
// memory, weights as rows of k, patches as rows of positions; the next step is read into registers while one is multiplied. Rows are padded
// by 16 bytes, so that the eight rows of a fragment lie in different banks.
#include "kernels/cuda/kernels/convolution_view.cuh"
#include "kernels/cuda/kernels/pack.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kStep = 32;
constexpr int kRun = 16;  // elements of each operand that a thread fetches

template <int kTile>
struct TensorTile {
    static constexpr int kThreads = kStep * kTile / kRun;
    static constexpr int kWarpRows = kTile == 64 ? 32 : 16;  // channels of a warp; it has 32 positions
    static constexpr int kWeightPitch = kStep + 8;
    static constexpr int kPatchPitch = kTile + 8;
    static constexpr int kSlot = kTile * kWeightPitch + kStep * kPatchPitch;  // elements
};

/// How patches are read: element by element through the window, or, for 1 × 1 windows of stride 1 without padding, eight neighbouring
/// positions at once (planes of a multiple of eight positions).
enum class Reading { Window, Rows };

template <class T, int kTile, Reading reading>
struct TensorFeed {
    using Tile = TensorTile<kTile>;
    static constexpr int kRowPacks = kTile / 8;  // packs of a row of positions
    const ConvolutionView& view;
    PatchColumn<T> column;
    const T* row;
    bool rowExists, wholeRows;
    int weightAt, weightK;
    alignas(16) T weights[kRun];
    alignas(16) T patches[kRun];

    __device__ __forceinline__ static int patchPosition(int thread) {
        return reading == Reading::Rows ? thread % kRowPacks * 8 : thread % kTile;
    }
    __device__ __forceinline__ TensorFeed(const ConvolutionView& v, const T* x, const T* w, int group, int firstChannel, int firstPosition,
                                          bool whole)
        : view(v), column(v, x, group, firstPosition + patchPosition(static_cast<int>(threadIdx.x))), wholeRows(whole) {
        const int thread = static_cast<int>(threadIdx.x);
        weightAt = thread / (kStep / kRun);
        weightK = thread % (kStep / kRun) * kRun;
        rowExists = firstChannel + weightAt < v.outChannels;
        row = w + (static_cast<std::int64_t>(group) * v.outChannels + (rowExists ? firstChannel + weightAt : 0)) * v.depth;
    }
    __device__ __forceinline__ void fetch(int k) {
        if (wholeRows && rowExists && k + weightK + kRun <= view.depth) {
            storePack<8>(weights, loadPack<8>(row + k + weightK));
            storePack<8>(weights + 8, loadPack<8>(row + k + weightK + 8));
        } else {
            readWeights(weights, row, rowExists, k + weightK, view.depth);
        }
        if constexpr (reading == Reading::Rows) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int channel = k + static_cast<int>(threadIdx.x) / kRowPacks + i * (kStep / 2);
                const std::int64_t offset =
                    static_cast<std::int64_t>(channel) * view.height * view.width + column.top * view.width + column.left;
                storePack<8>(patches + 8 * i, column.valid && channel < view.depth ? loadPack<8>(column.image + offset) : Pack<T, 8>{});
            }
        } else {
            column.read(patches, view, k + static_cast<int>(threadIdx.x) / kTile * kRun, T{});
        }
    }
    __device__ __forceinline__ void put(T* slot) const {
        storePack<8>(slot + weightAt * Tile::kWeightPitch + weightK, loadPack<8>(weights));
        storePack<8>(slot + weightAt * Tile::kWeightPitch + weightK + 8, loadPack<8>(weights + 8));
        T* const rows = slot + kTile * Tile::kWeightPitch;
        const int thread = static_cast<int>(threadIdx.x);
        if constexpr (reading == Reading::Rows) {
#pragma unroll
            for (int i = 0; i < 2; ++i)
                storePack<8>(rows + (thread / kRowPacks + i * (kStep / 2)) * Tile::kPatchPitch + thread % kRowPacks * 8,
                             loadPack<8>(patches + 8 * i));
        } else {
#pragma unroll
            for (int i = 0; i < kRun; ++i) rows[(thread / kTile * kRun + i) * Tile::kPatchPitch + thread % kTile] = patches[i];
        }
    }
};

template <class T, int kTile>
__device__ __forceinline__ void multiplySlot(float (&sums)[TensorTile<kTile>::kWarpRows / 16][4][4], const T* slot, int channel,
                                             int position) {
    using Tile = TensorTile<kTile>;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const T* const patches = slot + kTile * Tile::kWeightPitch;
#pragma unroll
    for (int k = 0; k < kStep; k += 16) {
        unsigned b[2][4];
#pragma unroll
        for (int j = 0; j < 2; ++j)
            loadMatrix4Transposed(b[j], patches + (k + lane % 16) * Tile::kPatchPitch + position + j * 16 + lane / 16 * 8);
#pragma unroll
        for (int i = 0; i < Tile::kWarpRows / 16; ++i) {
            unsigned a[4];
            loadMatrix4(a, slot + (channel + i * 16 + lane % 16) * Tile::kWeightPitch + k + lane / 16 * 8);
#pragma unroll
            for (int j = 0; j < 2; ++j) {
                multiplyAdd16816(sums[i][2 * j], a, {b[j][0], b[j][1]}, T{});
                multiplyAdd16816(sums[i][2 * j + 1], a, {b[j][2], b[j][3]}, T{});
            }
        }
    }
}

template <class T, int kTile, Reading reading>
__global__ void __launch_bounds__(TensorTile<kTile>::kThreads)
    convolutionTensor(ConvolutionView view, bool wholeRows, const T* x, const T* w) {
    using Tile = TensorTile<kTile>;
    SHARED_ARRAY(T, slots, 2 * Tile::kSlot);
    const int group = static_cast<int>(blockIdx.z);
    const int firstChannel = static_cast<int>(blockIdx.y) * kTile;
    const int firstPosition = static_cast<int>(blockIdx.x) * kTile;
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int channel = kTile == 64 ? warp / 2 * 32 : warp * 16;
    const int position = kTile == 64 ? warp % 2 * 32 : 0;
    waitForPreviousKernel();
    allowNextKernel();
    TensorFeed<T, kTile, reading> feed(view, x, w, group, firstChannel, firstPosition, wholeRows);
    float sums[Tile::kWarpRows / 16][4][4] = {};
    feed.fetch(0);
    feed.put(slots);
    __syncthreads();
    int slot = 0;
    for (int k = 0; k < view.depth; k += kStep) {
        const bool more = k + kStep < view.depth;
        if (more) feed.fetch(k + kStep);
        multiplySlot<T, kTile>(sums, slots + slot * Tile::kSlot, channel, position);
        slot ^= 1;
        if (more) feed.put(slots + slot * Tile::kSlot);
        __syncthreads();
    }
    const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
    for (int i = 0; i < Tile::kWarpRows / 16; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
#pragma unroll
            for (int s = 0; s < 4; ++s)
                storeOutput<T>(view, group, firstChannel + channel + i * 16 + s / 2 * 8 + lane / 4,
                               firstPosition + position + j * 8 + lane % 4 * 2 + s % 2, sums[i][j][s]);
        }
    }
}

template <class T, int kTile>
Status launchFor(Stream stream, bool rows, const ConvolutionView& view, const ConvolutionOperands& operands) {
    const dim3 grid(static_cast<unsigned>(product::ceilDivide(view.positions, kTile)),
                    static_cast<unsigned>(product::ceilDivide(view.outChannels, kTile)), static_cast<unsigned>(view.groups));
    const bool wholeRows = view.depth % 8 == 0 && product::isAligned(operands.w, 16);
    const auto kernel = rows ? convolutionTensor<T, kTile, Reading::Rows> : convolutionTensor<T, kTile, Reading::Window>;
    return launchDependent(kernel, grid, dim3(TensorTile<kTile>::kThreads), 0, stream, view, wholeRows, static_cast<const T*>(operands.x),
                           static_cast<const T*>(operands.w));
}

}  // namespace

Status launchTensorConvolution(Stream stream, const Convolution& convolution, const ConvolutionView& view,
                               const ConvolutionOperands& operands) {
    const Window& w = convolution.window;
    const bool pointwise = w.kernelH * w.kernelW == 1 && w.strideH == 1 && w.strideW == 1 && w.padTop == 0 && w.padLeft == 0 &&
                           convolution.outHeight == convolution.height && convolution.outWidth == convolution.width;
    const bool rows = pointwise && convolution.height * convolution.width % 8 == 0 && product::isAligned(operands.x, 16);
    const auto run = [&]<class T>(T) {
        return fewTiles(view) ? launchFor<T, 32>(stream, rows, view, operands) : launchFor<T, 64>(stream, rows, view, operands);
    };
    return convolution.type == DataType::Float16 ? run(__half{}) : run(__nv_bfloat16{});
}

}  // namespace trimtab::cuda
