// Attention of the default domain (opset 23; 24 adds nonpad_kv_seqlen and masks shorter than the keys).
// Queries, keys and values are [batch, heads, rows, size] or [batch, rows, heads · size]. With past keys and values the new ones stand
// behind them. What is added to the capped scores: the mask (boolean: −∞ where false), −∞ for t > s + offset when causal, and −∞ for keys
// t >= nonpad_kv_seqlen[batch]. The offset is the number of past keys, or nonpad_kv_seqlen[batch] − queries where that input is given.
// softmax_precision asks for at least that precision: the softmax is formed in double whatever it says.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/attention/heads.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kLengths };

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// attn_mask as it broadcasts to [batch, heads, queries, keys].
struct Mask {
    Tensor tensor;
    std::int64_t columns = 0;
    std::int64_t batchStride = 0, headStride = 0, rowStride = 0, columnStride = 0;

    static Result<Mask> read(const Call& call, const Shape& scores, bool mayBeShorter);
    void add(std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) const;
};

Result<Mask> Mask::read(const Call& call, const Shape& scores, bool mayBeShorter) {
    Mask mask;
    if (!call.has(kMask)) return mask;
    mask.tensor = call.tensor(kMask);
    const Shape& own = mask.tensor.shape();
    if (domainOf(mask.tensor.type()) == Domain::None) return refuse(call, "the mask must be boolean or numeric");
    if (own.rank() < 1 || own.rank() > 4) return refuse(call, "the mask must have 1 to 4 axes, not " + own.text());
    mask.columns = own[own.rank() - 1];
    const bool shorter = mayBeShorter && mask.columns < scores[3];
    Shape padded{1, 1, 1, 1};
    for (int d = 0; d < own.rank(); ++d) padded[4 - own.rank() + d] = own[d];
    for (int d = 0; d < 4; ++d)
        if (padded[d] != scores[d] && padded[d] != 1 && !(d == 3 && shorter))
            return refuse(call, fmt::format("the mask {} does not broadcast to {}", own.text(), scores.text()));
    mask.columnStride = padded[3] == 1 && !shorter ? 0 : 1;
    mask.rowStride = padded[2] == 1 ? 0 : padded[3];
    mask.headStride = padded[1] == 1 ? 0 : padded[2] * padded[3];
    mask.batchStride = padded[0] == 1 ? 0 : padded[1] * padded[2] * padded[3];
    if (mask.columnStride == 0) mask.columns = scores[3];
    return mask;
}

void Mask::add(std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) const {
    if (!tensor.defined()) return;
    const std::int64_t first = b * batchStride + h * headStride + s * rowStride;
    for (std::size_t t = 0; t < scores.size(); ++t) {
        const auto column = static_cast<std::int64_t>(t);
        if (column >= columns) {
            scores[t] = kNever;
            continue;
        }
        double value = 0;
        load(tensor, first + column * columnStride, 0, 1, &value);
        if (tensor.type() == DataType::Bool) value = value != 0 ? 0 : kNever;
        scores[t] += value;
    }
}

/// Heads of input i, or refused; `attribute` names how many there are where the input has 3 axes.
Result<HeadView> headsOf(const Call& call, std::size_t i, const std::string& attribute) {
    const Tensor& tensor = call.tensor(i);
    const std::int64_t given = call.node.integer(attribute, 0);
    constexpr std::int64_t kMostHeads = 1 << 20;
    if (domainOf(tensor.type()) != Domain::Floating) return refuse(call, "queries, keys and values must be of a floating type");
    const Shape& shape = tensor.shape();
    if (shape.rank() != call.tensor(kQuery).shape().rank() || (shape.rank() != 3 && shape.rank() != 4))
        return refuse(call, fmt::format("queries, keys and values must have 3 or 4 axes, all the same: input {} is {}", i, shape.text()));
    if (shape.rank() == 3 && (given < 1 || given > kMostHeads || shape[2] < 1 || shape[2] % given != 0))
        return refuse(call, fmt::format("{} values a row don't divide into {} {} heads", shape[2], attribute, given));
    HeadView view = shape.rank() == 3 ? HeadView::ofRows(tensor, given) : HeadView::ofHeads(tensor);
    if (view.heads < 1 || view.size < 1) return refuse(call, fmt::format("input {} of shape {} has no heads", i, shape.text()));
    if (given != 0 && given != view.heads)
        return refuse(call, fmt::format("{} is {}, but input {} is {}", attribute, given, i, shape.text()));
    return view;
}

Status checkAgreement(const Call& call, const HeadView& query, const HeadView& key, const HeadView& value) {
    TRIMTAB_REQUIRE(sameType(call, query.tensor, key.tensor));
    if (key.batch != query.batch || value.batch != query.batch || key.size != query.size)
        return refuse(call, fmt::format("queries {}, keys {} and values {} don't go together", query.tensor.shape().text(),
                                        key.tensor.shape().text(), value.tensor.shape().text()));
    if (value.heads != key.heads || value.rows != key.rows) return refuse(call, "keys and values must have the same heads and rows");
    if (query.heads % key.heads != 0)
        return refuse(call, fmt::format("{} query heads are no multiple of {} key heads", query.heads, key.heads));
    return {};
}

