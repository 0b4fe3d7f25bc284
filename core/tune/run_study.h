#pragma once
// Runs a study: the baseline's accuracy first, then every trial; accuracy and speed are measured apart and each distinct half once.
// Whoever measures (TrialRunner) and whoever keeps the results (TrialSink) are handed in by main.cpp.
// A trial whose worker dies is retried once, then recorded as failed; five deaths in a row without a finished trial stop the study.
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/trial/study.h"
#include "core/tune/search_space.h"

namespace trimtab::tune {

/// What the engine would do with a trial, without running it.
struct PlanSummary {
    std::vector<trace::LayerRecord> layers;
    std::string planKey;      // equal keys: equal speed (kernels, types, groups, patterns, non-zeros per layer)
    std::string numericsKey;  // equal keys (and equal recipe and data): equal accuracy
    std::int64_t sizeBytes = 0;
    trial::Environment environment;
    bool scalesPerBatch = false;  // what else is in a batch changes a sample's result
};

struct SpeedBlock {
    base::PairedBlock timings;                // ms
    std::vector<trace::LayerRecord> layers;   // of the trial, with medianNs (taken in a separate, traced run)
    bool throttled = false;
    std::int64_t batch = 1;          // samples a run
    std::int64_t baselineBatch = 1;
    trace::PowerOfTurns power = {};  // in one block of a trial
};

using ProgressFn = std::function<void(double share, const std::string& what)>;

/// Thread-compatible: called from one thread at a time. WorkerDied errors mean that a fresh worker may be tried.
class TrialRunner {
public:
    virtual ~TrialRunner() = default;
    virtual Result<PlanSummary> plan(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) = 0;
    virtual Result<trial::Accuracy> measureAccuracy(const trial::Study& study, const trial::Trial& trial, const ProgressFn& progress,
                                                    std::stop_token stop) = 0;
    /// One block in a fresh process: what the trial is held against (trial::baselineFor) and the trial alternate.
    virtual Result<SpeedBlock> measureSpeed(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) = 0;
};

class TrialSink {
public:
    virtual ~TrialSink() = default;
    /// Results of earlier runs of this study (resume), finished ones with their halves.
    virtual Result<std::vector<trial::TrialResult>> existing() = 0;
    /// Commits before it returns; sets result.id.
    virtual Status trialFinished(trial::TrialResult& result) = 0;
    virtual Status trialStarted(const trial::Trial& trial) = 0;
};

struct StudyProgress {
    int done = 0;         // trials finished or failed, those of earlier runs included
    int total = 0;
    int failed = 0;
    std::string current;  // label of the running trial
    std::string phase;    // "accuracy", "speed 3/5"
    double secondsLeft = -1;
};

struct StudyObserver {
    std::function<void(const StudyProgress&)> progress;
    std::function<void(const trial::TrialResult&)> finished;  // after it was committed
    /// The reference's own score, before any sweep ("is this what you expect?").
    std::function<void(const trial::Accuracy&)> baselineScore;
};

struct StudyOutcome {
    int finished = 0;
    int failed = 0;
    int reused = 0;  // came from earlier runs or shared halves whole
    std::vector<SkippedPoint> skipped;
};

/// Cancelled when `stop` is requested (finished trials are kept). `refresh` measures again what is there already, beside it.
Result<StudyOutcome> runStudy(const trial::Study& study, TrialRunner& runner, TrialSink& sink, const StudyObserver& observer,
                              std::stop_token stop, bool refresh = false);

/// The same for trials of the caller's own choice. REQUIRES: the first is the study's baseline.
Result<StudyOutcome> runTrials(const trial::Study& study, const std::vector<trial::Trial>& trials, TrialRunner& runner, TrialSink& sink,
                               const StudyObserver& observer, std::stop_token stop, bool refresh = false);

}  // namespace trimtab::tune
