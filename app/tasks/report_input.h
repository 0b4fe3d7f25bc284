#pragma once
// What a report needs, gathered from a session.
#include "core/report/report.h"
#include "core/store/session.h"

namespace trimtab::tasks {

/// Study 0 means the newest one in the session; NotFound when there is none. `chosen` is the trial to point at, 0 for none.
Result<report::ReportInput> reportInput(store::Session& session, std::int64_t study = 0, std::int64_t chosen = 0);

/// The id of the newest study; NotFound, naming the file, when the session has none.
Result<std::int64_t> newestStudy(store::Session& session);

/// Marks finished results stale when a later result of the same recipe and setting stands under another key, or when the study went on
/// with another version of the engine or on another machine: rows of two places never share a front.
void markStale(std::vector<trial::TrialResult>& results);

}  // namespace trimtab::tasks
