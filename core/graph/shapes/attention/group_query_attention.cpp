// com.microsoft.GroupQueryAttention: attention with a cache, as ONNX Runtime's model builders write it.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

/// Rows of the present caches: the larger of the past ones and the total length.
Extent presentRows(const Context& context, const Extent& tokens) {
    const Content* total = context.content(6);
    const bool knowsTotal = total != nullptr && total->items.size() == 1;
    if (!context.has(3)) return knowsTotal ? total->items[0] : tokens;
    if (!knowsTotal || !context.dims(3) || context.dims(3)->size() != 4) return Extent::unknown();
    return maximum((*context.dims(3))[2], total->items[0]);
}

Status groupQueryAttention(Context& context) {
    const std::int64_t heads = context.node.integer("num_heads", 0), kvHeads = context.node.integer("kv_num_heads", 0);
    if (kvHeads < 1 || heads < kvHeads || heads % kvHeads != 0)
        return context.refuse("num_heads " + std::to_string(heads) + " is no multiple of kv_num_heads " + std::to_string(kvHeads));
    for (std::size_t i = 0; i < 3; ++i) context.set(i, context.type(0));
    const auto& query = context.dims(0);
    if (!query) return {};
    if (query->size() != 3) return context.refuse("the query " + text(*query) + " must be [batch, tokens, values]");
    const std::int64_t parts = context.has(1) ? heads : heads + 2 * kvHeads;
    const Extent& width = (*query)[2];
    if (width.isKnown() && width.value() % parts != 0)
        return context.refuse(width.text() + " values a token don't divide into " + std::to_string(parts) + " heads");
    const Extent headSize = floorDivide(width, Extent::known(parts));
    for (const std::size_t cache : {std::size_t{3}, std::size_t{4}})
        if (context.rank(cache) && *context.rank(cache) != 4) return context.refuse("a cache must be [batch, heads, rows, values]");
    context.set(0, context.type(0), Dims{(*query)[0], (*query)[1], context.has(1) ? width : Extent::known(heads) * headSize});
    const Dims cache{(*query)[0], Extent::known(kvHeads), presentRows(context, (*query)[1]), headSize};
    context.set(1, context.type(0), cache);
    context.set(2, context.type(0), cache);
    return {};
}

constexpr RuleEntry kRules[] = {
    {"GroupQueryAttention", groupQueryAttention, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> groupQueryRules() { return kRules; }

}  // namespace trimtab::graph::shapes
