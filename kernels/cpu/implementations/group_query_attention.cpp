// com.microsoft GroupQueryAttention over caches that are given, made, or (graph::kCachesInPlace) written where they stand. Lengths are read
// when the plan runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/graph/attention/attention_nodes.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/cached_attention.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/simd/isa.h"

namespace trimtab::cpu {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kPastKey, kPastValue, kLengths, kTotal, kCos, kSin, kKnownInputs };

constexpr std::int64_t kLongestHead = 1024, kMostHeads = 1 << 20;

/// Of the past caches.
std::optional<simd::RowFormat> formatOf(const NodeView& view) {
    const DataType type = view.type(kPastKey);
    const int bits = view.node.treatment.kvBits;
    if (bits == 8 && type == DataType::UInt8) return simd::RowFormat::Codes8;
    if (bits == 4 && type == DataType::UInt8) return simd::RowFormat::Codes4;
    if (bits < 32) return std::nullopt;
    if (type == DataType::Float32) return simd::RowFormat::Float32;
    if (type == DataType::BFloat16) return simd::RowFormat::BFloat16;
    if (type == DataType::Float16) return simd::RowFormat::Float16;
    return std::nullopt;
}

bool isInPlace(const NodeView& view) { return view.node.integer(graph::kCachesInPlace, 0) != 0; }

Result<CachedAttention> attentionOf(const NodeView& view) {
    const Shape query = view.shape(kQuery);
    CachedAttention a;
    a.batch = query[0];
    a.tokens = query[1];
    a.heads = view.node.integer("num_heads", 0);
    a.kvHeads = view.node.integer("kv_num_heads", 0);
    if (a.kvHeads < 1 || a.heads < a.kvHeads || a.heads > kMostHeads || a.heads % a.kvHeads != 0)
        return fail(ErrorCode::Unsupported, "its heads do not divide");
    const bool packed = !view.has(kKey);
    const std::int64_t parts = packed ? a.heads + 2 * a.kvHeads : a.heads;
    if (query[2] % parts != 0 || query.elementCount() == 0) return fail(ErrorCode::Unsupported, "its values do not divide into heads");
    a.size = query[2] / parts;
    if (a.size > kLongestHead) return fail(ErrorCode::Unsupported, fmt::format("its heads are longer than {}", kLongestHead));
    a.queryStride = query[2];
    a.keyStride = packed ? query[2] : a.kvHeads * a.size;
    const Shape keys{a.batch, a.tokens, a.kvHeads * a.size};
    if (!packed && (view.shape(kKey) != keys || view.shape(kValue) != keys))
        return fail(ErrorCode::Unsupported, "its keys have another shape");
    const float scale = view.node.number("scale", 0);
    a.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(a.size));
    a.softCap = view.node.number("softcap", 0);
    a.window = std::max<std::int64_t>(view.node.integer("local_window_size", -1), 0);
    a.interleaved = view.node.integer("rotary_interleaved", 0) != 0;
    if (view.node.integer("do_rotary", 0) != 0) {
        const Shape table = view.shape(kCos);
        if (table.rank() != 2 || view.shape(kSin) != table || 2 * table[1] > a.size)
            return fail(ErrorCode::Unsupported, "its rotary tables do not fit");
        a.rotaryHalf = table[1];
    }
    return a;
}

/// Rows of a past cache; 0 without one.
Result<std::int64_t> pastRows(const NodeView& view, const CachedAttention& a) {
    if (!view.has(kPastKey)) return 0;
    const Shape shape = view.shape(kPastKey);
    const std::int64_t width = view.node.treatment.kvBits < 32 ? a.rowBytes() : a.size;
    if (shape.rank() != 4 || shape != Shape{a.batch, a.kvHeads, shape[2], width} || view.shape(kPastValue) != shape)
        return fail(ErrorCode::Unsupported, "its caches have another shape");
    return shape[2];
}

