#pragma once
// A running study on standard error: the reference's own score first, a line for every finished trial, and between them where it is.
#include <optional>
#include <set>

#include "app/cli/progress.h"
#include "core/tune/run_study.h"

namespace trimtab::cli {

class SweepProgress {
public:
    /// `progress` outlives this object.
    explicit SweepProgress(Progress& progress) : m_progress(progress) {}
    tune::StudyObserver observer();
    const std::optional<trial::Accuracy>& baseline() const { return m_baseline; }

private:
    void show(const tune::StudyProgress& at);
    void finished(const trial::TrialResult& result);
    void scored(const trial::Accuracy& accuracy);

    Progress& m_progress;
    std::set<std::int64_t> m_said;  // trials: a search goes through those that it has several times
    std::optional<trial::Accuracy> m_baseline;
};

}  // namespace trimtab::cli
