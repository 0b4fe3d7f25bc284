// com.microsoft.GroupQueryAttention: causal attention of new tokens over a cache of keys and values (Ainslie et al. 2023, "GQA").
//   past + s sees the keys t ≤ past + s (of which only the last local_window_size when that is above 0)
//   o[b, s, h] = Σt softmax_t(cap(q[b, s, h] · K[b, g, t] · scale) + bias[b, h, s, t]) V[b, g, t]
//   g = h / (num_heads / kv_num_heads),   cap(x) = c · tanh(x / c) with c = softcap, when that is above 0
// A head with a sink z (input head_sink, or 0 with smooth_softmax) has exp(z) added to the softmax's denominator.
// Rotated by position_ids where they are given (of a first prompt only the first one counts), else by the place in the cache.
// The caches are [batch, kv_num_heads, rows, headSize]. past = seqlens_k + 1 − tokens for each batch row (0 when tokens is the total
// length: a prompt, maybe padded at its end); the present caches have max(past rows, total length) rows: what the past ones hold, and the
// new tokens behind `past`. Rotated queries and keys are rounded to the tensors' type, sums are formed in double.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/attention/kv_rounding.h"
#include "core/tensor/convert.h"
#include "kernels/ref/attention/heads.h"
#include "kernels/ref/attention/rotary.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

enum Input : std::size_t {
    kQuery, kKey, kValue, kPastKey, kPastValue, kLengths, kTotal, kCos, kSin, kPositions, kBias, kSink, kKnownInputs
};

constexpr double kNever = -std::numeric_limits<double>::infinity();

struct Plan {
    std::int64_t batch = 0, tokens = 0, heads = 0, kvHeads = 0, headSize = 0;
    bool packed = false;
    std::int64_t pastRows = 0, total = 0, rows = 0;
    Ints past;  // valid rows of the past caches, for each batch row
    double scale = 1, cap = 0;
    std::int64_t window = 0;
    std::optional<RotaryTable> rotary;
    Ints positions;  // of each token of each batch row, to rotate by
    Tensor bias;     // undefined, or [batch or 1, heads or 1, tokens, total]
    std::vector<double> sinks;  // one for each head, or none

    std::int64_t width() const { return (packed ? heads + 2 * kvHeads : heads) * headSize; }
};

Status checkKnown(const Call& call) {
    constexpr std::size_t kFirstNorm = kKnownInputs + 2;  // after the scales of keys and values
    for (std::size_t i = kKnownInputs; i < call.inputs.size(); ++i)
        if (call.has(i))
            return unsupported(
                call, (i < kFirstNorm ? "a quantised cache is" : "norms of queries and keys are") + std::string(" not known here"));
    for (const char* key : {"k_quant_type", "v_quant_type"})
        if (call.node.string(key, "NONE") != "NONE") return unsupported(call, "a quantised cache is not known here");
    for (const char* key : {"sliding_window_cache", "qk_output"})
        if (call.node.integer(key, 0) != 0) return unsupported(call, fmt::format("attribute {} is not known here", key));
    if (call.node.integer("causal", 1) != 1) return unsupported(call, "attention that is not causal is not known here");
    if (call.node.integer(graph::kCachesInPlace, 0) != 0) return unsupported(call, "caches written in place are not known here");
    if (!call.has(kLengths) || !call.has(kTotal)) return refuse(call, "seqlens_k and total_sequence_length must be given");
    return {};
}

Status readHeads(const Call& call, Plan& plan) {
    const Shape& query = call.tensor(kQuery).shape();
    plan.heads = call.node.integer("num_heads", 0);
    plan.kvHeads = call.node.integer("kv_num_heads", 0);
    constexpr std::int64_t kMostHeads = 1 << 20;
    if (plan.kvHeads < 1 || plan.heads < plan.kvHeads || plan.heads > kMostHeads || plan.heads % plan.kvHeads != 0)
        return refuse(call, fmt::format("num_heads {} must be a multiple of kv_num_heads {}", plan.heads, plan.kvHeads));
    if (query.rank() != 3) return refuse(call, "the query must be [batch, tokens, values], not " + query.text());
    if (call.has(kKey) != call.has(kValue)) return refuse(call, "key and value go together");
    plan.packed = !call.has(kKey);
    plan.batch = query[0];
    plan.tokens = query[1];
    const std::int64_t parts = plan.packed ? plan.heads + 2 * plan.kvHeads : plan.heads;
    plan.headSize = query[2] / parts;
    if (plan.headSize < 1 || query[2] % parts != 0)
        return refuse(call, fmt::format("{} values a token don't divide into {} heads", query[2], parts));
    const Shape expected{plan.batch, plan.tokens, plan.kvHeads * plan.headSize};
    for (const std::size_t i : {kKey, kValue})
        if (!plan.packed && call.tensor(i).shape() != expected)
            return refuse(call, fmt::format("input {} must be {}, not {}", std::size_t{i}, expected.text(), call.tensor(i).shape().text()));
    const double scale = call.node.number("scale", 0.0F);
    plan.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(plan.headSize));
    plan.cap = call.node.number("softcap", 0.0F);
    plan.window = call.node.integer("local_window_size", -1);
    return {};
}

