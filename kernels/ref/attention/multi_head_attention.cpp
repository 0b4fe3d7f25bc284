// com.microsoft.MultiHeadAttention: attention over projected queries, keys and values (Vaswani et al. 2017).
//   query [batch, rows, heads · size] with key and value of either 3 axes, or 4: [batch, heads, rows, size] (cross attention, then no bias)
//   query with key [batch, rows, heads, 2, size] that holds keys and values; or query [batch, rows, heads, 3, size] that holds all three
// The bias (heads · size for the query, the same for the key, and heads · size of the value) is added first and the sums rounded to the
// type. past_key and past_value stand in front of the new keys and values. Outputs: y, present key, present value, the scores before the
// softmax.
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/attention/heads.h"
#include "kernels/ref/attention/padding_mask.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kBias, kPadding, kAttentionBias, kPastKey, kPastValue, kPastLength, kIndirection };

struct Parts {
    HeadView query, key, value;
    bool whole = false;  // key and value are caches already: nothing is added to them
};

Result<HeadView> rowsOf(const Call& call, std::size_t i, std::int64_t heads) {
    const Shape& shape = call.tensor(i).shape();
    if (shape.rank() != 3 || shape[2] < 1 || shape[2] % heads != 0)
        return refuse(call, fmt::format("input {} must be [batch, rows, values] with values for {} heads, not {}", i, heads, shape.text()));
    return HeadView::ofRows(call.tensor(i), heads);
}

/// Refused unless the input is [batch, rows, heads, parts, size].
Status checkPacked(const Call& call, std::size_t i, std::int64_t heads, std::int64_t parts) {
    const Shape& shape = call.tensor(i).shape();
    if (shape.rank() == 5 && shape[2] == heads && shape[3] == parts && shape[4] >= 1) return {};
    return refuse(call, fmt::format("input {} must be [batch, rows, {}, {}, size], not {}", i, heads, parts, shape.text()));
}

Result<Parts> readParts(const Call& call, std::int64_t heads) {
    Parts parts;
    if (!call.has(kKey)) {
        if (call.has(kValue)) return refuse(call, "a value without a key makes no sense");
        TRIMTAB_REQUIRE(checkPacked(call, kQuery, heads, 3));
        return Parts{HeadView::ofPacked(call.tensor(kQuery), 0), HeadView::ofPacked(call.tensor(kQuery), 1),
                     HeadView::ofPacked(call.tensor(kQuery), 2)};
    }
    TRIMTAB_REQUIRE(sameType(call, call.tensor(kQuery), call.tensor(kKey)));
    TRIMTAB_TRY(parts.query, rowsOf(call, kQuery, heads));
    if (!call.has(kValue)) {
        TRIMTAB_REQUIRE(checkPacked(call, kKey, heads, 2));
        parts.key = HeadView::ofPacked(call.tensor(kKey), 0);
        parts.value = HeadView::ofPacked(call.tensor(kKey), 1);
        return parts;
    }
    TRIMTAB_REQUIRE(sameType(call, call.tensor(kQuery), call.tensor(kValue)));
    parts.whole = call.tensor(kKey).shape().rank() == 4;
    if (!parts.whole) {
        TRIMTAB_TRY(parts.key, rowsOf(call, kKey, heads));
        TRIMTAB_TRY(parts.value, rowsOf(call, kValue, heads));
        return parts;
    }
    if (call.tensor(kValue).shape().rank() != 4) return refuse(call, "a key of 4 axes needs a value of 4 axes");
    if (call.has(kBias) || call.has(kPastKey) || call.has(kPastValue))
        return refuse(call, "a key of 4 axes goes with neither a bias nor past keys and values");
    parts.key = HeadView::ofHeads(call.tensor(kKey));
    parts.value = HeadView::ofHeads(call.tensor(kValue));
    return parts;
}

Status checkAgreement(const Call& call, const Parts& parts, std::int64_t heads) {
    const auto& [query, key, value, whole] = parts;
    if (key.batch != query.batch || value.batch != query.batch || key.heads != heads || value.heads != heads || key.size != query.size ||
        value.rows != key.rows || value.size < 1)
        return refuse(call, fmt::format("queries {}, keys {} and values {} don't go together", query.tensor.shape().text(),
                                        key.tensor.shape().text(), value.tensor.shape().text()));
    return {};
}

/// The rows as [batch, heads, rows, size] with bias[first …] added to each.
Result<HeadView> biased(const Call& call, const HeadView& rows, std::int64_t first) {
    const Tensor& bias = call.tensor(kBias);
    TRIMTAB_TRY(Tensor made, appendRows(Tensor(), rows));
    HeadView out = HeadView::ofHeads(made);
    if (made.elementCount() == 0) return out;
    std::vector<double> values(static_cast<std::size_t>(rows.size)), added(values.size());
    for (std::int64_t b = 0; b < rows.batch; ++b)
        for (std::int64_t h = 0; h < rows.heads; ++h) {
            load(bias, first + h * rows.size, 1, rows.size, added.data());
            for (std::int64_t row = 0; row < rows.rows; ++row) {
                out.read(b, h, row, values.data());
                for (std::size_t d = 0; d < values.size(); ++d) values[d] += added[d];
                out.write(b, h, row, values.data());
            }
        }
    return out;
}

