// Which implementation runs an attention, how a decode is divided, and the kernel that joins its parts.
#include <algorithm>
#include <limits>

#include "kernels/cuda/kernels/attention_paths.h"
#include "kernels/cuda/kernels/attention_rows.cuh"
#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda {
namespace {

constexpr int kJoinWarps = 4;

/// o = Σ sums · factor / Σ weight · factor over the parts. A block for each (row, item); warps take turns at the parts, lanes at the
/// columns.
template <class T, int D>
__global__ void __launch_bounds__(kJoinWarps * 32) joinParts(AttentionView a, int rowTiles, int parts, const float* workspace, T* o) {
    constexpr int kColumns = D / 32;
    SHARED_ARRAY(float, sums, kJoinWarps * D);
    SHARED_ARRAY(float, weights, kJoinWarps);
    const int item = static_cast<int>(blockIdx.y);
    const int row = static_cast<int>(blockIdx.x);
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int firstRow = item % rowTiles * kDecodeRows;
    allowNextKernel();
    waitForPreviousKernel();
    if (firstRow + row >= a.rows) return;

    const std::int64_t first = static_cast<std::int64_t>(item) * parts * kDecodeRows + row;
    const float* const statistics = workspace + static_cast<std::int64_t>(gridDim.y) * parts * kDecodeRows * D;
    float largest = -INFINITY;
    for (int part = lane; part < parts; part += 32) largest = fmaxf(largest, statistics[(first + part * kDecodeRows) * 2]);
    for (int offset = 16; offset > 0; offset /= 2) largest = fmaxf(largest, __shfl_xor_sync(0xFFFFFFFFU, largest, offset));

    float sum[kColumns] = {};
    float weight = 0;
#pragma unroll 4
    for (int part = warp; part < parts; part += kJoinWarps) {
        const std::int64_t at = first + part * kDecodeRows;
        const float factor = exp2f(statistics[at * 2] - largest);
        weight += statistics[at * 2 + 1] * factor;
#pragma unroll
        for (int i = 0; i < kColumns; ++i) sum[i] += workspace[at * D + i * 32 + lane] * factor;
    }
#pragma unroll
    for (int i = 0; i < kColumns; ++i) sums[warp * D + i * 32 + lane] = sum[i];
    if (lane == 0) weights[warp] = weight;
    __syncthreads();
    const int batch = item / rowTiles / a.kvHeads;
    T* const to = outputRow(a, o, batch, item / rowTiles % a.kvHeads, firstRow + row);
    const float total = weights[0] + weights[1] + weights[2] + weights[3];
    for (int d = static_cast<int>(threadIdx.x); d < a.headSize; d += kJoinWarps * 32)
        to[d] = fromFloat<T>((sums[d] + sums[D + d] + sums[2 * D + d] + sums[3 * D + d]) / total);
}

template <class T>
Status launchJoinOf(Stream stream, const Attention& attention, const DecodeSplit& split, const AttentionOperands& operands) {
    const AttentionView view = viewOf(attention);
    const auto kernel = split.paddedHead == 64 ? joinParts<T, 64> : split.paddedHead == 128 ? joinParts<T, 128> : joinParts<T, 256>;
    const dim3 grid(static_cast<unsigned>(std::min(view.rows, kDecodeRows)), static_cast<unsigned>(split.items(attention)));
    return launchDependent(kernel, grid, dim3(kJoinWarps * 32), 0, stream, view, split.rowTiles, split.parts, operands.workspace,
                           static_cast<T*>(operands.o));
}

/// Rows a kv head up to which the keys are read for eight rows at a time: above, a tile of the prefill kernel serves more rows a read.
constexpr std::int64_t kMostDecodeRows = 2 * kDecodeRows;

std::int64_t rowsOf(const Attention& a) { return a.queries * (a.heads / a.kvHeads); }

Status check(const Attention& a) {
    if (a.type != DataType::Float32 && a.type != DataType::Float16 && a.type != DataType::BFloat16)
        return fail(ErrorCode::Unsupported, "attention takes float32, float16 and bfloat16");
    if (a.headSize < 1 || a.headSize > 256) return fail(ErrorCode::Unsupported, "attention takes heads of 1 to 256 values");
    if (a.kvHeads < 1 || a.heads % a.kvHeads != 0) return fail(ErrorCode::Unsupported, "query heads must be a multiple of the key heads");
    if (a.past + a.queries > a.capacity) return fail(ErrorCode::Failed, "attention over more keys than the cache has room for");
    constexpr std::int64_t kMostIndices = std::numeric_limits<int>::max() / 2;
    constexpr std::int64_t kMostBlocks = 65535;
    if (a.batch > kMostBlocks || a.heads > kMostBlocks / 2 || a.capacity > kMostIndices || a.window > kMostIndices ||
        rowsOf(a) > kMostIndices)
        return fail(ErrorCode::Unsupported, "attention over more rows or keys than a launch can count");
    return {};
}

/// Whether q, keys, values and o hold 16-bit elements in rows that begin at multiples of 16 bytes.
bool alignedForTensorCores(const Attention& a, const AttentionOperands& operands) {
    if (a.type == DataType::Float32 || (a.headSize | a.qBatchStride | a.qTokenStride | a.qHeadStride) % 8 != 0) return false;
    const auto address = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p); };
    return (address(operands.q) | address(operands.keys) | address(operands.values) | address(operands.o)) % 16 == 0;
}

}  // namespace