Status readCaches(const Call& call, Plan& plan) {
    if (call.has(kPastKey) != call.has(kPastValue)) return refuse(call, "past key and past value go together");
    if (!call.has(kPastKey)) return {};
    const Shape& shape = call.tensor(kPastKey).shape();
    if (shape.rank() != 4 || shape[0] != plan.batch || shape[1] != plan.kvHeads || shape[3] != plan.headSize ||
        shape != call.tensor(kPastValue).shape())
        return refuse(call, fmt::format("the past caches must be [{}, {}, rows, {}], not {} and {}", plan.batch, plan.kvHeads,
                                        plan.headSize, shape.text(), call.tensor(kPastValue).shape().text()));
    plan.pastRows = shape[2];
    return {};
}

Status readLengths(const Call& call, Plan& plan) {
    TRIMTAB_TRY(plan.total, integer(call, kTotal));
    if (plan.total < plan.tokens || plan.total > plan.pastRows + plan.tokens)
        return refuse(call, fmt::format("a total length of {} cannot be made of {} new tokens and {} cached ones", plan.total, plan.tokens,
                                        plan.pastRows));
    plan.rows = std::max(plan.total, plan.pastRows);
    const Tensor& lengths = call.tensor(kLengths);
    if (!isInteger(lengths.type()) || lengths.elementCount() != plan.batch)
        return refuse(call, fmt::format("seqlens_k must hold {} integers", plan.batch));
    for (const std::int64_t last : tensor::toInt64s(lengths)) {
        if (last < 0 || last >= plan.total)
            return refuse(call, fmt::format("seqlens_k holds {} where the total length is {}", last, plan.total));
        plan.past.push_back(plan.tokens == plan.total ? 0 : last + 1 - plan.tokens);
        if (plan.past.back() < 0)
            return refuse(call, fmt::format("seqlens_k holds {}, which is less than the {} new tokens", last, plan.tokens));
    }
    return {};
}

Status readBias(const Call& call, Plan& plan) {
    if (call.has(kSink)) {
        TRIMTAB_REQUIRE(requireShape(call, call.tensor(kSink), Shape{plan.heads}, "head_sink"));
        plan.sinks.resize(static_cast<std::size_t>(plan.heads));
        load(call.tensor(kSink), 0, 1, plan.heads, plan.sinks.data());
    } else if (call.node.integer("smooth_softmax", 0) == 1) {
        plan.sinks.assign(static_cast<std::size_t>(plan.heads), 0.0);
    }
    if (!call.has(kBias)) return {};
    plan.bias = call.tensor(kBias);
    const Shape& shape = plan.bias.shape();
    if (shape.rank() != 4 || (shape[0] != 1 && shape[0] != plan.batch) || (shape[1] != 1 && shape[1] != plan.heads) ||
        shape[2] != plan.tokens || shape[3] != plan.total)
        return refuse(call, fmt::format("the attention bias must be [{} or 1, {} or 1, {}, {}], not {}", plan.batch, plan.heads,
                                        plan.tokens, plan.total, shape.text()));
    return {};
}

Status readRotation(const Call& call, Plan& plan) {
    if (call.node.integer("do_rotary", 0) == 0) return {};
    TRIMTAB_TRY(plan.rotary, RotaryTable::read(call, kCos, kSin, plan.headSize, call.node.integer("rotary_interleaved", 0) != 0));
    const std::int64_t known = plan.rotary->positions();
    Ints given;
    if (call.has(kPositions)) {
        const Tensor& ids = call.tensor(kPositions);
        if (!isInteger(ids.type())) return refuse(call, "position ids must be integers");
        TRIMTAB_REQUIRE(requireShape(call, ids, Shape{plan.batch, plan.tokens}, "the position ids"));
        given = tensor::toInt64s(ids);
    } else if (known < plan.total) {
        return refuse(call, fmt::format("tables of {} positions end before the total length {}", known, plan.total));
    }
    const bool isFirstPrompt = plan.tokens == plan.total;
    for (std::int64_t b = 0; b < plan.batch; ++b)
        for (std::int64_t s = 0; s < plan.tokens; ++s) {
            std::int64_t position = plan.past[static_cast<std::size_t>(b)] + s;
            if (!given.empty()) position = given[isFirstPrompt ? 0 : static_cast<std::size_t>(b * plan.tokens + s)];
            if (!given.empty() && isFirstPrompt && position >= 0 && position < known) position += s;
            if (position < 0 || position >= known)
                return refuse(call, fmt::format("position {} lies outside the {} of the tables", position, known));
            plan.positions.push_back(position);
        }
    return {};
}

