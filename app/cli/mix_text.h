#pragma once
// What a mixed assignment came to, as the contract's document and for people.
#include <string>

#include "core/tune/mixed_search.h"

namespace trimtab::cli {

/// {"session", "study", "best": trial or null, "best_uniform", "over_uniform": {"ratio", "low", "high"}, "candidates": […]}, and "no_mix"
/// with the reason where none could be made.
Json mixDocument(const trial::Study& study, const trial::SensitivityTable& table, const tune::MixOutcome& outcome,
                 const std::string& session);
std::string mixText(const trial::SensitivityTable& table, const tune::MixOutcome& outcome);

}  // namespace trimtab::cli
