// com.microsoft GroupQueryAttention: one kernel rotates and files the new keys and values, one attends. Lengths are known when the plan is
// made, or, over caches that are written in place (graph::kCachesInPlace), read on the device when it runs.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/graph/attention/attention_nodes.h"
#include "core/tensor/convert.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/cuda/implementations/weights.h"
#include "kernels/cuda/kernels/attention.h"
#include "kernels/cuda/kernels/movement.h"

namespace trimtab::cuda {
namespace {

enum Input : std::size_t { kQuery, kKey, kValue, kPastKey, kPastValue, kLengths, kTotal, kCos, kSin, kKnownInputs };

constexpr std::int64_t kMostHeadSize = 256;

/// The one length that every sequence of the batch has; nullopt when it is not constant or they differ.
std::optional<std::int64_t> commonLength(const NodeView& view, std::size_t input) {
    const Tensor* constant = view.constant(input);
    if (!constant || constant->elementCount() == 0) return std::nullopt;
    const std::int64_t first = tensor::elementAsInt64(*constant, 0);
    for (std::int64_t i = 1; i < constant->elementCount(); ++i)
        if (tensor::elementAsInt64(*constant, i) != first) return std::nullopt;
    return first;
}

bool isInPlace(const NodeView& view) { return view.node.integer(graph::kCachesInPlace, 0) != 0; }

/// The tokens before the new ones: how many, or at most how many.
Status placeTokens(const NodeView& view, Attention& a) {
    if (isInPlace(view)) {
        const Shape cache = view.shape(kPastKey);
        const Shape wanted{a.batch, a.kvHeads, cache.rank() == 4 ? cache[2] : 0, a.headSize};
        if (cache != wanted || view.shape(kPastValue) != wanted) return fail(ErrorCode::Unsupported, "its caches have another shape");
        if (view.shape(kLengths).elementCount() != a.batch)
            return fail(ErrorCode::Unsupported, "its lengths are not one for each sequence");
        a.capacity = cache[2];
        a.past = a.capacity - a.queries;
    } else {
        const auto total = commonLength(view, kTotal);
        const auto last = commonLength(view, kLengths);
        if (!total || !last || *last + 1 != *total) return fail(ErrorCode::Unsupported, "its sequences differ in length");
        a.capacity = view.outputShape(1)[2];
        a.past = *total - a.queries;
        if (a.capacity < *total) a.past = -1;
    }
    if (a.past < 0) return fail(ErrorCode::Unsupported, "its cache has no room for the new tokens");
    return {};
}

Result<Attention> attentionOf(const NodeView& view) {
    const Shape query = view.shape(kQuery);
    Attention a;
    a.type = view.type(kQuery);
    a.batch = query[0];
    a.queries = query[1];
    a.heads = view.node.integer("num_heads", 0);
    a.kvHeads = view.node.integer("kv_num_heads", 0);
    if (a.heads < 1 || a.kvHeads < 1 || a.heads % a.kvHeads != 0) return fail(ErrorCode::Unsupported, "its heads do not divide");
    const bool packed = !view.has(kKey);
    const std::int64_t heads = packed ? a.heads + 2 * a.kvHeads : a.heads;
    if (query[2] % heads != 0) return fail(ErrorCode::Unsupported, "its values do not divide into heads");
    a.headSize = query[2] / heads;
    if (a.headSize > kMostHeadSize) return fail(ErrorCode::Unsupported, "its heads are longer than 256");
    TRIMTAB_REQUIRE(placeTokens(view, a));
    if (view.node.integer("do_rotary", 0) != 0) {
        const Shape table = view.shape(kCos);
        if (table.rank() != 2 || view.shape(kSin) != table || 2 * table[1] > a.headSize)
            return fail(ErrorCode::Unsupported, "its rotary tables do not fit");
        if (table[0] < a.past + a.queries) return fail(ErrorCode::Unsupported, "its rotary tables end before its tokens");
    }
    const float scale = view.node.number("scale", 0);
    a.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(a.headSize));
    a.softCap = view.node.number("softcap", 0);
    a.window = std::max<std::int64_t>(view.node.integer("local_window_size", -1), 0);
    a.qTokenStride = query[2];
    a.kvTokenStride = packed ? query[2] : a.kvHeads * a.headSize;
    a.qBatchStride = a.queries * a.qTokenStride;
    a.kvBatchStride = a.queries * a.kvTokenStride;
    a.qHeadStride = a.kvHeadStride = a.headSize;
    return a;
}

/// The present cache: the past one itself when it is written in place, or only this node reads it and it has room; else new memory into
/// which the past is copied.
Result<SlotId> placeCache(Builder& builder, const NodeView& view, std::size_t input, std::size_t output) {
    const CudaBackend& backend = backendOf(builder);
    const Form form{view.type(kQuery), Layout::Plain};
    if (isInPlace(view)) return builder.read(view.node.input(input), form);
    const graph::ValueId present = view.node.output(output);
    const Shape to = view.outputShape(output);
    if (!view.has(input)) return builder.write(present, form);
    const graph::ValueId past = view.node.input(input);
    TRIMTAB_TRY(const SlotId from, builder.read(past, form));
    const Shape shape = view.shape(input);
    if (shape == to && builder.isReadOnceNow(past)) return builder.writeOver(present, form, from);
    const SlotId made = builder.write(present, form);
    StridedCopy copy;
    copy.elementBytes = bitWidth(form.type) / 8;
    copy.rank = 2;
    copy.extents = {shape[0] * shape[1], shape[2] * shape[3]};
    copy.fromStrides = {shape[2] * shape[3], 1};
    copy.toStrides = {to[2] * to[3], 1};
    builder.step([=, stream = backend.stream()](
                     Frame& frame) { return launchStridedCopy(stream, copy, frame.at<void>(from), frame.at<void>(made)); },
                 {from}, {made});
    return made;
}

/// The table as Float32 on the device: constants are converted on the host.
Result<SlotId> placeTable(Builder& builder, const NodeView& view, std::size_t input) {
    const Tensor* constant = view.constant(input);
    if (!constant) return builder.read(view.node.input(input), Form{DataType::Float32, Layout::Plain});
    return placeBytes(builder, constant->bytes().data(), "rotary table", std::make_shared<Tensor>(*constant),
                      [&]() -> Result<std::vector<std::byte>> {
                          TRIMTAB_TRY(const Tensor made, tensor::convert(*constant, DataType::Float32));
                          return std::vector<std::byte>(made.bytes().begin(), made.bytes().end());
                      });
}

}  // namespace

