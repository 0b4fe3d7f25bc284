// com.microsoft.GatherBlockQuantized: rows of a table of codes, as the values that they stand for. The table has one scale, and one zero
// point, for every block along one axis.
//   data         int4 or uint4; or uint8 that holds codes of 2, 4 or 8 bits, several to a byte of the last axis, the first in the low bits
//   zero points  of data's type, one for each scale, packed along the last axis like data; absent: 0, for uint8 2^(bits − 1)
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/quantized/packed.h"

namespace trimtab::ref {
namespace {

struct Table {
    Shape shape;  // of the codes, whatever their packing
    std::int64_t bits = 4, block = 128, blocks = 0;
    int gatherAxis = 0, quantizeAxis = 1;
    bool packed = false;  // data is uint8

    /// The scale of a code.
    std::int64_t scaleOf(std::int64_t element) const {
        const std::int64_t inner = extent(shape, quantizeAxis + 1, shape.rank()), along = shape[quantizeAxis];
        return element / (inner * along) * (blocks * inner) + element / inner % along / block * inner + element % inner;
    }
    Shape scaleShape() const { return spliced(shape, quantizeAxis, quantizeAxis + 1, {blocks}); }
    std::int64_t inByte() const { return packed ? 8 / bits : 1; }
};

/// `shape` with its last extent as packing leaves it.
Shape packedShape(Shape shape, std::int64_t inByte) {
    auto& last = shape[shape.rank() - 1];
    last = (last + inByte - 1) / inByte;
    return shape;
}

Status checkParameters(const Call& call, const Table& table) {
    const Tensor& scales = call.tensor(2);
    if (!isFloatingPoint(scales.type()) || scales.shape() != table.scaleShape())
        return refuse(call, fmt::format("scales {} where {} are needed", scales.shape().text(), table.scaleShape().text()));
    if (!call.has(3)) return {};
    const Shape needed = packedShape(table.scaleShape(), table.inByte());
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(3)));
    if (call.tensor(3).shape() != needed)
        return refuse(call, fmt::format("zero points {} where {} are needed", call.tensor(3).shape().text(), needed.text()));
    return {};
}

Result<Table> tableOf(const Call& call) {
    const Tensor& data = call.tensor(0);
    Table table;
    table.packed = data.type() == DataType::UInt8;
    if (!table.packed && data.type() != DataType::Int4 && data.type() != DataType::UInt4)
        return unsupported(call, fmt::format("a table of type {} is not read", name(data.type())));
    table.bits = call.node.integer("bits", 4);
    table.block = call.node.integer("block_size", 128);
    if (table.bits != 4 && !(table.packed && (table.bits == 2 || table.bits == 8)))
        return refuse(call, "attribute bits does not fit the table");
    if (table.block < 16 || table.block > (1 << 30) || (table.block & (table.block - 1)) != 0)
        return refuse(call, "attribute block_size must be a power of two from 16 on");
    table.shape = data.shape();
    const int rank = table.shape.rank();
    if (rank < 1) return refuse(call, "the table has no axis");
    TRIMTAB_TRY(table.gatherAxis, axisAttribute(call, "gather_axis", 0, rank));
    TRIMTAB_TRY(table.quantizeAxis, axisAttribute(call, "quantize_axis", 1, rank));
    if (table.gatherAxis == table.quantizeAxis) return refuse(call, "a table is not gathered along the axis of its blocks");
    if (table.packed && table.gatherAxis != 0) return refuse(call, "a packed table is gathered along its first axis");
    table.shape[rank - 1] *= table.inByte();
    table.blocks = (table.shape[table.quantizeAxis] + table.block - 1) / table.block;
    TRIMTAB_REQUIRE(checkParameters(call, table));
    return table;
}

std::int64_t codeAt(const Tensor& codes, std::int64_t index) {
    std::int64_t code = 0;
    load(codes, index, 0, 1, &code);
    return code;
}

double valueAt(const Call& call, const Table& table, std::int64_t element) {
    const std::int64_t at = table.scaleOf(element);
    double scale = 0;
    load(call.tensor(2), at, 0, 1, &scale);
    std::int64_t code = 0, zero = table.packed ? std::int64_t{1} << (table.bits - 1) : 0;
    if (table.packed) {
        const std::int64_t row = table.scaleShape()[table.shape.rank() - 1];
        const std::int64_t rowBytes = (row + table.inByte() - 1) / table.inByte();
        code = packedCode(call.tensor(0), 0, element, table.bits);
        if (call.has(3)) zero = packedCode(call.tensor(3), at / row * rowBytes, at % row, table.bits);
    } else {
        code = codeAt(call.tensor(0), element);
        if (call.has(3)) zero = codeAt(call.tensor(3), at);
    }
    return static_cast<double>(code - zero) * scale;
}

/// Negative indices count from the back; one outside the table gives zeros.
Result<Values> gatherBlockQuantized(const Call& call) {
    TRIMTAB_TRY(const Table table, tableOf(call));
    const Tensor& indices = call.tensor(1);
    if (indices.type() != DataType::Int64 && indices.type() != DataType::Int32) return refuse(call, "indices must be int32 or int64");
    const Shape& shape = table.shape;
    const int at = table.gatherAxis;
    TRIMTAB_TRY(Tensor out, Tensor::zeros(call.tensor(2).type(), spliced(shape, at, at + 1, indices.shape().dims())));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t outer = extent(shape, 0, at), inner = extent(shape, at + 1, shape.rank());
    std::vector<double> slice(static_cast<std::size_t>(inner));
    for (std::int64_t o = 0; o < outer; ++o) {
        for (std::int64_t i = 0; i < indices.elementCount(); ++i) {
            std::int64_t index = tensor::elementAsInt64(indices, i);
            if (index < -shape[at] || index >= shape[at]) continue;
            if (index < 0) index += shape[at];
            for (std::int64_t k = 0; k < inner; ++k)
                slice[static_cast<std::size_t>(k)] = valueAt(call, table, (o * shape[at] + index) * inner + k);
            store(out, (o * indices.elementCount() + i) * inner, inner, slice.data());
        }
    }
    return one(std::move(out));
}

}  // namespace

void registerGatherBlock(Registry& registry) { registry.add("GatherBlockQuantized", 1, {3, 4, 1}, gatherBlockQuantized, "com.microsoft"); }

}  // namespace trimtab::ref
