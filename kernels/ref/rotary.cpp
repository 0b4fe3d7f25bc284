#include "kernels/ref/rotary.h"

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// com.microsoft.RotaryEmbedding: input [batch, tokens, heads · headSize] or [batch, heads, tokens, headSize], position ids [1] (of the
/// first token) or [batch, tokens], tables of cosines and sines.
struct Embedding {
    std::int64_t batch = 0, tokens = 0, heads = 0, headSize = 0;
    std::int64_t batchStride = 0, tokenStride = 0, headStride = 0;
};

Result<Embedding> layout(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    if (shape.rank() != 3 && shape.rank() != 4) return refuse(call, "the input must have 3 or 4 axes, not " + shape.text());
    const std::int64_t given = call.node.integer("num_heads", 0);
    const std::int64_t rotated = call.node.integer("rotary_embedding_dim", 0);
    Embedding e;
    e.batch = shape[0];
    if (shape.rank() == 4) {
        e.heads = shape[1], e.tokens = shape[2], e.headSize = shape[3];
        e.tokenStride = e.headSize, e.headStride = e.tokens * e.headSize;
    } else {
        if (rotated > 0 && given < 1) return refuse(call, "attribute rotary_embedding_dim needs num_heads");
        const Shape& table = call.tensor(2).shape();
        e.tokens = shape[1];
        e.headSize = given > 0 ? shape[2] / given : table.rank() == 2 ? table[1] * 2 : 0;
        if (e.headSize < 1 || shape[2] % e.headSize != 0)
            return refuse(call, fmt::format("{} values a token don't divide into heads of {}", shape[2], e.headSize));
        e.heads = shape[2] / e.headSize;
        e.tokenStride = shape[2], e.headStride = e.headSize;
    }
    e.batchStride = e.tokens * e.heads * e.headSize;
    return e;
}

/// The position of each token of each batch row.
Result<Ints> positionsOf(const Call& call, const Embedding& e, std::int64_t limit) {
    const Tensor& ids = call.tensor(1);
    if (!isInteger(ids.type())) return refuse(call, "position ids must be integers");
    const bool isOffset = ids.elementCount() == 1;
    if (!isOffset && ids.shape() != Shape{e.batch, e.tokens})
        return refuse(call, "position ids of shape " + ids.shape().text() + " don't go with the input");
    const Ints given = tensor::toInt64s(ids);
    Ints positions(static_cast<std::size_t>(e.batch * e.tokens));
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const std::int64_t first = given[isOffset ? 0 : i];
        positions[i] = isOffset && first >= 0 && first <= limit ? first + static_cast<std::int64_t>(i) % e.tokens : first;
        if (positions[i] < 0 || positions[i] >= limit)
            return refuse(call, fmt::format("position {} lies outside the {} of the tables", positions[i], limit));
    }
    return positions;
}

Result<Values> rotaryEmbedding(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    if (call.node.integer("is_packed_batching", 0) != 0) return unsupported(call, "packed batches are not known here");
    if (call.node.number("scale", 1.0F) != 1.0F) return unsupported(call, "a scale other than 1 is not known here");
    TRIMTAB_TRY(const Embedding e, layout(call));
    TRIMTAB_TRY(const RotaryTable table, RotaryTable::read(call, 2, 3, e.headSize, call.node.integer("interleaved", 0) != 0));
    TRIMTAB_TRY(const Ints positions, positionsOf(call, e, table.positions()));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), x.shape()));
    std::vector<double> head(static_cast<std::size_t>(e.headSize));
    for (std::int64_t b = 0; b < e.batch; ++b)
        for (std::int64_t s = 0; s < e.tokens; ++s)
            for (std::int64_t h = 0; h < e.heads; ++h) {
                const std::int64_t at = b * e.batchStride + s * e.tokenStride + h * e.headStride;
                load(x, at, 1, e.headSize, head.data());
                table.turn(positions[static_cast<std::size_t>(b * e.tokens + s)], head.data());
                store(y, at, e.headSize, head.data());
            }
    return one(std::move(y));
}

}  // namespace

Result<RotaryTable> RotaryTable::read(const Call& call, std::size_t cosInput, std::size_t sinInput, std::int64_t headSize,
                                      bool interleaved) {
    if (!call.has(cosInput) || !call.has(sinInput)) return refuse(call, "the tables of cosines and sines are missing");
    RotaryTable table;
    table.m_cos = call.tensor(cosInput);
    table.m_sin = call.tensor(sinInput);
    table.m_interleaved = interleaved;
    const Shape& shape = table.m_cos.shape();
    if (!isFloatingPoint(table.m_cos.type()) || !isFloatingPoint(table.m_sin.type()))
        return refuse(call, "the tables must be of a floating type");
    if (shape.rank() != 2 || shape != table.m_sin.shape())
        return refuse(call, fmt::format("the tables must be two of one shape [positions, half], not {} and {}", shape.text(),
                                        table.m_sin.shape().text()));
    if (shape[1] > headSize / 2) return refuse(call, fmt::format("tables of {} angles don't fit heads of {} values", shape[1], headSize));
    return table;
}

void RotaryTable::turn(std::int64_t position, double* head) const {
    const std::int64_t half = m_cos.shape()[1];
    for (std::int64_t i = 0; i < half; ++i) {
        double cosine = 0, sine = 0;
        load(m_cos, position * half + i, 0, 1, &cosine);
        load(m_sin, position * half + i, 0, 1, &sine);
        double& a = head[m_interleaved ? 2 * i : i];
        double& b = head[m_interleaved ? 2 * i + 1 : i + half];
        const double turned = a * cosine - b * sine;
        b = b * cosine + a * sine;
        a = turned;
    }
}

void registerRotary(Registry& registry) { registry.add("RotaryEmbedding", 1, {4, 4, 1}, rotaryEmbedding, "com.microsoft"); }

}  // namespace trimtab::ref
