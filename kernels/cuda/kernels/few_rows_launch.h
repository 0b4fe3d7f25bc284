#pragma once
// How few rows on the tensor cores are spread over blocks and warps, for products (one side) and gated units (two).
#include <algorithm>
#include <iterator>

#include "kernels/cuda/kernels/few_rows_tensor.cuh"

namespace trimtab::cuda::product {

bool servesTensorCores(const Product& product);
/// Whether x is aligned, or small enough to be read otherwise.
bool readsX(const Product& product, const void* x);

inline constexpr std::int64_t kMostColumns = 1 << 20;  // up to which FewRows::perBlock divides exactly
/// Bytes of x that are placed in shared memory everywhere, also from rows that 16-byte loads don't take.
inline constexpr std::int64_t kAlwaysPlaced = 8 << 10;

inline constexpr std::int64_t kMultiprocessors = 132;  // of an H100; elsewhere only how evenly blocks are spread depends on it

/// Warps that share a tile, blocks, tiles in turn, stages of each for a warp.
struct Spread {
    int splits = 1;
    std::int64_t blocks = 1, rounds = 1, steps = 1;
};

/// As many warps to a tile as leave each four stages of it: a meeting takes about as long as two. All of them where there are so few tiles
/// that multiprocessors would wait without.
inline Spread spreadOf(std::int64_t tiles, std::int64_t stages, std::int64_t resident) {
    const std::int64_t enough = tiles <= 2 * kMultiprocessors ? 1 : 4;
    Spread spread;
    while (spread.splits < kWarps && spread.splits < stages && stages >= enough * 2 * spread.splits) spread.splits *= 2;
    const std::int64_t atOnce = kWarps / spread.splits;
    spread.blocks = std::min(ceilDivide(tiles, atOnce), kMultiprocessors * resident);
    spread.rounds = ceilDivide(tiles, spread.blocks * atOnce);
    spread.steps = ceilDivide(stages, spread.splits);
    return spread;
}

/// How a product is spread and whether x is placed in shared memory: where it is small, or where the time that this takes is little beside
/// that of a warp's stages. Reading x from where it stands costs more the more rows of it and the more columns a stage has.
template <class Format, int halves, int sides>
struct Layout {
    Spread spread;
    std::int64_t xPitch = 0, sharedBytes = 0;

    explicit Layout(const FewRows<sides>& rows) {
        constexpr std::int64_t ofBlock = 1 << 10;  // that each block takes besides
        constexpr std::int64_t small = 36 << 10;
        constexpr std::int64_t worthOfStage = !Format::kCodes ? 512 : halves == 1 ? 1536 : 5120;  // bytes, as measured on an H100
        const std::int64_t stages = std::max<std::int64_t>(1, ceilDivide(rows.rowBytes, kStageBytes));
        const std::int64_t tiles = ceilDivide(rows.n, FewRows<sides>::kOutputs);
        const std::int64_t others = kRingBytes + meetingBytes(rows.width);
        const std::int64_t most = mostSharedBytes();
        const auto withX = [&](std::int64_t bytes) {
            return spreadOf(tiles, stages, std::clamp<std::int64_t>((most + ofBlock) / (others + bytes + ofBlock), 1, kResident));
        };
        spread = withX(0);
        xPitch = columnsOf<Format>(static_cast<int>(spread.steps * spread.splits)) * 2 + 64;  // + 64: neighbouring rows meet no bank twice
        const std::int64_t bytes = xPitch * rows.m;
        spread = withX(bytes);
        const bool fits = others + bytes <= most;
        const bool pays = bytes <= small || !rows.aligned || bytes <= spread.rounds * spread.steps * worthOfStage;
        if (!fits || !pays) {
            spread = withX(0);
            xPitch = 0;
        }
        sharedBytes = others + xPitch * rows.m;
    }
};

template <class T, class Format, int halves, int together, int sides>
Status launchTensor(Stream stream, FewRows<sides> rows) {
    rows.width = (rows.m + 1) / 2 * 2;
    const Layout<Format, halves, sides> layout(rows);
    if (layout.xPitch == 0 && !rows.aligned) return fail(ErrorCode::Unsupported, "x must stand at multiples of 16 bytes");
    rows.xPitch = static_cast<int>(layout.xPitch);
    while (1 << rows.splitsLog < layout.spread.splits) ++rows.splitsLog;
    rows.rounds = static_cast<int>(layout.spread.rounds);
    rows.steps = static_cast<int>(layout.spread.steps);
    return launchDependent(fewRowsTensorKernel<T, Format, halves, together, sides>, dim3(static_cast<unsigned>(layout.spread.blocks)),
                           dim3(kWarps * 32), static_cast<std::size_t>(layout.sharedBytes), stream, rows);
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
                        .perBlock = 0,
                        .splitsLog = 0,
                        .rounds = 0,
                        .steps = 0,
                        .width = 2,
                        .xPitch = 0,
                        .aligned = isAligned(x, 16) && product.k % 8 == 0,
                        .epilogue = epilogue};
    if (rows.blocksPerGroup > 1) rows.perBlock = static_cast<unsigned>(ceilDivide(1LL << 32, rows.blocksPerGroup));
    std::copy(std::begin(side), std::end(side), std::begin(rows.side));
    if (format.kind == WeightFormat::Kind::Plain) return launchFormat<T, PlainWeights>(stream, rows);
    if (format.kind == WeightFormat::Kind::Int8) return launchFormat<T, Int8Weights>(stream, rows);
    return launchFormat<T, Int4Weights>(stream, rows);
}

}  // namespace trimtab::cuda::product
