// Float32 without tensor cores: tiles of kTile channels by kTile positions, 4 × 4 sums a thread, kStep of k at a time through two slots of
// shared memory (both operands k-major, so that a thread reads its four neighbours at once); the next step is read into registers while one
// is multiplied.
#include "kernels/cuda/kernels/convolution_view.cuh"
#include "kernels/cuda/kernels/pack.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kStep = 16;

template <int kTile>
struct PlainTile {
    static constexpr int kSide = kTile / 4;
    static constexpr int kThreads = kSide * kSide;
    static constexpr int kRun = kStep * kTile / kThreads;  // elements of each operand that a thread fetches
    static constexpr int kRuns = kStep / kRun;
    static constexpr int kPitch = kTile + 4;
    static constexpr int kSlot = 2 * kStep * kPitch;  // floats
};

/// Both operands' next step on its way to shared memory.
template <int kTile>
struct PlainFeed {
    using Tile = PlainTile<kTile>;
    const ConvolutionView& view;
    PatchColumn<float> column;
    const float* row;
    bool rowExists, wholeRows;
    int weightAt, patchAt, weightK, patchK;
    float weights[Tile::kRun], patches[Tile::kRun];

    __device__ __forceinline__ PlainFeed(const ConvolutionView& v, const float* x, const float* w, int group, int firstChannel,
                                         int firstPosition, bool whole)
        : view(v), column(v, x, group, firstPosition + static_cast<int>(threadIdx.x) % kTile), wholeRows(whole) {
        const int thread = static_cast<int>(threadIdx.x);
        weightAt = thread / Tile::kRuns;
        weightK = thread % Tile::kRuns * Tile::kRun;
        patchAt = thread % kTile;
        patchK = thread / kTile * Tile::kRun;
        rowExists = firstChannel + weightAt < v.outChannels;
        row = w + (static_cast<std::int64_t>(group) * v.outChannels + (rowExists ? firstChannel + weightAt : 0)) * v.depth;
    }
    __device__ __forceinline__ void fetch(int k) {
        if (wholeRows && rowExists && k + weightK + Tile::kRun <= view.depth)
            loadFloats(row + k + weightK, weights);
        else
            readWeights(weights, row, rowExists, k + weightK, view.depth);
        column.read(patches, view, k + patchK, 0.0F);
    }
    __device__ __forceinline__ void put(float* slot) const {
#pragma unroll
        for (int i = 0; i < Tile::kRun; ++i) {
            slot[(weightK + i) * Tile::kPitch + weightAt] = weights[i];
            slot[(kStep + patchK + i) * Tile::kPitch + patchAt] = patches[i];
        }
    }
};

template <int kTile>
__device__ __forceinline__ void multiplySlot(float (&sums)[4][4], const float* slot, int channel, int position) {
    using Tile = PlainTile<kTile>;
#pragma unroll
    for (int k = 0; k < kStep; ++k) {
        const float4 w = *reinterpret_cast<const float4*>(slot + k * Tile::kPitch + channel);
        const float4 x = *reinterpret_cast<const float4*>(slot + (kStep + k) * Tile::kPitch + position);
        const float rows[4] = {w.x, w.y, w.z, w.w};
        const float columns[4] = {x.x, x.y, x.z, x.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) sums[i][j] = fmaf(rows[i], columns[j], sums[i][j]);
        }
    }
}

template <int kTile>
__global__ void __launch_bounds__(PlainTile<kTile>::kThreads)
    convolutionPlain(ConvolutionView view, bool wholeRows, const float* x, const float* w) {
    using Tile = PlainTile<kTile>;
    SHARED_ARRAY(float, slots, 2 * Tile::kSlot);
    const int group = static_cast<int>(blockIdx.z);
    const int firstChannel = static_cast<int>(blockIdx.y) * kTile;
    const int firstPosition = static_cast<int>(blockIdx.x) * kTile;
    const int position = static_cast<int>(threadIdx.x) % Tile::kSide * 4;
    const int channel = static_cast<int>(threadIdx.x) / Tile::kSide * 4;
    waitForPreviousKernel();
    allowNextKernel();
    PlainFeed<kTile> feed(view, x, w, group, firstChannel, firstPosition, wholeRows);
    float sums[4][4] = {};
    feed.fetch(0);
    feed.put(slots);
    __syncthreads();
    int slot = 0;
    for (int k = 0; k < view.depth; k += kStep) {
        const bool more = k + kStep < view.depth;
        if (more) feed.fetch(k + kStep);
        multiplySlot<kTile>(sums, slots + slot * Tile::kSlot, channel, position);
        slot ^= 1;
        if (more) feed.put(slots + slot * Tile::kSlot);
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) storeOutput<float>(view, group, firstChannel + channel + i, firstPosition + position + j, sums[i][j]);
    }
}

template <int kTile>
Status launchFor(Stream stream, const ConvolutionView& view, const ConvolutionOperands& operands) {
    const dim3 grid(static_cast<unsigned>(product::ceilDivide(view.positions, kTile)),
                    static_cast<unsigned>(product::ceilDivide(view.outChannels, kTile)), static_cast<unsigned>(view.groups));
    const bool wholeRows = view.depth % 4 == 0 && product::isAligned(operands.w, 16);
    return launchDependent(convolutionPlain<kTile>, grid, dim3(PlainTile<kTile>::kThreads), 0, stream, view, wholeRows,
                           static_cast<const float*>(operands.x), static_cast<const float*>(operands.w));
}

}  // namespace

Status launchPlainConvolution(Stream stream, const ConvolutionView& view, const ConvolutionOperands& operands) {
    return fewTiles(view) ? launchFor<32>(stream, view, operands) : launchFor<64>(stream, view, operands);
}

}  // namespace trimtab::cuda
