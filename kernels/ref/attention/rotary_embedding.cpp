// RotaryEmbedding, of the default domain (opset 23) and of com.microsoft. Both turn the heads of an input [batch, tokens, heads · size] or
// [batch, heads, tokens, size] by tables of cosines and sines:
//   default domain    (X, cosines, sines, position ids?): ids [batch, tokens] into tables [positions, half]; without them tables
//                     [batch, tokens, half]
//   com.microsoft     (X, position ids, cosines, sines): ids [1] (of the first token) or [batch, tokens] into tables [positions, half].
//                     is_packed_batching only lets rows be longer than the tables, and scale stands for tables that are lengthened, which
//                     ONNX Runtime never does: neither changes what is computed.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/attention/heads.h"
#include "kernels/ref/attention/rotary.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kMostHeads = 1 << 20;

/// The heads of input 0; `headSize` when the number of heads is not given.
Result<HeadView> headsOf(const Call& call, std::int64_t headSize) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    if (shape.rank() == 4) {
        if (shape[1] < 1 || shape[3] < 1) return refuse(call, "the input " + shape.text() + " has no heads, or heads without values");
        return HeadView::ofHeads(x);
    }
    if (shape.rank() != 3) return refuse(call, "the input must have 3 or 4 axes, not " + shape.text());
    std::int64_t heads = call.node.integer("num_heads", 0);
    if (heads < 0 || heads > kMostHeads) return refuse(call, fmt::format("attribute num_heads is {}", heads));
    if (heads == 0 && headSize < 1) return refuse(call, "an input of 3 axes needs attribute num_heads");
    if (heads == 0) heads = shape[2] % headSize == 0 ? shape[2] / headSize : 0;
    if (heads < 1 || shape[2] < 1 || shape[2] % heads != 0)
        return refuse(call, fmt::format("{} values a token don't divide into heads", shape[2]));
    return HeadView::ofRows(x, heads);
}

/// The position of each token of each batch row. `mayBeOffset`: one id alone is the first token's.
Result<Ints> positionsOf(const Call& call, std::size_t input, const HeadView& x, std::int64_t limit, bool mayBeOffset) {
    const Tensor& ids = call.tensor(input);
    if (!isInteger(ids.type())) return refuse(call, "position ids must be integers");
    const bool isOffset = mayBeOffset && ids.elementCount() == 1;
    if (!isOffset && ids.shape() != Shape{x.batch, x.rows})
        return refuse(call, "position ids of shape " + ids.shape().text() + " don't go with the input");
    const Ints given = tensor::toInt64s(ids);
    Ints positions(static_cast<std::size_t>(x.batch * x.rows));
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const std::int64_t first = given[isOffset ? 0 : i];
        positions[i] = isOffset && first >= 0 && first <= limit ? first + static_cast<std::int64_t>(i) % x.rows : first;
        if (positions[i] < 0 || positions[i] >= limit)
            return refuse(call, fmt::format("position {} lies outside the {} of the tables", positions[i], limit));
    }
    return positions;
}

Result<Values> turned(const HeadView& x, const RotaryTable& table, const Ints& positions) {
    TRIMTAB_TRY(const Tensor made, Tensor::allocate(x.tensor.type(), x.tensor.shape()));
    HeadView y = x;
    y.tensor = made;
    if (made.elementCount() == 0) return one(made);
    std::vector<double> head(static_cast<std::size_t>(x.size));
    for (std::int64_t b = 0; b < x.batch; ++b)
        for (std::int64_t s = 0; s < x.rows; ++s)
            for (std::int64_t h = 0; h < x.heads; ++h) {
                x.read(b, h, s, head.data());
                table.turn(positions[static_cast<std::size_t>(b * x.rows + s)], head.data());
                y.write(b, h, s, head.data());
            }
    return one(std::move(y.tensor));
}

Result<Values> microsoftRotaryEmbedding(const Call& call) {
    const Shape& cosines = call.tensor(2).shape();
    if (call.node.integer("rotary_embedding_dim", 0) > 0 && call.node.integer("num_heads", 0) < 1)
        return refuse(call, "attribute rotary_embedding_dim needs num_heads");
    TRIMTAB_TRY(const HeadView x, headsOf(call, cosines.rank() == 2 ? cosines[1] * 2 : 0));
    TRIMTAB_TRY(const RotaryTable table, RotaryTable::read(call, 2, 3, x.size, call.node.integer("interleaved", 0) != 0));
    TRIMTAB_TRY(const Ints positions, positionsOf(call, 1, x, table.positions(), true));
    return turned(x, table, positions);
}

Result<Values> rotaryEmbedding(const Call& call) {
    TRIMTAB_TRY(const HeadView x, headsOf(call, 0));
    const std::int64_t given = call.node.integer("rotary_embedding_dim", 0);
    const std::int64_t turnedSize = given == 0 ? x.size : given;
    if (turnedSize < 1 || turnedSize > x.size || turnedSize % 2 != 0)
        return refuse(call, fmt::format("{} of {} values of a head cannot be turned in pairs", turnedSize, x.size));
    const bool interleaved = call.node.integer("interleaved", 0) != 0;
    std::vector<RunValue> inputs(call.inputs.begin(), call.inputs.end());
    Ints positions;
    if (!call.has(3)) {
        for (const std::size_t i : {1, 2}) {
            TRIMTAB_REQUIRE(requireShape(call, call.tensor(i), Shape{x.batch, x.rows, turnedSize / 2}, fmt::format("table {}", i)));
            inputs[i] = call.tensor(i).reshaped(Shape{x.batch * x.rows, turnedSize / 2});
        }
        for (std::int64_t i = 0; i < x.batch * x.rows; ++i) positions.push_back(i);
    }
    TRIMTAB_TRY(const RotaryTable table, RotaryTable::read(Call{call.node, inputs}, 1, 2, x.size, interleaved));
    if (table.half() != turnedSize / 2)
        return refuse(call, fmt::format("tables of {} angles don't turn {} values of a head", table.half(), turnedSize));
    if (call.has(3)) {
        TRIMTAB_TRY(positions, positionsOf(call, 3, x, table.positions(), false));
    }
    return turned(x, table, positions);
}

}  // namespace

void registerRotaryEmbedding(Registry& registry) {
    registry.add("RotaryEmbedding", 1, {4, 4, 1}, microsoftRotaryEmbedding, "com.microsoft");
    registry.add("RotaryEmbedding", 23, {3, 4, 1}, rotaryEmbedding);
}

}  // namespace trimtab::ref
