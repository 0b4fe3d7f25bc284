#include "app/tasks/report_input.h"

#include <algorithm>

#ifndef TRIMTAB_VERSION
#error "the build states the product's version"
#endif

namespace trimtab::tasks {
namespace {

bool otherKeys(const trial::TrialResult& a, const trial::TrialResult& b) {
    return a.accuracyKey != b.accuracyKey || (!a.speedKey.empty() && !b.speedKey.empty() && a.speedKey != b.speedKey);
}

/// Measured by another version of the same engine, or on another machine.
bool otherPlace(const trial::Environment& a, const trial::Environment& b) {
    return a.engine == b.engine &&
           (a.engineVersion != b.engineVersion || a.instructionSet != b.instructionSet || a.device != b.device || a.host != b.host);
}

}  // namespace

Result<std::int64_t> newestStudy(store::Session& session) {
    TRIMTAB_TRY(const auto studies, session.studies());
    if (studies.empty()) return fail(ErrorCode::NotFound, "this session holds no study yet", session.path().string());
    return studies.back().id;
}

void markStale(std::vector<trial::TrialResult>& results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i].state != trial::State::Finished) continue;
        const bool superseded =
            std::any_of(results.begin() + static_cast<std::ptrdiff_t>(i) + 1, results.end(), [&](const trial::TrialResult& later) {
                if (later.state != trial::State::Finished) return false;
                return otherPlace(results[i].environment, later.environment) ||
                       (trial::sameTarget(results[i].trial, later.trial) && otherKeys(results[i], later));
            });
        results[i].stale = results[i].stale || superseded;
    }
}

Result<report::ReportInput> reportInput(store::Session& session, std::int64_t study, std::int64_t chosen) {
    if (study == 0) {
        TRIMTAB_TRY(study, newestStudy(session));
    }
    report::ReportInput input;
    TRIMTAB_TRY(input.study, session.study(study));
    TRIMTAB_TRY(input.results, session.results(study));
    markStale(input.results);
    TRIMTAB_TRY(input.rows, tune::paretoRows(input.results));
    tune::noteStudy(input.rows, input.study, input.results);
    TRIMTAB_TRY(input.note, session.note(study));
    input.chosen = chosen;
    input.sessionPath = session.path().string();
    input.version = TRIMTAB_VERSION;
    return input;
}

}  // namespace trimtab::tasks
