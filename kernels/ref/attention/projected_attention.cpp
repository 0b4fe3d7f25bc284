// com.microsoft.Attention: x [batch, rows, values] · weights [values, Q + K + V] + bias makes queries, keys and values, each of num_heads
// heads; then attention with the past [2, batch, heads, past rows, size] (keys, then values) in front. qkv_hidden_sizes states Q, K and V
// where V's differs. Outputs: y [batch, rows, V], and the present, which has the form of the past.
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "kernels/ref/attention/heads.h"
#include "kernels/ref/attention/padding_mask.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"

namespace trimtab::ref {
namespace {

enum Input : std::size_t { kInput, kWeights, kBias, kMask, kPast, kAttentionBias, kPastLength };

struct Widths {
    std::int64_t heads = 0, query = 0, value = 0;  // values of all heads together; the key's are the query's
};

Result<Widths> widthsOf(const Call& call) {
    constexpr std::int64_t kMostHeads = 1 << 20;
    const std::int64_t heads = call.node.integer("num_heads", 0), columns = call.tensor(kWeights).shape()[1];
    if (heads < 1 || heads > kMostHeads) return refuse(call, fmt::format("attribute num_heads is {}", heads));
    const Ints given = call.node.integers("qkv_hidden_sizes", {columns / 3, columns / 3, columns / 3});
    if (given.size() != 3 || given[0] != given[1])
        return refuse(call, "attribute qkv_hidden_sizes must hold three sizes, the first two the same");
    for (const std::int64_t width : given)
        if (width < 1 || width > columns || width % heads != 0)
            return refuse(call, fmt::format("{} hidden values don't divide into {} heads", width, heads));
    if (given[0] + given[1] + given[2] != columns)
        return refuse(call, fmt::format("weights of {} columns don't hold {} + {} + {}", columns, given[0], given[1], given[2]));
    return Widths{heads, given[0], given[2]};
}

Status checkForms(const Call& call) {
    if (call.node.integer("do_rotary", 0) != 0) return unsupported(call, "do_rotary is not known here");
    if (call.node.integer("past_present_share_buffer", 0) != 0 || call.has(kPastLength))
        return unsupported(call, "a past that shares its buffer with the present is not known here");
    if (!isFloatingPoint(call.tensor(kInput).type())) return refuse(call, "the input must be of a floating type");
    if (call.tensor(kInput).shape().rank() != 3 || call.tensor(kWeights).shape().rank() != 2)
        return refuse(call, "the input must be [batch, rows, values] and the weights a matrix");
    for (const std::size_t i : {std::size_t{kWeights}, std::size_t{kBias}, std::size_t{kPast}})
        if (call.has(i)) TRIMTAB_REQUIRE(sameType(call, call.tensor(kInput), call.tensor(i)));
    return {};
}

/// x · weights + bias.
Result<Tensor> project(const Call& call) {
    TRIMTAB_TRY(const Tensor product, matMul(call, call.tensor(kInput), call.tensor(kWeights)));
    if (!call.has(kBias)) return product;
    TRIMTAB_REQUIRE(requireShape(call, call.tensor(kBias), Shape{call.tensor(kWeights).shape()[1]}, "the bias"));
    return scaleAndAdd(call, product, 1, 1, call.tensor(kBias));
}

/// `width` columns of the projection from `first` on, as heads.
HeadView columnsOf(const Tensor& projected, std::int64_t first, std::int64_t width, std::int64_t heads) {
    HeadView view = HeadView::ofRows(projected, 1);
    view.offset = first;
    view.heads = heads;
    view.size = view.headStride = width / heads;
    return view;
}

/// Half `half` of the past; undefined when it is left out.
Result<Tensor> halfOf(const Call& call, std::int64_t half, const HeadView& rows) {
    if (!call.has(kPast)) return Tensor();
    const Tensor& past = call.tensor(kPast);
    const Shape& shape = past.shape();
    if (shape.rank() != 5 || shape[0] != 2 || shape[1] != rows.batch || shape[2] != rows.heads || shape[4] != rows.size)
        return refuse(call, fmt::format("the past must be [2, {}, {}, rows, {}], not {}", rows.batch, rows.heads, rows.size, shape.text()));
    TRIMTAB_TRY(Tensor part, Tensor::allocate(past.type(), Shape{shape[1], shape[2], shape[3], shape[4]}));
    const auto bytes = part.mutableBytes();
    if (!bytes.empty()) std::memcpy(bytes.data(), past.bytes().data() + static_cast<std::size_t>(half) * bytes.size(), bytes.size());
    return part;
}

/// Keys, then values, in one tensor.
Result<Tensor> stacked(const Tensor& keys, const Tensor& values) {
    const Shape& one = keys.shape();
    TRIMTAB_TRY(Tensor both, Tensor::allocate(keys.type(), Shape{2, one[0], one[1], one[2], one[3]}));
    if (both.elementCount() == 0) return both;
    std::memcpy(both.mutableBytes().data(), keys.bytes().data(), keys.bytes().size());
    std::memcpy(both.mutableBytes().data() + keys.bytes().size(), values.bytes().data(), values.bytes().size());
    return both;
}

Result<Values> projectedAttention(const Call& call) {
    TRIMTAB_REQUIRE(checkForms(call));
    TRIMTAB_TRY(const Widths widths, widthsOf(call));
    TRIMTAB_TRY(const Tensor projected, project(call));
    HeadAttention plan;
    plan.query = columnsOf(projected, 0, widths.query, widths.heads);
    const HeadView newKeys = columnsOf(projected, widths.query, widths.query, widths.heads);
    const HeadView newValues = columnsOf(projected, 2 * widths.query, widths.value, widths.heads);
    TRIMTAB_TRY(const Tensor pastKeys, halfOf(call, 0, newKeys));
    TRIMTAB_TRY(const Tensor pastValues, halfOf(call, 1, newValues));
    TRIMTAB_TRY(const Tensor keys, appendRows(pastKeys, newKeys));
    TRIMTAB_TRY(const Tensor values, appendRows(pastValues, newValues));
    TRIMTAB_TRY(plan.key, asKept(call.node.treatment, keys));
    TRIMTAB_TRY(plan.value, asKept(call.node.treatment, values));
    const double scale = call.node.number("scale", 0.0F);
    plan.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(plan.query.size));
    const std::int64_t past = pastKeys.defined() ? pastKeys.shape()[2] : 0;
    const PaddingMask::Extents extents{plan.query.batch, widths.heads, plan.query.rows, plan.key.rows, past};
    TRIMTAB_TRY(const PaddingMask mask, PaddingMask::read(call, kMask, kAttentionBias, extents, true));
    plan.bias = [&](std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) { mask.add(b, h, s, scores); };

    TRIMTAB_TRY(const Tensor made, Tensor::allocate(projected.type(), Shape{plan.query.batch, plan.query.rows, widths.value}));
    HeadView y = HeadView::ofRows(made, widths.heads);
    Tensor none;
    attend(plan, y, none, ScoreStage::Weights);
    if (call.node.output(1) == graph::kNoValue) return one(std::move(y.tensor));
    if (widths.value != widths.query) return refuse(call, "a present needs values as wide as the keys");
    TRIMTAB_TRY(Tensor present, stacked(keys, values));
    return Values{std::move(y.tensor), std::move(present)};
}

}  // namespace

void registerProjectedAttention(Registry& registry) {
    registry.add("Attention", 1, {2, 7, 2}, viaFloat32(projectedAttention), "com.microsoft");
}

}  // namespace trimtab::ref
