#pragma once
#include <cstdint>
#include <span>

namespace trimtab::evaluate {

/// Least number of insertions, deletions and replacements that turn one sequence into the other (Levenshtein 1966); two rows of the table
/// are kept.
std::int64_t editDistance(std::span<const std::int64_t> a, std::span<const std::int64_t> b);

}  // namespace trimtab::evaluate