Status addBias(const Call& call, Parts& parts) {
    if (!call.has(kBias)) return {};
    TRIMTAB_REQUIRE(sameType(call, call.tensor(kQuery), call.tensor(kBias)));
    const std::int64_t width = parts.query.heads * parts.query.size, valueWidth = parts.value.heads * parts.value.size;
    TRIMTAB_REQUIRE(requireShape(call, call.tensor(kBias), Shape{2 * width + valueWidth}, "the bias"));
    TRIMTAB_TRY(parts.query, biased(call, parts.query, 0));
    TRIMTAB_TRY(parts.key, biased(call, parts.key, width));
    TRIMTAB_TRY(parts.value, biased(call, parts.value, 2 * width));
    return {};
}

Result<Tensor> pastOf(const Call& call, std::size_t i, const HeadView& rows) {
    if (call.has(kPastKey) != call.has(kPastValue)) return refuse(call, "past_key and past_value go together");
    if (!call.has(i)) return Tensor();
    TRIMTAB_REQUIRE(sameType(call, call.tensor(kQuery), call.tensor(i)));
    const Shape& shape = call.tensor(i).shape();
    const std::int64_t pastRows = call.tensor(kPastKey).shape().rank() == 4 ? call.tensor(kPastKey).shape()[2] : -1;
    if (shape.rank() != 4 || shape[0] != rows.batch || shape[1] != rows.heads || shape[2] != pastRows || shape[3] != rows.size)
        return refuse(call, fmt::format("input {} must be [{}, {}, past rows, {}], not {}", i, rows.batch, rows.heads, rows.size,
                                        shape.text()));
    return call.tensor(i);
}

Result<Values> multiHeadAttention(const Call& call) {
    constexpr std::int64_t kMostHeads = 1 << 20;
    const std::int64_t heads = call.node.integer("num_heads", 0);
    if (heads < 1 || heads > kMostHeads) return refuse(call, fmt::format("attribute num_heads is {}", heads));
    if (call.has(kPastLength) || call.has(kIndirection)) return unsupported(call, "shared caches and beams are not known here");
    if (domainOf(call.tensor(kQuery).type()) != Domain::Floating) return refuse(call, "inputs must be of a floating type");
    TRIMTAB_TRY(Parts parts, readParts(call, heads));
    TRIMTAB_REQUIRE(checkAgreement(call, parts, heads));
    TRIMTAB_REQUIRE(addBias(call, parts));
    TRIMTAB_TRY(const Tensor pastKey, pastOf(call, kPastKey, parts.key));
    TRIMTAB_TRY(const Tensor pastValue, pastOf(call, kPastValue, parts.value));
    TRIMTAB_TRY(const Tensor presentKey, appendRows(pastKey, parts.key));
    TRIMTAB_TRY(const Tensor presentValue, appendRows(pastValue, parts.value));

    const HeadView& query = parts.query;
    HeadAttention plan;
    plan.query = query;
    TRIMTAB_TRY(plan.key, asKept(call.node.treatment, presentKey));
    TRIMTAB_TRY(plan.value, asKept(call.node.treatment, presentValue));
    const double scale = call.node.number("scale", 0.0F);
    plan.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(query.size));
    const std::int64_t past = pastKey.defined() ? pastKey.shape()[2] : 0;
    const PaddingMask::Extents extents{query.batch, heads, query.rows, plan.key.rows, past};
    TRIMTAB_TRY(const PaddingMask mask, PaddingMask::read(call, kPadding, kAttentionBias, extents, false));
    plan.bias = [&](std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) { mask.add(b, h, s, scores); };

    const DataType type = call.tensor(kQuery).type();
    TRIMTAB_TRY(const Tensor made, Tensor::allocate(type, Shape{query.batch, query.rows, heads * plan.value.size}));
    HeadView y = HeadView::ofRows(made, heads);
    Tensor shown;
    if (call.node.output(3) != graph::kNoValue) {
        TRIMTAB_TRY(shown, Tensor::allocate(type, Shape{query.batch, heads, query.rows, plan.key.rows}));
    }
    attend(plan, y, shown, ScoreStage::Biased);
    return Values{std::move(y.tensor), presentKey, presentValue, std::move(shown)};
}

}  // namespace

void registerMultiHeadAttention(Registry& registry) {
    registry.add("MultiHeadAttention", 1, {1, 10, 4}, multiHeadAttention, "com.microsoft");
}

}  // namespace trimtab::ref