Result<Plan> planOf(const Call& call) {
    TRIMTAB_REQUIRE(checkKnown(call));
    if (domainOf(call.tensor(kQuery).type()) != Domain::Floating) return refuse(call, "inputs must be of a floating type");
    for (const std::size_t i : {kKey, kValue, kPastKey, kPastValue, kBias, kSink})
        if (call.has(i)) TRIMTAB_REQUIRE(sameType(call, call.tensor(kQuery), call.tensor(i)));
    Plan plan;
    TRIMTAB_REQUIRE(readHeads(call, plan));
    TRIMTAB_REQUIRE(readCaches(call, plan));
    TRIMTAB_REQUIRE(readLengths(call, plan));
    TRIMTAB_REQUIRE(readBias(call, plan));
    TRIMTAB_REQUIRE(readRotation(call, plan));
    return plan;
}

/// One head of one new token, at `column` of its row, rotated to its position when `rotates` and then as its type holds it.
void loadHead(const Plan& plan, const Tensor& from, std::int64_t width, std::int64_t b, std::int64_t s, std::int64_t column, bool rotates,
              Tensor& rounding, double* head) {
    load(from, (b * plan.tokens + s) * width + column, 1, plan.headSize, head);
    if (!rotates || !plan.rotary) return;
    plan.rotary->turn(plan.positions[static_cast<std::size_t>(b * plan.tokens + s)], head);
    store(rounding, 0, plan.headSize, head);
    load(rounding, 0, 1, plan.headSize, head);
}

/// The past cache with the new keys (which = 1) or values (which = 2) behind its valid rows.
Result<Tensor> presentCache(const Call& call, const Plan& plan, std::int64_t which, Tensor& rounding) {
    const Tensor& query = call.tensor(kQuery);
    TRIMTAB_TRY(Tensor present, Tensor::zeros(query.type(), Shape{plan.batch, plan.kvHeads, plan.rows, plan.headSize}));
    const std::size_t element = query.type() == DataType::Float64 ? 8 : query.type() == DataType::Float32 ? 4 : 2;
    const auto pastBytes = static_cast<std::size_t>(plan.pastRows * plan.headSize) * element;
    const auto presentBytes = static_cast<std::size_t>(plan.rows * plan.headSize) * element;
    const Tensor& from = plan.packed ? query : call.tensor(static_cast<std::size_t>(which));
    const std::int64_t width = plan.packed ? plan.width() : plan.kvHeads * plan.headSize;
    const std::int64_t first = plan.packed ? (plan.heads + (which - 1) * plan.kvHeads) * plan.headSize : 0;
    std::vector<double> head(static_cast<std::size_t>(plan.headSize));
    for (std::int64_t b = 0; b < plan.batch; ++b)
        for (std::int64_t g = 0; g < plan.kvHeads; ++g) {
            const std::int64_t slice = b * plan.kvHeads + g;
            if (pastBytes > 0) {
                const auto bytes = call.tensor(static_cast<std::size_t>(which) + 2).bytes();
                std::copy_n(bytes.data() + static_cast<std::size_t>(slice) * pastBytes, pastBytes,
                            present.mutableBytes().data() + static_cast<std::size_t>(slice) * presentBytes);
            }
            for (std::int64_t s = 0; s < plan.tokens; ++s) {
                loadHead(plan, from, width, b, s, first + g * plan.headSize, which == 1, rounding, head.data());
                store(present, (slice * plan.rows + plan.past[static_cast<std::size_t>(b)] + s) * plan.headSize, plan.headSize,
                      head.data());
            }
        }
    return present;
}

/// The attention bias of token s of head h of batch row b on the keys [first, last]; zeros where there is none.
std::vector<double> biasOf(const Plan& plan, std::int64_t b, std::int64_t h, std::int64_t s, std::int64_t first, std::int64_t last) {
    std::vector<double> bias(static_cast<std::size_t>(last - first + 1), 0);
    if (!plan.bias.defined()) return bias;
    const Shape& shape = plan.bias.shape();
    const std::int64_t row = ((shape[0] == 1 ? 0 : b) * shape[1] + (shape[1] == 1 ? 0 : h)) * plan.tokens + s;
    load(plan.bias, row * plan.total + first, 1, last - first + 1, bias.data());
    return bias;
}

