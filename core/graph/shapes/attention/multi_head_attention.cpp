// com.microsoft.MultiHeadAttention, and com.microsoft.Attention with its projection.
#include "core/graph/shapes/attention/heads.h"

namespace trimtab::graph::shapes {

namespace {

struct Parts {
    std::optional<Heads> query, key, value;
};

/// Input [batch, rows, heads, parts, size].
Result<Heads> packed(const Context& context, const Dims& dims, std::int64_t heads, std::int64_t parts) {
    if (dims.size() != 5) return context.refuse("packed heads " + text(dims) + " must have 5 axes");
    TRIMTAB_REQUIRE(agree(context, dims[2], Extent::known(heads), "heads"));
    TRIMTAB_REQUIRE(agree(context, dims[3], Extent::known(parts), "packed parts"));
    return Heads{dims[0], Extent::known(heads), dims[1], dims[4]};
}

Result<Parts> partsOf(const Context& context, std::int64_t heads) {
    Parts parts;
    if (!context.has(1)) {
        if (!context.dims(0)) return parts;
        TRIMTAB_TRY(const Heads all, packed(context, *context.dims(0), heads, 3));
        return Parts{all, all, all};
    }
    if (context.rank(0) && *context.rank(0) != 3)
        return context.refuse("the query " + text(*context.dims(0)) + " must be [batch, rows, values]");
    TRIMTAB_TRY(parts.query, headsOf(context, 0, heads));
    if (!context.has(2)) {
        if (!context.dims(1)) return parts;
        TRIMTAB_TRY(const Heads both, packed(context, *context.dims(1), heads, 2));
        parts.key = parts.value = both;
        return parts;
    }
    TRIMTAB_TRY(parts.key, headsOf(context, 1, heads));
    TRIMTAB_TRY(parts.value, headsOf(context, 2, heads));
    return parts;
}

/// query, key, value, bias, padding mask, attention bias, past key, past value → y, present key, present value, scores
Status multiHeadAttention(Context& context) {
    for (std::size_t i = 0; i < 4; ++i) context.set(i, context.type(0));
    const std::int64_t heads = context.node.integer("num_heads", 0);
    if (heads < 1) return context.refuse("attribute num_heads must be positive");
    for (const std::size_t past : {6, 7})
        if (context.rank(past) && *context.rank(past) != 4) return context.refuse("past keys and values must have 4 axes");
    TRIMTAB_TRY(const Parts parts, partsOf(context, heads));
    const auto& [query, key, value] = parts;
    const DataType type = context.type(0);
    if (query && value) context.set(0, type, Dims{query->batch, query->rows, Extent::known(heads) * value->size});
    if (context.has(8)) return {};  // caches that are shared have rows of their own
    if (key) context.set(1, type, Dims{key->batch, Extent::known(heads), rowsBehind(context, 6, 2, key->rows), key->size});
    if (value) context.set(2, type, Dims{value->batch, Extent::known(heads), rowsBehind(context, 7, 2, value->rows), value->size});
    if (query && key) context.set(3, type, Dims{query->batch, Extent::known(heads), query->rows, rowsBehind(context, 6, 2, key->rows)});
    return {};
}

/// input, weights, bias, mask, past, attention bias → y, present
Status projectedAttention(Context& context) {
    context.set(0, context.type(0));
    context.set(1, context.type(0));
    const std::int64_t heads = context.node.integer("num_heads", 0);
    if (heads < 1) return context.refuse("attribute num_heads must be positive");
    const auto &input = context.dims(0), &weights = context.dims(1);
    if (input && input->size() != 3) return context.refuse("the input " + text(*input) + " must be [batch, rows, values]");
    if (weights && weights->size() != 2) return context.refuse("the weights " + text(*weights) + " must be a matrix");
    if (input && weights) TRIMTAB_REQUIRE(agree(context, (*input)[2], (*weights)[0], "inner extents"));
    const auto sizes = context.node.integers("qkv_hidden_sizes");
    if (!sizes.empty() && sizes.size() != 3) return context.refuse("attribute qkv_hidden_sizes must hold three sizes");
    const Extent third = weights ? floorDivide((*weights)[1], Extent::known(3)) : Extent::unknown();
    const Extent width = sizes.size() == 3 ? Extent::known(sizes[2]) : third;
    if (width.isKnown() && (width.value() < 0 || width.value() % heads != 0))
        return context.refuse(width.text() + " values don't divide into " + std::to_string(heads) + " heads");
    if (!input) return {};
    context.set(0, context.type(0), Dims{(*input)[0], (*input)[1], width});
    if (context.node.integer("past_present_share_buffer", 0) != 0) return {};
    context.set(1, context.type(0), Dims{Extent::known(2), (*input)[0], Extent::known(heads), rowsBehind(context, 4, 3, (*input)[1]),
                                         floorDivide(width, Extent::known(heads))});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"MultiHeadAttention", multiHeadAttention, "com.microsoft"},
    {"Attention", projectedAttention, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> multiHeadRules() { return kRules; }

}  // namespace trimtab::graph::shapes