/// Rows of the caches that are filled. Unsupported where the plan cannot know them, and for caches that nobody gave to be written.
Result<std::int64_t> rowsOf(const NodeView& view, const CachedAttention& a, std::int64_t past) {
    if (isInPlace(view)) {
        for (const std::size_t i : {kPastKey, kPastValue})
            if (std::ranges::find(view.graph.inputs, view.node.input(i)) == view.graph.inputs.end())
                return fail(ErrorCode::Unsupported, "caches that are written in place must be inputs of the graph");
        return past;
    }
    for (const std::size_t output : {1, 2})
        if (view.node.output(output) != graph::kNoValue) return view.outputShape(output)[2];
    if (view.has(kPastKey)) return fail(ErrorCode::Unsupported, "the rows that it makes are not known beforehand");
    return a.tokens;
}

/// How many rows each sequence has before this run. Refused, naming the node, where the lengths fit neither tokens nor caches. `most`:
/// tokens that there can be in all.
Status readLengths(const CachedAttention& a, const std::string& node, const std::int32_t* lengths, std::int64_t total, std::int64_t most,
                   std::vector<std::int64_t>& past) {
    if (total < a.tokens || total > most)
        return fail(ErrorCode::Refused,
                    fmt::format("a total length of {} does not fit {} new tokens and caches of {} rows", total, a.tokens, a.rows), node);
    for (std::size_t b = 0; b < past.size(); ++b) {
        const std::int64_t last = lengths[b];
        past[b] = a.tokens == total ? 0 : last + 1 - a.tokens;
        if (last < 0 || last >= total || past[b] < 0)
            return fail(ErrorCode::Refused, fmt::format("seqlens_k holds {} where {} of {} tokens are new", last, a.tokens, total), node);
    }
    return {};
}

/// The cache that is filled: the past one where it stands, or new memory with what the past one holds.
Result<SlotId> placeCache(Builder& builder, const NodeView& view, const CachedAttention& a, std::int64_t past, std::size_t input,
                          std::size_t output) {
    const DataType type = view.has(kPastKey) ? view.type(kPastKey) : DataType::Float32;
    SlotId from = kNoSlot;
    if (view.has(input)) {
        TRIMTAB_TRY(from, builder.read(view.node.input(input)));
        if (isInPlace(view)) return from;
    }
    const bool isRead = view.node.output(output) != graph::kNoValue;
    const std::int64_t head = a.rowBytes(), heads = a.batch * a.kvHeads;
    const SlotId made =
        isRead ? builder.write(view.node.output(output), Form{type, Layout::Plain}) : builder.scratch(heads * a.rows * head);
    if (from == kNoSlot) return made;
    builder.step(
        [from, made, heads, pastBytes = past * head, madeBytes = a.rows * head](Frame& frame) {
            for (std::int64_t h = 0; h < heads; ++h) {
                std::byte* to = frame.at<std::byte>(made) + h * madeBytes;
                std::copy_n(frame.at<std::byte>(from) + h * pastBytes, pastBytes, to);
                std::fill(to + pastBytes, to + madeBytes, std::byte{0});
            }
            return Status{};
        },
        {from}, {made});
    return made;
}

}  // namespace

runtime::Support judgeGroupQueryAttention(const NodeView& view) {
    const graph::Node& node = view.node;
    if (view.type(kQuery) != DataType::Float32) return notMeant();
    if (node.treatment.kvBits < 32 && (!isInPlace(view) || node.treatment.kvPerChannel))
        return refused("keys and values of few bits have a kernel only in caches that are written in place, with a range for each head");
    for (std::size_t i = kKnownInputs; i < node.inputs.size(); ++i)
        if (view.has(i)) return refused(fmt::format("input {} has no kernel", i));
    if (node.integer("smooth_softmax", 0) == 1) return refused("smooth_softmax has no kernel");
    if (node.integer("causal", 1) != 1) return refused("attention that is not causal has no kernel");
    for (const char* key : {"sliding_window_cache", "qk_output"})
        if (node.integer(key, 0) != 0) return refused(std::string(key) + " has no kernel");
    for (const char* key : {"k_quant_type", "v_quant_type"})
        if (node.string(key, "NONE") != "NONE") return refused("a quantised cache has no kernel");
    for (const std::size_t i : {kKey, kValue, kCos, kSin})
        if (view.has(i) && view.type(i) != DataType::Float32)
            return refused(fmt::format("input {} is not of the query's type", std::size_t{i}));
    if (node.integer("do_rotary", 0) != 0 && (!view.has(kCos) || !view.has(kSin))) return refused("its rotary tables are missing");
    if (view.has(kKey) != view.has(kValue) || view.has(kPastKey) != view.has(kPastValue)) return refused("a key or value is missing");
    if (view.has(kPastKey) && (!formatOf(view) || view.type(kPastKey) != view.type(kPastValue)))
        return refused("its caches' type has no kernel");
    if (view.type(kLengths) != DataType::Int32 || view.type(kTotal) != DataType::Int32) return refused("its lengths are no int32");
    return native();
}

