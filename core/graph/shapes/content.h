#pragma once
// How contents flow through single operators. Each function gives the content of output 0, or nullopt when it cannot tell.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

/// Elements of a broadcast or tiled index space; nullopt above kMaxContentItems.
std::optional<std::int64_t> contentCount(const std::vector<std::int64_t>& dims);

/// The content of an input; where only its (small, known) shape is known, items that are all unknown.
std::optional<Content> contentOrUnknown(const Context& context, std::size_t input);

/// The same elements read in the order of `dims` by NumPy's broadcasting. REQUIRES: content.dims broadcasts to dims.
Content broadcastContent(const Content& content, const std::vector<std::int64_t>& dims);

/// Add, Sub, Mul, Div, Mod, Min, Max, comparisons, And, Or, Where, Neg, Abs, Floor, Ceil, Not, Cast.
std::optional<Content> followArithmetic(const Context& context);

/// Shape-changing operators: Concat, Gather, Slice, Squeeze, Reshape, Transpose, Expand, Tile, reductions, Range.
std::optional<Content> followStructure(const Context& context);

}  // namespace trimtab::graph::shapes
