#pragma once
// The two comparisons of `trimtab compare`.
#include <optional>
#include <string>

#include "app/cli/program.h"

namespace trimtab::cli {

/// Two trials of one session: which is faster, which is more accurate, and layer by layer why.
Status compareTrials(Program& program, const std::string& session, std::int64_t a, std::int64_t b);

/// Two sessions: each trial that both have (the same recipe and setting), old against new, and what changed around it. With a limit (a
/// share): Failed when the new median is above the old by more than that and the intervals of the two medians lie apart.
Status compareSessions(Program& program, const std::string& before, const std::string& after, std::optional<double> slowerLimit);

}  // namespace trimtab::cli