DecodeSplit decodeSplit(const Attention& a) {
    // As many blocks as the multiprocessors of the largest cards in use (132) hold at once, none with fewer keys than its warps read in one
    // step; below two such parts joining costs more than it saves.
    const std::int64_t blocks = a.headSize <= 64 ? 264 : 132;
    constexpr std::int64_t kLeastKeys = 128;
    constexpr std::int64_t kUndividedKeys = 256;
    DecodeSplit split;
    split.rowTiles = static_cast<int>((rowsOf(a) + kDecodeRows - 1) / kDecodeRows);
    split.paddedHead = a.headSize <= 64 ? 64 : a.headSize <= 128 ? 128 : 256;
    std::int64_t keys = a.past + a.queries;
    if (a.window > 0) keys = std::min(keys, a.window + a.queries - 1);
    if (keys > kUndividedKeys && split.items(a) > 0)
        split.parts = static_cast<int>(std::max<std::int64_t>(1, std::min(blocks / split.items(a), (keys + kLeastKeys - 1) / kLeastKeys)));
    return split;
}

Status launchJoinParts(Stream stream, const Attention& attention, const DecodeSplit& split, const AttentionOperands& operands) {
    if (split.parts == 1) return {};
    return product::withFloat(attention.type, "attention", [&](auto number) {
        return launchJoinOf<typename decltype(number)::type>(stream, attention, split, operands);
    });
}

std::int64_t attentionWorkspace(const Attention& attention) {
    if (!check(attention) || rowsOf(attention) > kMostDecodeRows) return 0;
    return decodeSplit(attention).workspaceFloats(attention) * static_cast<std::int64_t>(sizeof(float));
}

Status launchAttention(Stream stream, const Attention& attention, const void* q, const void* keyCache, const void* valueCache,
                       void* workspace, void* o) {
    TRIMTAB_REQUIRE(check(attention));
    const AttentionOperands operands{q, keyCache, valueCache, static_cast<float*>(workspace), o};
    const bool tensorCores = alignedForTensorCores(attention, operands);
    if (rowsOf(attention) <= kMostDecodeRows)
        return tensorCores ? launchDecode(stream, attention, operands) : launchPlainDecode(stream, attention, operands);
    return tensorCores ? launchPrefill(stream, attention, operands) : launchPlainPrefill(stream, attention, operands);
}

}  // namespace trimtab::cuda