Status placeGroupQueryAttention(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(CachedAttention a, attentionOf(view));
    if (view.has(kPastKey)) a.cacheFormat = *formatOf(view);
    TRIMTAB_TRY(const std::int64_t past, pastRows(view, a));
    if (view.shape(kLengths).elementCount() != a.batch) return fail(ErrorCode::Unsupported, "its lengths are not one for each sequence");
    TRIMTAB_TRY(a.rows, rowsOf(view, a, past));
    const bool packed = !view.has(kKey);
    TRIMTAB_TRY(const SlotId query, builder.read(view.node.input(kQuery)));
    SlotId key = query, value = query, cos = kNoSlot, sin = kNoSlot;
    if (!packed) {
        TRIMTAB_TRY(key, builder.read(view.node.input(kKey)));
        TRIMTAB_TRY(value, builder.read(view.node.input(kValue)));
    }
    std::vector<SlotId> reads{query, key, value};
    if (a.rotaryHalf > 0) {
        TRIMTAB_TRY(cos, builder.read(view.node.input(kCos)));
        TRIMTAB_TRY(sin, builder.read(view.node.input(kSin)));
        reads.insert(reads.end(), {cos, sin});
    }
    TRIMTAB_TRY(const SlotId lengths, builder.read(view.node.input(kLengths)));
    TRIMTAB_TRY(const SlotId total, builder.read(view.node.input(kTotal)));
    TRIMTAB_TRY(const SlotId keys, placeCache(builder, view, a, past, kPastKey, 1));
    TRIMTAB_TRY(const SlotId values, placeCache(builder, view, a, past, kPastValue, 2));
    const SlotId scratch = builder.scratch(a.scratchFloats(builder.threads()) * 4);
    const SlotId y = builder.write(view.node.output(0));
    reads.insert(reads.end(), {lengths, total, keys, values});
    const std::int64_t keyOffset = packed ? a.heads * a.size : 0, valueOffset = packed ? (a.heads + a.kvHeads) * a.size : 0;
    const std::int64_t most = isInPlace(view) ? a.rows : std::min(a.rows, past + a.tokens);
    const std::int64_t positions = a.rotaryHalf > 0 ? view.shape(kCos)[0] : a.rows;
    const int bits = view.node.treatment.kvBits;
    builder.record().kernel = fmt::format("tiled attention {}{}", simd::name(simd::bestIsa()),
                                          bits < 32 ? fmt::format(", keys and values of {} bits", bits) : std::string());
    builder.step(
        [=, name = view.node.name, begins = std::vector<std::int64_t>(static_cast<std::size_t>(a.batch))](Frame& frame) mutable -> Status {
            TRIMTAB_REQUIRE(readLengths(a, name, frame.at<std::int32_t>(lengths), *frame.at<std::int32_t>(total), most, begins));
            if (*std::ranges::max_element(begins) + a.tokens > positions)
                return fail(ErrorCode::Refused, fmt::format("rotary tables of {} positions end before its tokens", positions), name);
            const RotaryRows rotary{cos == kNoSlot ? nullptr : frame.at<float>(cos), sin == kNoSlot ? nullptr : frame.at<float>(sin)};
            appendToCaches(a, begins, rotary, frame.at<float>(key) + keyOffset, frame.at<float>(value) + valueOffset,
                           frame.at<std::byte>(keys), frame.at<std::byte>(values));
            attend(a, begins, rotary, frame.at<float>(query), frame.at<std::byte>(keys), frame.at<std::byte>(values),
                   frame.at<float>(scratch), frame.at<float>(y));
            return {};
        },
        std::move(reads), {keys, values, scratch, y});
    return {};
}

}  // namespace trimtab::cpu
