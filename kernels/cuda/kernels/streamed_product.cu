#include "kernels/cuda/kernels/streamed_product.cuh"

#include <algorithm>

namespace trimtab::cuda {
namespace product {
namespace {

constexpr std::int64_t kMultiprocessors = 132;  // of an H100; elsewhere only how evenly blocks are spread depends on it

std::int64_t stagesOf(std::int64_t k) { return ceilDivide(k, kStageBlocks * 32); }

/// How many blocks share the columns of an output, and how many stages each has.
struct Shares {
    std::int64_t count = 1, stages = 0;
};

/// The shares that are over soonest, in stages that a multiprocessor's blocks take one after another. What a block adds to its stages: the
/// wait for the first one and, where outputs are shared, writing and reading sums. A block alone on its multiprocessor waits more.
Shares sharesFor(const Product& product) {
    using Shape = StreamShape<__half, Int8Weights, 8, false>;
    constexpr std::int64_t mostShares = 8, beginning = 2, joining = 2;
    const std::int64_t tiles = ceilDivide(product.n, Shape::kOutputs);
    const std::int64_t stages = stagesOf(product.k);
    Shares best{1, stages};
    std::int64_t shortest = 0;
    for (std::int64_t wanted = 1; wanted <= std::min(mostShares, stages); ++wanted) {
        const std::int64_t share = ceilDivide(stages, wanted);
        const std::int64_t count = ceilDivide(stages, share);
        const std::int64_t inTurn = ceilDivide(tiles * count, kMultiprocessors);
        const std::int64_t alone = inTurn < Shape::kResident ? 5 : 4;
        const std::int64_t time = inTurn * (share + beginning + (count > 1 ? joining : 0)) * alone;
        if (wanted == 1 || time < shortest) shortest = time, best = {count, share};
    }
    return best;
}

template <class S>
Status launchShape(Stream stream, const Product& product, const ProductOperands& operands) {
    const WeightFormat& format = product.weight;
    const std::int64_t stages = stagesOf(product.k);
    const Shares shares = operands.workspace != nullptr ? sharesFor(product) : Shares{1, stages};
    const auto whole = [](std::int64_t count) { return static_cast<int>(count); };
    const auto m = whole(product.m);
    const auto n = whole(product.n);
    const Streamed p{.x = {static_cast<const unsigned char*>(operands.x), product.k * 2, m, whole(product.k * 2), true},
                     .w = {static_cast<const unsigned char*>(operands.w), format.pitchBytes, n, whole(paddedRowBytes(format, product.k)),
                           true},
                     .scales = operands.scales,
                     .zeros = format.zeroPoints ? operands.zeros : nullptr,
                     .n = n,
                     .groups = whole(groupsOf(format, product.k)),
                     .blocksPerGroup = S::kGrouped ? whole(format.group / 32) : INT_MAX,
                     .stages = whole(stages),
                     .share = whole(shares.stages),
                     .partials = shares.count > 1 ? operands.workspace : nullptr,
                     .epilogue = epilogueOf(product, operands)};
    const dim3 blocks(static_cast<unsigned>(ceilDivide(n, S::kOutputs)), static_cast<unsigned>(shares.count));
    TRIMTAB_REQUIRE(launchDependent(streamedProductKernel<S>, blocks, dim3(S::kThreads), S::kSharedBytes, stream, p));
    if (shares.count == 1) return {};
    const dim3 joins(static_cast<unsigned>(ceilDivide(n, 256)), static_cast<unsigned>(m));
    return launchDependent(joinSharesKernel<typename S::Element>, joins, dim3(256), 0, stream, p.partials, whole(shares.count), n,
                           S::kGrouped ? nullptr : p.scales, p.epilogue);
}

template <class T, class Format>
Status launchFormat(Stream stream, const Product& product, const ProductOperands& operands) {
    const bool grouped = groupsOf(product.weight, product.k) > 1;
    if (product.m <= 32)
        return grouped ? launchShape<StreamShape<T, Format, 4, true>>(stream, product, operands)
                       : launchShape<StreamShape<T, Format, 4, false>>(stream, product, operands);
    return grouped ? launchShape<StreamShape<T, Format, 8, true>>(stream, product, operands)
                   : launchShape<StreamShape<T, Format, 8, false>>(stream, product, operands);
}

template <class T>
Status launchTyped(Stream stream, const Product& product, const ProductOperands& operands) {
    if (product.weight.kind == WeightFormat::Kind::Int8) return launchFormat<T, Int8Weights>(stream, product, operands);
    return launchFormat<T, Int4Weights>(stream, product, operands);
}

}  // namespace

Status launchStreamed(Stream stream, const Product& product, const ProductOperands& operands) {
    if (product.type == DataType::Float16) return launchTyped<__half>(stream, product, operands);
    return launchTyped<__nv_bfloat16>(stream, product, operands);
}

}  // namespace product

bool streamsWeights(const Product& product) {
    if (product.type == DataType::Float32 || product.weight.kind == WeightFormat::Kind::Plain) return false;
    return product.m <= kStreamedRows && product.k % 8 == 0 && product::groupsAreWholeBlocks(product.weight, product.k);
}

std::int64_t productWorkspace(const Product& product) {
    if (!streamsWeights(product)) return 0;
    const std::int64_t shares = product::sharesFor(product).count;
    return shares > 1 ? shares * product.m * product.n * static_cast<std::int64_t>(sizeof(float)) : 0;
}

}  // namespace trimtab::cuda