/// Softmax over the scores of the keys [first, last] against q; then their mean of the values. `keys`, `values`: rows from 0 on.
/// `weights` come as what is added to the scores. `sink` is −∞ for none.
void attend(const Plan& plan, const double* q, const double* keys, const double* values, std::int64_t first, std::int64_t last, double sink,
            std::vector<double>& weights, double* out) {
    double highest = sink;
    for (std::int64_t t = first; t <= last; ++t) {
        double score = 0;
        for (std::int64_t d = 0; d < plan.headSize; ++d) score += q[d] * keys[t * plan.headSize + d];
        score *= plan.scale;
        if (plan.cap > 0) score = plan.cap * std::tanh(score / plan.cap);
        double& weight = weights[static_cast<std::size_t>(t - first)];
        weight += score;
        highest = std::max(highest, weight);
    }
    std::fill_n(out, plan.headSize, 0.0);
    if (highest == kNever) return;
    double sum = std::exp(sink - highest);
    for (double& weight : weights) {
        weight = std::exp(weight - highest);
        sum += weight;
    }
    for (std::int64_t t = first; t <= last; ++t)
        for (std::int64_t d = 0; d < plan.headSize; ++d)
            out[d] += weights[static_cast<std::size_t>(t - first)] / sum * values[t * plan.headSize + d];
}

/// The valid rows of one head's keys or values as the treatment has them kept (core/graph/attention/kv_rounding.h). The present caches that
/// leave the node are not rounded: each run rounds once.
void keep(const graph::Treatment& treatment, std::int64_t valid, std::int64_t size, std::vector<double>& rows) {
    if (treatment.kvBits >= 32) return;
    const std::span<double> seen(rows.data(), static_cast<std::size_t>(valid * size));
    std::vector<float> values(seen.begin(), seen.end());
    graph::roundCache(values, valid, size, !treatment.kvPerChannel, treatment.kvBits, values);
    std::ranges::copy(values, seen.begin());
}

Result<Values> groupQueryAttention(const Call& call) {
    TRIMTAB_TRY(const Plan plan, planOf(call));
    const Tensor& query = call.tensor(kQuery);
    const std::int64_t size = plan.headSize, group = plan.heads / plan.kvHeads;
    TRIMTAB_TRY(Tensor rounding, Tensor::allocate(query.type(), Shape{size}));
    TRIMTAB_TRY(Tensor presentKey, presentCache(call, plan, 1, rounding));
    TRIMTAB_TRY(Tensor presentValue, presentCache(call, plan, 2, rounding));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(query.type(), Shape{plan.batch, plan.tokens, plan.heads * size}));
    std::vector<double> keys(static_cast<std::size_t>(plan.rows * size)), values(keys.size()), weights;
    std::vector<double> q(static_cast<std::size_t>(size)), out(q.size());
    for (std::int64_t slice = 0; slice < plan.batch * plan.kvHeads && plan.tokens > 0; ++slice) {
        const std::int64_t b = slice / plan.kvHeads, past = plan.past[static_cast<std::size_t>(b)];
        load(presentKey, slice * plan.rows * size, 1, plan.rows * size, keys.data());
        load(presentValue, slice * plan.rows * size, 1, plan.rows * size, values.data());
        keep(call.node.treatment, past + plan.tokens, size, keys);
        keep(call.node.treatment, past + plan.tokens, size, values);
        for (std::int64_t h = slice % plan.kvHeads * group; h < (slice % plan.kvHeads + 1) * group; ++h)
            for (std::int64_t s = 0; s < plan.tokens; ++s) {
                loadHead(plan, query, plan.width(), b, s, h * size, true, rounding, q.data());
                const std::int64_t last = past + s;
                const std::int64_t first = plan.window > 0 ? std::max<std::int64_t>(0, last + 1 - plan.window) : 0;
                weights = biasOf(plan, b, h, s, first, last);
                const double sink = plan.sinks.empty() ? kNever : plan.sinks[static_cast<std::size_t>(h)];
                attend(plan, q.data(), keys.data(), values.data(), first, last, sink, weights, out.data());
                store(y, ((b * plan.tokens + s) * plan.heads + h) * size, size, out.data());
            }
    }
    return Values{std::move(y), std::move(presentKey), std::move(presentValue)};
}

}  // namespace

void registerGroupQueryAttention(Registry& registry) {
    constexpr int kMostInputs = 16;  // of later versions; those that are not known are refused where they are given
    registry.add("GroupQueryAttention", 1, {1, kMostInputs, 3}, groupQueryAttention, "com.microsoft");
}

}  // namespace trimtab::ref
