#pragma once
// How few rows on the tensor cores are spread over blocks and warps, for products (one side) and gated units (two).
#include <algorithm>
#include <iterator>

#include "kernels/cuda/kernels/few_rows_tensor.cuh"

namespace trimtab::cuda::product {

bool servesTensorCores(const Product& product);

inline constexpr std::int64_t kMultiprocessors = 132;  // of an H100; elsewhere only how evenly blocks are spread depends on it

/// Warps that share a tile's columns: as many as have a stage each, fewer where there are so many tiles that all blocks stay busy without.
inline int splitsFor(std::int64_t stages, std::int64_t rowsOfWarp, std::int64_t n, std::int64_t enoughBlocks) {
    int splits = 1;
    while (splits < kWarps && splits < stages) splits *= 2;
    while (splits > 1 && ceilDivide(n, rowsOfWarp * kWarps / (splits / 2)) >= enoughBlocks) splits /= 2;
    return splits;
}

/// Fewer still while a warp has but a few stages of a tile and no block gets more of them in all: a meeting takes about as long as a stage.
inline int fewerMeetings(int splits, std::int64_t stages, std::int64_t rowsOfWarp, std::int64_t n, std::int64_t blocks) {
    constexpr std::int64_t enoughStages = 4;
    const auto stagesOfBlock = [&](int among) {
        return ceilDivide(ceilDivide(n, rowsOfWarp * kWarps / among), blocks) * ceilDivide(stages, among);
    };
    while (splits > 1 && ceilDivide(stages, splits) < enoughStages && stagesOfBlock(splits / 2) <= stagesOfBlock(splits)) splits /= 2;
    return splits;
}

template <class T, class Format, int halves, int together, int sides>
Status launchTensor(Stream stream, FewRows<sides> rows) {
    constexpr int outputs = FewRows<sides>::kOutputs;
    const std::int64_t xBytes = static_cast<std::int64_t>(rows.m) * rows.k * 2;
    rows.xShared = rows.aligned && xBytes <= kMostSharedX;
    const std::size_t shared = static_cast<std::size_t>(sharedBeforeX(halves)) + (rows.xShared ? static_cast<std::size_t>(xBytes) : 0);
    constexpr std::size_t threeFit = 75 << 10;  // of the 227 KB of a multiprocessor, 1 KB of which each block takes besides
    const std::int64_t resident = kMultiprocessors * (shared <= threeFit ? kResident<halves, sides> : 2);
    const std::int64_t stages = std::max<std::int64_t>(1, ceilDivide(rows.rowBytes, kStageBytes));
    rows.splits = fewerMeetings(splitsFor(stages, outputs, rows.n, 8 * resident), stages, outputs, rows.n, resident);
    rows.steps = static_cast<int>(ceilDivide(stages, rows.splits));
    rows.tiles = static_cast<int>(ceilDivide(rows.n, outputs * kWarps / rows.splits));
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(rows.tiles, resident));
    return launchDependent(fewRowsTensorKernel<T, Format, halves, together, sides>, dim3(blocks), dim3(kWarps * 32), shared, stream, rows);
}

template <class T, class Format, int together, int sides>
Status launchHalves(Stream stream, const FewRows<sides>& rows) {
    return rows.m <= 8 ? launchTensor<T, Format, 1, together>(stream, rows) : launchTensor<T, Format, 2, together>(stream, rows);
}

template <class T, class Format, int sides>
Status launchFormat(Stream stream, const FewRows<sides>& rows) {
    if constexpr (Format::kCodes) {
        constexpr int most = 4;  // of the blocks in a stage
        if (rows.groups > 1 && rows.blocksPerGroup % most == 0) return launchHalves<T, Format, most>(stream, rows);
        if (rows.groups > 1) return launchHalves<T, Format, 1>(stream, rows);
    }
    return launchHalves<T, Format, 0>(stream, rows);
}

inline Side sideOf(const Product& product, const ProductOperands& operands) {
    return {static_cast<const unsigned char*>(operands.w), operands.scales, product.weight.zeroPoints ? operands.zeros : nullptr};
}

/// REQUIRES: servesTensorCores(product); checked operands.
template <class T, int sides>
Status launchTensorRows(Stream stream, const Product& product, const void* x, const Side (&side)[sides], const Epilogue& epilogue) {
    const WeightFormat& format = product.weight;
    const auto groups = static_cast<int>(groupsOf(format, product.k));
    FewRows<sides> rows{.x = x,
                        .side = {},
                        .m = static_cast<int>(product.m),
                        .n = static_cast<int>(product.n),
                        .k = static_cast<int>(product.k),
                        .pitch = format.pitchBytes,
                        .rowBytes = static_cast<int>(paddedRowBytes(format, product.k)),
                        .groups = groups,
                        .blocksPerGroup = groups > 1 ? static_cast<int>(format.group / 32) : 1,
                        .splits = 1,
                        .tiles = 0,
                        .steps = 0,
                        .aligned = isAligned(x, 16) && product.k % 8 == 0,
                        .xShared = false,
                        .epilogue = epilogue};
    std::copy(std::begin(side), std::end(side), std::begin(rows.side));
    if (format.kind == WeightFormat::Kind::Plain) return launchFormat<T, PlainWeights>(stream, rows);
    if (format.kind == WeightFormat::Kind::Int8) return launchFormat<T, Int8Weights>(stream, rows);
    return launchFormat<T, Int4Weights>(stream, rows);
}

}  // namespace trimtab::cuda::product
