#pragma once
// What the attention operators' rules read their inputs as.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

struct Heads {
    Extent batch, heads, rows, size;
};

/// An input [batch, heads, rows, size], or [batch, rows, heads · size] of `heads` heads. nullopt where its rank is not known; refused for
/// other ranks and where the values don't divide. 0 heads: not stated, which only 4 axes allow.
Result<std::optional<Heads>> headsOf(const Context& context, std::size_t input, std::int64_t heads);

/// Rows with those of a past (axis `axis` of an input that may be left out) in front.
Extent rowsBehind(const Context& context, std::size_t past, std::size_t axis, const Extent& rows);

}  // namespace trimtab::graph::shapes
