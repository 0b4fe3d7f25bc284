// Attention, RotaryEmbedding and TensorScatter of the default domain.
#include "core/graph/shapes/attention/heads.h"

namespace trimtab::graph::shapes {

Result<std::optional<Heads>> headsOf(const Context& context, std::size_t input, std::int64_t heads) {
    const auto& given = context.dims(input);
    if (!given) return std::optional<Heads>();
    const Dims& dims = *given;
    if (dims.size() != 3 && dims.size() != 4)
        return context.refuse("input " + std::to_string(input) + " " + text(dims) + " must have 3 or 4 axes");
    if (dims.size() == 4) {
        if (heads > 0) TRIMTAB_REQUIRE(agree(context, dims[1], Extent::known(heads), "heads of " + text(dims)));
        return std::optional(Heads{dims[0], dims[1], dims[2], dims[3]});
    }
    if (heads < 1) return context.refuse("an input of 3 axes needs the number of heads");
    if (dims[2].isKnown() && dims[2].value() % heads != 0)
        return context.refuse(dims[2].text() + " values don't divide into " + std::to_string(heads) + " heads");
    return std::optional(Heads{dims[0], Extent::known(heads), dims[1], floorDivide(dims[2], Extent::known(heads))});
}

Extent rowsBehind(const Context& context, std::size_t past, std::size_t axis, const Extent& rows) {
    if (!context.has(past)) return rows;
    const auto& dims = context.dims(past);
    return dims && dims->size() > axis ? (*dims)[axis] + rows : Extent::unknown();
}

namespace {

/// Q, K, V, mask, past key, past value, lengths → y, present key, present value, scores
Status attention(Context& context) {
    for (std::size_t i = 0; i < 3; ++i) context.set(i, context.type(i));
    context.set(3, context.type(0));
    const std::int64_t kvHeads = context.node.integer("kv_num_heads", 0);
    TRIMTAB_TRY(const auto query, headsOf(context, 0, context.node.integer("q_num_heads", 0)));
    TRIMTAB_TRY(const auto key, headsOf(context, 1, kvHeads));
    TRIMTAB_TRY(const auto value, headsOf(context, 2, kvHeads));
    for (const std::size_t past : {4, 5})
        if (context.rank(past) && *context.rank(past) != 4) return context.refuse("past keys and values must have 4 axes");
    if (query && key) {
        TRIMTAB_REQUIRE(agree(context, query->batch, key->batch, "batch"));
        TRIMTAB_REQUIRE(agree(context, query->size, key->size, "size of a head"));
        context.set(3, context.type(0), Dims{query->batch, query->heads, query->rows, rowsBehind(context, 4, 2, key->rows)});
    }
    if (key) context.set(1, context.type(1), Dims{key->batch, key->heads, rowsBehind(context, 4, 2, key->rows), key->size});
    if (value) context.set(2, context.type(2), Dims{value->batch, value->heads, rowsBehind(context, 5, 2, value->rows), value->size});
    if (!query || !value) return {};
    const bool isFlat = context.dims(0)->size() == 3;
    context.set(0, context.type(0), isFlat ? Dims{query->batch, query->rows, query->heads * value->size}
                                           : Dims{query->batch, query->heads, query->rows, value->size});
    return {};
}

Status rotaryEmbedding(Context& context) {
    const auto rank = context.rank(0);
    if (rank && *rank != 3 && *rank != 4) return context.refuse("the input " + text(*context.dims(0)) + " must have 3 or 4 axes");
    return sameAsInput(context);
}

Status tensorScatter(Context& context) {
    if (context.dims(0)) TRIMTAB_REQUIRE(context.axis(context.node.integer("axis", -2), context.dims(0)->size()));
    if (context.rank(0) && context.rank(1) && *context.rank(0) != *context.rank(1))
        return context.refuse("cache " + text(*context.dims(0)) + " and update " + text(*context.dims(1)) + " have not as many axes");
    return sameAsInput(context);
}

constexpr RuleEntry kRules[] = {
    {"Attention", attention},
    {"RotaryEmbedding", rotaryEmbedding},
    {"RotaryEmbedding", rotaryEmbedding, "com.microsoft"},
    {"TensorScatter", tensorScatter},
};

}  // namespace

std::span<const RuleEntry> attentionRules() { return kRules; }

}  // namespace trimtab::graph::shapes
