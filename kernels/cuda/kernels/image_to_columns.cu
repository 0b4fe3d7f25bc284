// Patches written out. A block takes kPositions positions and kColumns of k: it reads with neighbouring lanes at neighbouring positions,
// and writes with neighbouring lanes at neighbouring k, turning the tile in shared memory.
#include "kernels/cuda/kernels/convolution_view.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kPositions = 32;
constexpr int kColumns = 64;
constexpr int kThreads = 256;
constexpr int kRun = kColumns * kPositions / kThreads;

/// Words: the type in which a row of columns is written.
template <class T, class Word>
__global__ void __launch_bounds__(kThreads) imageToColumns(ConvolutionView view, int group, T padding, const T* x, T* columns) {
    constexpr int kPitch = kColumns + 4 / static_cast<int>(sizeof(T));  // an odd number of banks
    constexpr int kElements = static_cast<int>(sizeof(Word) / sizeof(T));
    SHARED_ARRAY(T, tile, kPositions * kPitch);
    const int firstPosition = static_cast<int>(blockIdx.x) * kPositions;
    const int firstColumn = static_cast<int>(blockIdx.y) * kColumns;
    const int lane = static_cast<int>(threadIdx.x) % kPositions;
    const int run = static_cast<int>(threadIdx.x) / kPositions * kRun;
    waitForPreviousKernel();
    allowNextKernel();
    const PatchColumn<T> column(view, x, group, firstPosition + lane);
    T values[kRun];
    column.read(values, view, firstColumn + run, padding);
#pragma unroll
    for (int i = 0; i < kRun; ++i) tile[lane * kPitch + run + i] = values[i];
    __syncthreads();
    constexpr int kWords = kColumns / kElements;
    for (int i = static_cast<int>(threadIdx.x); i < kPositions * kWords; i += kThreads) {
        const int position = i / kWords;
        const int k = i % kWords * kElements;
        if (firstPosition + position >= view.positions || firstColumn + k >= view.depth) continue;
        T* const to = columns + static_cast<std::int64_t>(firstPosition + position) * view.depth + firstColumn + k;
        *reinterpret_cast<Word*>(to) = *reinterpret_cast<const Word*>(tile + position * kPitch + k);
    }
}

template <class T>
Status launchFor(Stream stream, const ConvolutionView& view, int group, std::uint32_t padding, const void* x, void* columns) {
    const dim3 grid(static_cast<unsigned>(product::ceilDivide(view.positions, kPositions)),
                    static_cast<unsigned>(product::ceilDivide(view.depth, kColumns)));
    if (grid.y > 65535) return fail(ErrorCode::Unsupported, "patches of more elements than a launch can count");
    const bool words = view.depth * sizeof(T) % 4 == 0 && product::isAligned(columns, 4);
    const auto kernel = words ? imageToColumns<T, std::uint32_t> : imageToColumns<T, T>;
    return launchDependent(kernel, grid, dim3(kThreads), 0, stream, view, group, static_cast<T>(padding), static_cast<const T*>(x),
                           static_cast<T*>(columns));
}

}  // namespace

Status launchImageToColumns(Stream stream, const Convolution& convolution, std::int64_t group, int elementBytes, std::uint32_t padding,
                            const void* x, void* columns) {
    TRIMTAB_REQUIRE(checkConvolution(convolution));
    if (group < 0 || group >= convolution.groups) return fail(ErrorCode::Failed, "patches of a group that the convolution does not have");
    if (convolution.batch == 0 || convolution.outHeight == 0 || convolution.outWidth == 0 || convolution.channels == 0) return {};
    const ConvolutionView view = viewOf(convolution);
    const int index = static_cast<int>(group);
    switch (elementBytes) {
        case 1: return launchFor<std::uint8_t>(stream, view, index, padding, x, columns);
        case 2: return launchFor<std::uint16_t>(stream, view, index, padding, x, columns);
        case 4: return launchFor<std::uint32_t>(stream, view, index, padding, x, columns);
        default: return fail(ErrorCode::Unsupported, "patches hold elements of one, two or four bytes");
    }
}

}  // namespace trimtab::cuda