runtime::Support judgeAttention(const NodeView& view) {
    const DataType type = view.type(kQuery);
    if (type != DataType::Float32 && type != DataType::Float16 && type != DataType::BFloat16)
        return plan::refused("its type has no kernel");
    if (view.node.treatment.kvBits < 32) return plan::refused("keys and values of few bits have no kernel");
    for (std::size_t i = kKnownInputs; i < view.node.inputs.size(); ++i)
        if (view.has(i)) return plan::refused("input " + std::to_string(i) + " has no kernel");
    if (view.node.integer("smooth_softmax", 0) == 1) return plan::refused("smooth_softmax has no kernel");
    if (view.node.integer("causal", 1) != 1) return plan::refused("attention that is not causal has no kernel");
    for (const char* key : {"sliding_window_cache", "qk_output"})
        if (view.node.integer(key, 0) != 0) return plan::refused(std::string(key) + " has no kernel");
    for (const char* key : {"k_quant_type", "v_quant_type"})
        if (view.node.string(key, "NONE") != "NONE") return plan::refused("a quantised cache has no kernel");
    if (view.node.integer("do_rotary", 0) != 0 && (!view.has(kCos) || !view.has(kSin)))
        return plan::refused("its rotary tables are missing");
    if (isInPlace(view) && (!view.has(kPastKey) || view.type(kPastKey) != type || view.type(kPastValue) != type))
        return plan::refused("caches of another type have no kernel");
    if (isInPlace(view) && view.type(kLengths) != DataType::Int32) return plan::refused("its lengths are no int32");
    return plan::native();
}

Status placeAttention(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const Attention a, attentionOf(view));
    const bool packed = !view.has(kKey);
    Rotary rotary;
    rotary.apply = view.node.integer("do_rotary", 0) != 0;
    rotary.interleaved = view.node.integer("rotary_interleaved", 0) != 0;
    const Form form{a.type, Layout::Plain};
    TRIMTAB_TRY(const SlotId given, builder.read(view.node.input(kQuery), form));
    SlotId key = given;
    SlotId value = given;
    if (!packed) {
        TRIMTAB_TRY(key, builder.read(view.node.input(kKey), form));
        TRIMTAB_TRY(value, builder.read(view.node.input(kValue), form));
    }
    SlotId cos = kNoSlot;
    SlotId sin = kNoSlot;
    if (rotary.apply) {
        TRIMTAB_TRY(cos, placeTable(builder, view, kCos));
        TRIMTAB_TRY(sin, placeTable(builder, view, kSin));
        rotary.half = view.shape(kCos)[1];
    }
    SlotId lengths = kNoSlot;
    if (isInPlace(view)) {
        TRIMTAB_TRY(lengths, builder.read(view.node.input(kLengths)));
    }
    TRIMTAB_TRY(const SlotId keys, placeCache(builder, view, kPastKey, 1));
    TRIMTAB_TRY(const SlotId values, placeCache(builder, view, kPastValue, 2));
    // The kernel rotates q in place: where others read it too, a copy is rotated.
    SlotId q = given;
    const auto bytes = *tensor::byteSize(a.type, view.shape(kQuery).elementCount());
    if (rotary.apply && !builder.isReadOnceNow(view.node.input(kQuery))) {
        q = builder.scratch(bytes);
        TRIMTAB_REQUIRE(backend.placeCopy(builder, given, q, bytes));
    }
    const SlotId workspace = builder.scratch(std::max<std::int64_t>(attentionWorkspace(a), 16));
    const SlotId y = builder.write(view.node.output(0), form);
    const std::int64_t width = bitWidth(a.type) / 8;
    const std::int64_t keyOffset = packed ? a.heads * a.headSize * width : 0;
    const std::int64_t valueOffset = packed ? (a.heads + a.kvHeads) * a.headSize * width : 0;
    builder.record().kernel = a.queries == 1 ? "own decode attention" : "own prefill attention";
    const auto table = [](Frame& frame, SlotId slot) { return slot == kNoSlot ? nullptr : frame.at<float>(slot); };
    builder.step(
        [=, stream = backend.stream()](Frame& frame) -> Status {
            Attention now = a;
            if (lengths != kNoSlot) now.lastOnDevice = frame.at<std::int32_t>(lengths);
            TRIMTAB_REQUIRE(launchAppendToCache(stream, now, rotary, frame.at<void>(q), frame.at<std::byte>(key) + keyOffset,
                                                frame.at<std::byte>(value) + valueOffset, table(frame, cos), table(frame, sin),
                                                frame.at<void>(keys), frame.at<void>(values)));
            return launchAttention(stream, now, frame.at<void>(q), frame.at<void>(keys), frame.at<void>(values), frame.at<void>(workspace),
                                   frame.at<void>(y));
        },
        {given, q, key, value, keys, values}, {q, keys, values, workspace, y});
    if (lengths != kNoSlot) builder.alsoRead(lengths);
    return {};
}

}  // namespace trimtab::cuda
