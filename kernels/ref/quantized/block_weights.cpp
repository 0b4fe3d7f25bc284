// com.microsoft.MatMulNBits, as ONNX Runtime documents it: Y = A · dequantize(B)ᵀ.
//   B            uint8 [N, blocks, block_size · bits / 8]: codes of one output row, the first of a byte in its low bits
//   scales       [N · blocks], where blocks = ceil(K / block_size)
//   zero points  uint8: packed like the codes, every row beginning a byte; or of A's type, one for each block; absent: 2^(bits − 1)
//   g_idx        the block of each of the K values, where it is not k / block_size
//   weight       (code − zero) · scale
#include <fmt/format.h>

#include "core/base/checked.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"
#include "kernels/ref/quantized/packed.h"
#include "kernels/ref/quantized/running_blocks.h"

namespace trimtab::ref {
namespace {

struct Layout {
    std::int64_t n, k, bits, block, blocks;

    std::int64_t rowBytes() const { return blocks * block * bits / 8; }
    std::int64_t zeroRowBytes() const { return (blocks * bits + 7) / 8; }
};

Result<Layout> layoutOf(const Call& call) {
    const graph::Node& node = call.node;
    Layout l{node.integer("N", 0), node.integer("K", 0), node.integer("bits", 4), node.integer("block_size", 0), 0};
    if (l.bits != 2 && l.bits != 4 && l.bits != 8) return unsupported(call, fmt::format("{} bits are not read", l.bits));
    if (call.node.integer("weight_prepacked", 0) != 0) return unsupported(call, "a weight that is packed for one device is not read");
    if (l.block < 16 || l.block > (1 << 20) || (l.block & (l.block - 1)) != 0)
        return refuse(call, "attribute block_size must be a power of two from 16 on");
    if (l.n < 1 || l.k < 1 || l.n > (std::int64_t{1} << 40) || l.k > (std::int64_t{1} << 40))
        return refuse(call, "attributes N and K make no sense");
    l.blocks = (l.k - 1) / l.block + 1;
    const auto codes = base::checkedMultiply(l.n, l.rowBytes());
    if (call.tensor(1).type() != DataType::UInt8 || codes != call.tensor(1).elementCount())
        return refuse(call, fmt::format("codes of shape {} don't hold {} rows of {} values", call.tensor(1).shape().text(), l.n, l.k));
    if (!isFloatingPoint(call.tensor(2).type()) || call.tensor(2).elementCount() != l.n * l.blocks)
        return refuse(call, "there is not one scale for each block");
    return l;
}

/// One zero point for each block, row-major.
Result<std::vector<double>> zeroPoints(const Call& call, const Layout& l) {
    std::vector<double> zeros(static_cast<std::size_t>(l.n * l.blocks), static_cast<double>(1 << (l.bits - 1)));
    if (!call.has(3)) return zeros;
    const Tensor& given = call.tensor(3);
    if (given.type() == DataType::UInt8) {
        if (given.elementCount() != l.n * l.zeroRowBytes()) return refuse(call, "the zero points don't fit the blocks");
        for (std::int64_t i = 0; i < l.n * l.blocks; ++i)
            zeros[static_cast<std::size_t>(i)] = packedCode(given, i / l.blocks * l.zeroRowBytes(), i % l.blocks, l.bits);
        return zeros;
    }
    if (!isFloatingPoint(given.type()) || given.elementCount() != l.n * l.blocks)
        return refuse(call, "the zero points don't fit the blocks");
    load(given, 0, 1, given.elementCount(), zeros.data());
    return zeros;
}

/// The block of each k. A group index may go on to the end of the last block.
Result<Ints> blocksOf(const Call& call, const Layout& l) {
    Ints blocks(static_cast<std::size_t>(l.k));
    for (std::int64_t k = 0; k < l.k; ++k) blocks[static_cast<std::size_t>(k)] = k / l.block;
    if (!call.has(4)) return blocks;
    const Tensor& given = call.tensor(4);
    if (given.type() != DataType::Int32 || (given.elementCount() != l.k && given.elementCount() != l.blocks * l.block))
        return refuse(call, "the group index is not one int32 for each of the K values");
    load(given, 0, 1, l.k, blocks.data());
    for (const std::int64_t block : blocks)
        if (block < 0 || block >= l.blocks) return refuse(call, fmt::format("the group index names block {} of {}", block, l.blocks));
    return blocks;
}

/// The weight as N rows of K values.
Result<Tensor> dequantized(const Call& call, const Layout& l) {
    TRIMTAB_TRY(const std::vector<double> zeros, zeroPoints(call, l));
    TRIMTAB_TRY(const Ints blocks, blocksOf(call, l));
    std::vector<double> scales(static_cast<std::size_t>(l.n * l.blocks));
    load(call.tensor(2), 0, 1, call.tensor(2).elementCount(), scales.data());
    TRIMTAB_TRY(Tensor rows, Tensor::allocate(DataType::Float32, Shape{l.n, l.k}));
    const auto out = rows.mutableData<float>();
    for (std::int64_t i = 0; i < l.n * l.k; ++i) {
        const std::int64_t n = i / l.k, k = i % l.k;
        const auto at = static_cast<std::size_t>(n * l.blocks + blocks[static_cast<std::size_t>(k)]);
        out[static_cast<std::size_t>(i)] =
            static_cast<float>((packedCode(call.tensor(1), n * l.rowBytes(), k, l.bits) - zeros[at]) * scales[at]);
    }
    return rows;
}

Result<Values> matMulNBits(const Call& call) {
    const Tensor& a = call.tensor(0);
    if (a.type() != DataType::Float32) return refuse(call, "the input must be of a 16- or 32-bit floating type");
    TRIMTAB_TRY(const Layout l, layoutOf(call));
    if (a.shape().rank() < 1 || a.shape()[a.shape().rank() - 1] != l.k)
        return refuse(call, fmt::format("the input {} does not end in K = {}", a.shape().text(), l.k));
    TRIMTAB_TRY(const Tensor rows, dequantized(call, l));
    TRIMTAB_TRY(const Tensor product, multiplyRows(a, ExactProduct<float>(rows.data<float>().data(), l.k), l.n));
    if (!call.has(5)) return one(product);
    if (call.tensor(5).type() != DataType::Float32 || call.tensor(5).elementCount() != l.n)
        return refuse(call, "the bias is not one value of the input's type for each of the N outputs");
    TRIMTAB_TRY(Tensor out, scaleAndAdd(call, product, 1.0F, 1.0F, call.tensor(5)));
    return one(std::move(out));
}

}  // namespace

void registerBlockWeights(Registry& registry) {
    registry.add("MatMulNBits", 1, {3, 6, 1}, viaFloat32(matMulNBits), "com.microsoft");
    registry.add("MatMulBnb4", 1, {3, 3, 1}, viaFloat32(matMulBnb4), "com.microsoft");
}

}  // namespace trimtab::ref
