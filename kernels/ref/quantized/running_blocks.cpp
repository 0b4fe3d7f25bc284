// com.microsoft.MatMulBnb4, as ONNX Runtime documents it: Y = A · dequantize(B)ᵀ.
//   B       uint8: codes of the N × K weights one row after the other, of two codes in a byte the first in the high half
//   absmax  of A's type: one for each block_size weights, whatever row they are of
//   weight  table[code] · absmax, where quant_type 1 is NormalFloat4 (core/tensor/code_values.h) and 0 the four-bit float of bitsandbytes
#include "kernels/ref/quantized/running_blocks.h"

#include <array>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/tensor/code_values.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/matmul.h"

namespace trimtab::ref {
namespace {

// A sign, two bits of exponent and one of mantissa, as parts of the largest of them; the smallest magnitude is half of what it would be.
constexpr std::array<float, 16> kBitsAndBytesFloat{0.0F,  0.0625F / 12,  8.0F / 12,  1.0F,  4.0F / 12,  6.0F / 12,  2.0F / 12,  3.0F / 12,
                                                   -0.0F, -0.0625F / 12, -8.0F / 12, -1.0F, -4.0F / 12, -6.0F / 12, -2.0F / 12, -3.0F / 12};

struct Layout {
    std::int64_t n, k, block, count;
};

Result<Layout> layoutOf(const Call& call) {
    const graph::Node& node = call.node;
    Layout l{node.integer("N", 0), node.integer("K", 0), node.integer("block_size", 0), 0};
    if (l.block < 16 || l.block > (1 << 20) || (l.block & (l.block - 1)) != 0)
        return refuse(call, "attribute block_size must be a power of two from 16 on");
    const auto count = l.n < 1 || l.k < 1 ? std::nullopt : base::checkedMultiply(l.n, l.k);
    if (!count) return refuse(call, "attributes N and K make no sense");
    l.count = *count;
    if (call.tensor(1).type() != DataType::UInt8 || call.tensor(1).elementCount() != l.count / 2 + l.count % 2)
        return refuse(call, fmt::format("codes of shape {} don't hold {} rows of {} values", call.tensor(1).shape().text(), l.n, l.k));
    if (!isFloatingPoint(call.tensor(2).type()) || call.tensor(2).elementCount() != (l.count - 1) / l.block + 1)
        return refuse(call, "there is not one scale for each block");
    return l;
}

}  // namespace

Result<Values> matMulBnb4(const Call& call) {
    const Tensor& a = call.tensor(0);
    if (a.type() != DataType::Float32) return refuse(call, "the input must be of a 16- or 32-bit floating type");
    const std::int64_t type = call.node.integer("quant_type", -1);
    if (type != 0 && type != 1) return refuse(call, "attribute quant_type must be 0 or 1");
    TRIMTAB_TRY(const Layout l, layoutOf(call));
    if (a.shape().rank() < 1 || a.shape()[a.shape().rank() - 1] != l.k)
        return refuse(call, fmt::format("the input {} does not end in K = {}", a.shape().text(), l.k));
    const auto& table = type == 1 ? tensor::kNormalFloat4 : kBitsAndBytesFloat;
    const auto bytes = call.tensor(1).data<std::uint8_t>();
    std::vector<double> scales(static_cast<std::size_t>(call.tensor(2).elementCount()));
    load(call.tensor(2), 0, 1, call.tensor(2).elementCount(), scales.data());
    TRIMTAB_TRY(Tensor rows, Tensor::allocate(DataType::Float32, Shape{l.n, l.k}));
    const auto out = rows.mutableData<float>();
    for (std::int64_t i = 0; i < l.count; ++i) {
        const unsigned byte = bytes[static_cast<std::size_t>(i / 2)];
        const unsigned code = i % 2 == 0 ? byte >> 4 : byte & 15U;
        out[static_cast<std::size_t>(i)] = static_cast<float>(table[code] * scales[static_cast<std::size_t>(i / l.block)]);
    }
    TRIMTAB_TRY(Tensor product, multiplyRows(a, ExactProduct<float>(rows.data<float>().data(), l.k), l.n));
    return one(std::move(product));
}

}  // namespace trimtab::ref