/// The past keys or values behind which `rows` stand; undefined when the input is left out.
Result<Tensor> pastOf(const Call& call, std::size_t i, const HeadView& rows) {
    if (call.has(kPastKey) != call.has(kPastValue)) return refuse(call, "past_key and past_value go together");
    if (!call.has(i)) return Tensor();
    const Tensor& past = call.tensor(i);
    TRIMTAB_REQUIRE(sameType(call, past, rows.tensor));
    const Shape& shape = past.shape();
    if (shape.rank() != 4 || shape[0] != rows.batch || shape[1] != rows.heads || shape[3] != rows.size)
        return refuse(call, fmt::format("input {} must be [{}, {}, rows, {}], not {}", i, rows.batch, rows.heads, rows.size, shape.text()));
    if (shape[2] != call.tensor(kPastKey).shape()[2]) return refuse(call, "past_key and past_value must have the same rows");
    return past;
}

/// nonpad_kv_seqlen, or nothing when it is left out.
Result<Ints> lengthsOf(const Call& call, std::int64_t batch, std::int64_t rows) {
    if (!call.has(kLengths)) return Ints();
    if (call.has(kPastKey)) return refuse(call, "nonpad_kv_seqlen does not go with past_key and past_value");
    if (call.tensor(kLengths).shape() != Shape{batch}) return refuse(call, fmt::format("nonpad_kv_seqlen must hold {} lengths", batch));
    TRIMTAB_TRY(const Ints lengths, integers(call, kLengths));
    for (const std::int64_t length : lengths)
        if (length < 0 || length > rows)
            return refuse(call, fmt::format("nonpad_kv_seqlen holds {} where there are {} keys", length, rows));
    return lengths;
}

Result<double> scaleOf(const Call& call, std::int64_t size) {
    if (!call.node.has("scale")) return 1 / std::sqrt(static_cast<double>(size));
    const double scale = call.node.number("scale", 1.0F);
    if (!(scale >= 0) || std::isinf(scale)) return refuse(call, "attribute scale must not be negative");
    return scale;
}

Result<ScoreStage> stageOf(const Call& call) {
    const std::int64_t mode = call.node.integer("qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3) return refuse(call, fmt::format("qk_matmul_output_mode {} is not known", mode));
    const std::int64_t precision = call.node.integer("softmax_precision", 1);
    if (precision != 1 && precision != 10 && precision != 11 && precision != 16)
        return refuse(call, fmt::format("softmax_precision {} is no floating type", precision));
    return static_cast<ScoreStage>(mode);
}

Result<Values> attention(const Call& call) {
    TRIMTAB_TRY(const ScoreStage stage, stageOf(call));
    HeadAttention plan;
    TRIMTAB_TRY(plan.query, headsOf(call, kQuery, "q_num_heads"));
    TRIMTAB_TRY(plan.key, headsOf(call, kKey, "kv_num_heads"));
    TRIMTAB_TRY(plan.value, headsOf(call, kValue, "kv_num_heads"));
    TRIMTAB_REQUIRE(checkAgreement(call, plan.query, plan.key, plan.value));
    TRIMTAB_TRY(const Tensor pastKey, pastOf(call, kPastKey, plan.key));
    TRIMTAB_TRY(const Tensor pastValue, pastOf(call, kPastValue, plan.value));
    TRIMTAB_TRY(const Tensor presentKey, appendRows(pastKey, plan.key));
    TRIMTAB_TRY(const Tensor presentValue, appendRows(pastValue, plan.value));
    TRIMTAB_TRY(plan.key, asKept(call.node.treatment, presentKey));
    TRIMTAB_TRY(plan.value, asKept(call.node.treatment, presentValue));
    TRIMTAB_TRY(plan.scale, scaleOf(call, plan.query.size));
    plan.cap = call.node.number("softcap", 0.0F);

    const Shape scores{plan.query.batch, plan.query.heads, plan.query.rows, plan.key.rows};
    TRIMTAB_TRY(const Mask mask, Mask::read(call, scores, call.node.version <= 0 || call.node.version >= 24));
    TRIMTAB_TRY(const Ints lengths, lengthsOf(call, plan.query.batch, plan.key.rows));
    const bool causal = call.node.integer("is_causal", 0) != 0;
    const std::int64_t past = pastKey.defined() ? pastKey.shape()[2] : 0, queries = plan.query.rows;
    plan.bias = [&](std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> row) {
        mask.add(b, h, s, row);
        const auto count = static_cast<std::int64_t>(row.size());
        const std::int64_t length = lengths.empty() ? count : lengths[static_cast<std::size_t>(b)];
        const std::int64_t seen = causal ? s + 1 + (lengths.empty() ? past : length - queries) : count;
        for (std::int64_t t = std::max<std::int64_t>(0, std::min(length, seen)); t < count; ++t) row[static_cast<std::size_t>(t)] = kNever;
    };

    Shape out = call.tensor(kQuery).shape();
    out[out.rank() - 1] = out.rank() == 4 ? plan.value.size : plan.query.heads * plan.value.size;
    TRIMTAB_TRY(Tensor made, Tensor::allocate(plan.query.tensor.type(), out));
    HeadView y = out.rank() == 4 ? HeadView::ofHeads(made) : HeadView::ofRows(made, plan.query.heads);
    Tensor shown;
    if (call.node.output(3) != graph::kNoValue) {
        TRIMTAB_TRY(shown, Tensor::allocate(plan.query.tensor.type(), scores));
    }
    attend(plan, y, shown, stage);
    return Values{std::move(y.tensor), presentKey, presentValue, std::move(shown)};
}

}  // namespace

void registerAttention(Registry& registry) {
    registry.add("Attention", 23, {3, 6, 4}, attention);
    registry.add("Attention", 24, {3, 7, 4}, attention);
}

}  // namespace trimtab::ref
