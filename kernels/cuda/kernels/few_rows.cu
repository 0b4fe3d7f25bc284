#include <algorithm>

#include "kernels/cuda/kernels/few_rows_launch.h"
#include "kernels/cuda/kernels/few_rows_scalar.cuh"

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

bool readsX(const Product& product, const void* x) {
    return (isAligned(x, 16) && product.k % 8 == 0) || product.m * product.k * 2 <= kAlwaysPlaced;
}

bool servesTensorCores(const Product& product) {
    const WeightFormat& format = product.weight;
    if (product.type == DataType::Float32 || product.k > kMostColumns) return false;
    if (format.kind == WeightFormat::Kind::Plain) return format.type == product.type;
    return groupsAreWholeBlocks(format, product.k);
}

namespace {

/// Warps that share rows of weights: as many as have 16 bytes a lane each, fewer where there are so many rows that all blocks stay busy
/// without.
int splitsFor(std::int64_t chunks, std::int64_t rowsOfWarp, std::int64_t n, std::int64_t enoughBlocks) {
    int splits = 1;
    while (splits < kScalarWarps && splits < chunks) splits *= 2;
    while (splits > 1 && ceilDivide(n, rowsOfWarp * kScalarWarps / (splits / 2)) >= enoughBlocks) splits /= 2;
    return splits;
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
            if (product::servesTensorCores(product) && product::readsX(product, operands.x))
                return product::launchTensorRows<T, 1>(stream, product, operands.x, {product::sideOf(product, operands)},
                                                       product::epilogueOf(product, operands));
        return product::launchScalarRows(stream, product, operands);
    });
}

}  // namespace trimtab::cuda
