// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A study as the results page shows it at one moment. Immutable: a new result makes a new snapshot.
#include <memory>
#include <string>
#include <vector>

#include "core/trial/study.h"
#include "core/tune/pareto.h"

namespace trimtab::gui {

/// What the horizontal axis shows; the words of tune::paretoRows().
enum class SpeedAxis { Latency, Throughput, Size };
std::string word(SpeedAxis axis);
SpeedAxis speedAxisFromWord(const std::string& word);

struct StudySnapshot {
    trial::Study study;
    std::vector<trial::TrialResult> results;
    std::vector<tune::ParetoRow> rows;  // same order as results
    SpeedAxis axis = SpeedAxis::Latency;

    /// nullptr when there is none.
    const trial::TrialResult* result(std::int64_t trialId) const;
    const tune::ParetoRow* row(std::int64_t trialId) const;
    const trial::TrialResult* baseline() const;
};

using SnapshotPtr = std::shared_ptr<const StudySnapshot>;

/// The figure on the axis, or nothing when the trial has none (emulated and failed trials have no speed).
std::optional<double> axisValue(const trial::TrialResult& result, SpeedAxis axis);
/// Its 95 % interval; absent for sizes.
std::optional<base::Interval> axisInterval(const trial::TrialResult& result, SpeedAxis axis);

}  // namespace trimtab::gui
