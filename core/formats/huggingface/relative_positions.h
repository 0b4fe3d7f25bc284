#pragma once
// What attention adds to its scores by how far a key stands from its query (Raffel et al. 2020, section 2.1, and its published code): half
// of the buckets are for one distance each, the others grow by a factor up to the largest distance. Both ways, keys ahead have half of all
// buckets; else they count as distance 0.
#include <cstdint>
#include <string>
#include <vector>

#include "core/formats/huggingface/graph_builder.h"

namespace trimtab::formats::huggingface {

struct RelativePositions {
    std::int64_t buckets = 32, farthest = 128, heads = 0;
    bool bothWays = false;
};

/// Refused, saying why, for buckets that leave no distance of their own, or none to grow to.
Status check(const RelativePositions& positions);
/// Of a key at `offset` from its query (negative: behind it). REQUIRES: checked.
std::int64_t bucketOf(const RelativePositions& positions, std::int64_t offset);

/// [heads, tokens, tokens] (query, key) of tokens at `places` int64 [tokens], by the table [buckets, heads] of a module.
Result<graph::ValueId> positionBias(GraphBuilder& builder, const std::string& module, const RelativePositions& positions,
                                    graph::ValueId places);

}  // namespace trimtab::formats::huggingface
