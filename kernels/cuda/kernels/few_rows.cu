#include <algorithm>

#include "kernels/cuda/kernels/few_rows_scalar.cuh"
#include "kernels/cuda/kernels/few_rows_tensor.cuh"

namespace trimtab::cuda {
namespace product {

Status checkProduct(const Product& product, const ProductOperands& operands) {
    const WeightFormat& format = product.weight;
    for (const std::int64_t extent : {product.m, product.n, product.k})
        if (extent < 0 || extent > INT_MAX) return fail(ErrorCode::Unsupported, "a product's extents must fit 31 bits");
    if (product.n == 0 || product.m == 0) return {};
    if (product.n * groupsOf(format, product.k) > INT_MAX) return fail(ErrorCode::Unsupported, "a product's scales must fit 31 bits");
    if (!isAligned(operands.w, 16) || format.pitchBytes % 16 != 0 || format.pitchBytes < paddedRowBytes(format, product.k))
        return fail(ErrorCode::Unsupported, "rows of weights must begin at multiples of 16 bytes and be padded to them");
    if (format.kind != WeightFormat::Kind::Plain && operands.scales == nullptr)
        return fail(ErrorCode::Unsupported, "integer weights need scales");
    if (format.zeroPoints && operands.zeros == nullptr) return fail(ErrorCode::Unsupported, "weights with zero points came without them");
    if (product.outputType != product.type && product.outputType != DataType::Float32)
        return fail(ErrorCode::Unsupported, "a product's output is of its input's type or float32");
    return {};
}

namespace {

constexpr std::int64_t kMultiprocessors = 132;  // of an H100; elsewhere only how evenly blocks are spread depends on it

/// Warps that share a tile's columns: as many as have a stage each, fewer where there are so many tiles that all blocks stay busy without.
int splitsFor(std::int64_t stages, std::int64_t rowsOfWarp, std::int64_t n, std::int64_t enoughBlocks) {
    int splits = 1;
    while (splits < kWarps && splits < stages) splits *= 2;
    while (splits > 1 && ceilDivide(n, rowsOfWarp * kWarps / (splits / 2)) >= enoughBlocks) splits /= 2;
    return splits;
}

template <class T, class Format, int halves, bool grouped>
Status launchTensor(Stream stream, FewRows rows) {
    const std::int64_t xBytes = static_cast<std::int64_t>(rows.m) * rows.k * 2;
    rows.xShared = rows.aligned && xBytes <= kMostSharedX;
    const std::size_t shared = static_cast<std::size_t>(sharedBeforeX(halves)) + (rows.xShared ? static_cast<std::size_t>(xBytes) : 0);
    constexpr std::size_t threeFit = 75 << 10;  // of the 227 KB of a multiprocessor, 1 KB of which each block takes besides
    const std::int64_t resident = kMultiprocessors * (halves == 1 && shared <= threeFit ? 3 : 2);
    const std::int64_t stages = std::max<std::int64_t>(1, ceilDivide(rows.rowBytes, kStageBytes));
    rows.splits = splitsFor(stages, 16, rows.n, 8 * resident);
    rows.steps = static_cast<int>(ceilDivide(stages, rows.splits));
    rows.tiles = static_cast<int>(ceilDivide(rows.n, 16 * kWarps / rows.splits));
    const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(rows.tiles, resident));
    return launchDependent(fewRowsTensorKernel<T, Format, halves, grouped>, dim3(blocks), dim3(kWarps * 32), shared, stream, rows);
}

template <class T, class Format>
Status launchFormat(Stream stream, const FewRows& rows, bool grouped) {
    if constexpr (Format::kCodes)
        if (grouped) return rows.m <= 8 ? launchTensor<T, Format, 1, true>(stream, rows) : launchTensor<T, Format, 2, true>(stream, rows);
    return rows.m <= 8 ? launchTensor<T, Format, 1, false>(stream, rows) : launchTensor<T, Format, 2, false>(stream, rows);
}

template <class T>
Status launchTensorRows(Stream stream, const Product& product, const ProductOperands& operands) {
    const WeightFormat& format = product.weight;
    const auto groups = static_cast<int>(groupsOf(format, product.k));
    const FewRows rows{.x = operands.x,
                       .w = static_cast<const unsigned char*>(operands.w),
                       .scales = operands.scales,
                       .zeros = format.zeroPoints ? operands.zeros : nullptr,
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
                       .aligned = isAligned(operands.x, 16) && product.k % 8 == 0,
                       .xShared = false,
                       .epilogue = epilogueOf(product, operands)};
    if (format.kind == WeightFormat::Kind::Plain) return launchFormat<T, PlainWeights>(stream, rows, false);
    if (format.kind == WeightFormat::Kind::Int8) return launchFormat<T, Int8Weights>(stream, rows, groups > 1);
    return launchFormat<T, Int4Weights>(stream, rows, groups > 1);
}

bool servesTensorCores(const Product& product) {
    const WeightFormat& format = product.weight;
    if (product.type == DataType::Float32) return false;
    if (format.kind == WeightFormat::Kind::Plain) return format.type == product.type;
    return groupsOf(format, product.k) == 1 || format.group % 32 == 0;
}

template <class Units, int rowsOfX, bool anyX>
Status launchScalar(Stream stream, ScalarRows rows) {
    constexpr int perWarp = kScalarRows<rowsOfX>;
    rows.splits = splitsFor(ceilDivide(rows.rowBytes, 512), perWarp, rows.n, 8 * kMultiprocessors);
    const dim3 blocks(static_cast<unsigned>(ceilDivide(rows.n, perWarp * kScalarWarps / rows.splits)));
    return launchDependent(fewRowsScalarKernel<Units, rowsOfX, anyX>, blocks, dim3(kScalarWarps * 32), 0, stream, rows);
}

/// Rare, and each row reads the weights again.
template <class Units>
Status launchRowByRow(Stream stream, ScalarRows rows) {
    const int m = rows.m;
    const std::int64_t step = static_cast<std::int64_t>(rows.n) * (rows.epilogue.wide ? 4 : 2);
    rows.m = 1;
    for (int row = 0; row < m; ++row) {
        TRIMTAB_REQUIRE((launchScalar<Units, 1, true>(stream, rows)));
        rows.x = static_cast<const char*>(rows.x) + rows.k * static_cast<std::int64_t>(rows.type == DataType::Float32 ? 4 : 2);
        rows.epilogue.y = static_cast<char*>(rows.epilogue.y) + step;
        if (rows.epilogue.residual != nullptr) rows.epilogue.residual = static_cast<const char*>(rows.epilogue.residual) + step;
    }
    return {};
}

template <class Units>
Status launchScalar(Stream stream, const ScalarRows& rows) {
    const bool anyGroup = Units::kCodes && rows.groups > 1 && rows.group % Units::kUnit != 0;
    if (rows.type != DataType::Float32 || !rows.aligned || anyGroup) return launchRowByRow<Units>(stream, rows);
    if (rows.m <= 1) return launchScalar<Units, 1, false>(stream, rows);
    return rows.m <= 4 ? launchScalar<Units, 4, false>(stream, rows) : launchScalar<Units, 16, false>(stream, rows);
}

Status launchScalarRows(Stream stream, const Product& product, const ProductOperands& operands) {
    const WeightFormat& format = product.weight;
    const ScalarRows rows{.type = product.type,
                          .x = operands.x,
                          .w = static_cast<const unsigned char*>(operands.w),
                          .scales = operands.scales,
                          .zeros = format.zeroPoints ? operands.zeros : nullptr,
                          .m = static_cast<int>(product.m),
                          .n = static_cast<int>(product.n),
                          .k = static_cast<int>(product.k),
                          .pitch = format.pitchBytes,
                          .rowBytes = static_cast<int>(paddedRowBytes(format, product.k)),
                          .groups = static_cast<int>(groupsOf(format, product.k)),
                          .group = static_cast<int>(format.group),
                          .splits = 1,
                          .aligned = isAligned(operands.x, 16) && product.k % 8 == 0,
                          .epilogue = epilogueOf(product, operands)};
    if (format.kind == WeightFormat::Kind::Int8) return launchScalar<Int8Units>(stream, rows);
    if (format.kind == WeightFormat::Kind::Int4) return launchScalar<Int4Units>(stream, rows);
    return withFloat(format.type, "a product's weight",
                     [&](auto type) { return launchScalar<PlainUnits<typename decltype(type)::type>>(stream, rows); });
}

}  // namespace
}  // namespace product

Status launchFewRows(Stream stream, const Product& given, const ProductOperands& operands) {
    Product product = given;
    product.weight.group = std::min(product.weight.group, product.k);
    TRIMTAB_REQUIRE(product::checkProduct(product, operands));
    if (product.m > kFewRows) return fail(ErrorCode::Unsupported, "the product of few rows takes at most 16");
    if (product.m == 0 || product.n == 0) return {};
    return product::withFloat(product.type, "a product", [&](auto type) {
        using T = typename decltype(type)::type;
        if constexpr (sizeof(T) == 2)
            if (product::servesTensorCores(product)) return product::launchTensorRows<T>(stream, product, operands);
        return product::launchScalarRows(stream, product, operands);
    });
}

}  // namespace trimtab::cuda
