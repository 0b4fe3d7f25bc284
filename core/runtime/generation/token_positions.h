#pragma once
// Where a decoder learns the positions of its tokens from: as an input, so that behind a cache they go on where it ends.
#include "core/graph/graph.h"

namespace trimtab::runtime {

struct TokenPositions {
    graph::ValueId input = graph::kNoValue;  // int64 [batch, tokens]; kNoValue: nothing reads positions
    std::int64_t rows = 0;                   // of the smallest table that they choose rows of; 0: of none
};

/// The graph's own position_ids, or a new input of that name in place of a Range over the tokens of `ids`, 0, 1, …, that tables are
/// gathered by. A Range with other readers stays. Unsupported, naming it, where position_ids are no int64 [batch, tokens].
Result<TokenPositions> takePositions(Graph& graph, graph::ValueId ids);

}  // namespace trimtab::runtime
