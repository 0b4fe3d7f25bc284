#pragma once
// Decoders as exporters write them, small: one attention of one head, a mask of all tokens, and keys and values that come in and go out.
#include "core/graph/graph.h"

namespace trimtab::runtime {

inline constexpr std::int64_t kExportedTokens = 160;  // that its tables have rows for

enum class Exported {
    GivenPositions,
    HalfCaches,   // as these, with caches of float16
    LimitedRows,  // as these, with a table that has kExportedTokens rows
    CountedRows,  // positions follow from the number of rows
    UnreadMask,
    WholeText,  // without caches
};

/// input_ids and attention_mask, position_ids where they are given, past_key_values.0 and present.0. Tokens see later ones of the same run.
Graph exportedDecoder(Exported kind);

}  // namespace trimtab::runtime
