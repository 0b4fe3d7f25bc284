// The order of a study: the baseline, then one trial after the other. What an earlier run finished with what is here now is taken over;
// else plan → accuracy (unless its key is known, or weights are random) → speed, one fresh process a block (unless its key is known, or the
// trial is emulated) → commit → tell.
#include "core/tune/run_study.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/base/units.h"
#include "core/tune/halves.h"

namespace trimtab::tune {
namespace {

using trial::Trial;
using trial::TrialResult;

constexpr int kMostDeathsInARow = 5;
constexpr int kAttempts = 2;

struct TimedSpeed {
    trial::Speed speed;
    std::vector<trace::LayerRecord> layers;  // with their times
};

// Overflows are no numbers to subtract.
bool canPair(const trial::Accuracy& a, const trial::Accuracy& b) {
    const auto fine = [](const trial::Accuracy& accuracy) {
        return !accuracy.sampleScores.empty() &&
               std::ranges::all_of(accuracy.sampleScores, [](double score) { return std::isfinite(score); });
    };
    return a.metric == b.metric && a.sampleScores.size() == b.sampleScores.size() && fine(a) && fine(b);
}

class StudyRun {
public:
    StudyRun(const trial::Study& study, TrialRunner& runner, TrialSink& sink, const StudyObserver& observer, std::stop_token stop)
        : m_study(study), m_runner(runner), m_sink(sink), m_observer(observer), m_stop(std::move(stop)) {}

    Result<StudyOutcome> run(const std::vector<Trial>& trials, bool refresh) {
        m_progress.total = static_cast<int>(trials.size());
        if (!refresh) TRIMTAB_REQUIRE(remember());
        for (std::size_t i = 0; i < trials.size(); ++i) {
            if (m_stop.stop_requested()) return cancelled();
            TRIMTAB_REQUIRE(i == 0 ? runBaseline(trials[i]) : runTrial(trials[i]));
        }
        return m_outcome;
    }

private:
    static tl::unexpected<Error> cancelled() { return fail(ErrorCode::Cancelled, "the study was cancelled; finished trials are kept"); }

    void tell(std::string phase) {
        m_progress.phase = std::move(phase);
        if (m_observer.progress) m_observer.progress(m_progress);
    }

    // Keys hold engine, version, instruction set and device: halves that were measured with something else never match.
    Status remember() {
        TRIMTAB_TRY(auto earlier, m_sink.existing());
        for (TrialResult& result : earlier) {
            if (result.state != trial::State::Finished) continue;
            if (result.accuracy) m_accuracies.insert_or_assign(result.accuracyKey, *result.accuracy);
            if (result.speed) m_speeds.insert_or_assign(result.speedKey, TimedSpeed{*result.speed, result.layers});
            m_earlier.insert_or_assign(trial::identityOf(result.trial), std::move(result));
        }
        return {};
    }

    static std::string environmentKey(const Trial& trial) {
        return fmt::format("{} {} {}", trial.setting.engine, trial.setting.device, trial.setting.threads);
    }

    // A plan costs seconds on a large model. Engine, device and threads decide the environment, so one plan tells it for all trials that
    // agree in them.
    Result<trial::Environment> environmentOf(const Trial& trial) {
        const std::string key = environmentKey(trial);
        if (const auto known = m_environments.find(key); known != m_environments.end()) return known->second;
        TRIMTAB_TRY(const PlanSummary plan, m_runner.plan(m_study, trial, m_stop));
        return m_environments.emplace(key, plan.environment).first->second;
    }

    // The result of an earlier run, if it was measured with what is here now.
    Result<bool> takeEarlier(TrialResult& result) {
        const auto found = m_earlier.find(trial::identityOf(result.trial));
        if (found == m_earlier.end()) return false;
        tell("plan");
        TRIMTAB_TRY(const trial::Environment environment, environmentOf(result.trial));
        if (!(found->second.environment == environment)) return false;
        // Speeds that were held against a baseline of another version say nothing about this one.
        if (m_isBaseline) m_baselineEnvironment = environment;
        if (found->second.speed && found->second.speed->baselineKey != baselineKey(m_study, result.trial, m_baselineEnvironment))
            return false;
        result = found->second;
        if (m_isBaseline) m_baseline = result.accuracy;
        return true;
    }

    Status runBaseline(const Trial& trial) {
        m_isBaseline = true;
        Status done = runTrial(trial);
        m_isBaseline = false;
        if (!done) return done;
        if (m_outcome.failed > 0)  // the first that ran
            return fail(ErrorCode::Failed, "the baseline could not be measured, so nothing can be held against it: " + m_lastFailure);
        if (m_observer.baselineScore && m_baseline) m_observer.baselineScore(*m_baseline);
        return {};
    }

    Status runTrial(const Trial& trial) {
        m_progress.current = trial.label;
        const auto begun = std::chrono::steady_clock::now();
        TrialResult result;
        result.trial = trial;
        result.isBaseline = m_isBaseline;
        for (int attempt = 1;; ++attempt) {
            auto reused = takeEarlier(result);
            if (reused && *reused) {
                ++m_outcome.reused;
                return finish(result, false);
            }
            result.attempts = attempt;
            if (attempt == 1) TRIMTAB_REQUIRE(m_sink.trialStarted(trial));
            const Status measured = reused ? measure(result) : Status(tl::unexpect, reused.error());
            if (measured) break;
            const Error& error = measured.error();
            if (error.code == ErrorCode::Cancelled || m_stop.stop_requested()) return cancelled();
            if (error.code == ErrorCode::WorkerDied) {
                if (++m_deaths >= kMostDeathsInARow)
                    return fail(ErrorCode::WorkerDied,
                                fmt::format("the worker ended {} times in a row without finishing a trial; the last time at \"{}\": {}",
                                            m_deaths, trial.label, error.text()));
                if (attempt < kAttempts) continue;
            }
            result.state = trial::State::Failed;
            result.failure = error.text();
            m_lastFailure = result.failure;
            break;
        }
        result.finishedAt = base::utcNow();
        TRIMTAB_REQUIRE(m_sink.trialFinished(result));
        m_secondsSpent += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        ++m_measured;
        return finish(result, true);
    }

    Status finish(const TrialResult& result, bool fresh) {
        ++m_progress.done;
        if (result.state == trial::State::Failed) {
            ++m_progress.failed;
            ++m_outcome.failed;
        } else {
            m_deaths = 0;
            if (fresh) ++m_outcome.finished;
        }
        if (m_measured > 0) m_progress.secondsLeft = m_secondsSpent / m_measured * (m_progress.total - m_progress.done);
        tell("");
        if (m_observer.finished) m_observer.finished(result);
        return {};
    }

    Status measure(TrialResult& result) {
        tell("plan");
        TRIMTAB_TRY(const PlanSummary plan, m_runner.plan(m_study, result.trial, m_stop));
        m_environments.emplace(environmentKey(result.trial), plan.environment);
        result.layers = plan.layers;
        result.execution = trace::overall(plan.layers);
        result.sizeBytes = plan.sizeBytes;
        result.environment = plan.environment;
        if (!m_study.randomWeights) result.accuracyKey = accuracyKey(m_study, result.trial, plan);
        if (m_isBaseline) m_baselineEnvironment = plan.environment;
        const std::string against = baselineKey(m_study, result.trial, m_baselineEnvironment);
        result.speedKey = speedKey(m_study, result.trial, plan, against);
        if (!m_study.randomWeights) TRIMTAB_REQUIRE(measureAccuracy(result));
        // What is emulated has no speed of its own to measure.
        if (result.execution == trace::Execution::Native) TRIMTAB_REQUIRE(measureSpeed(result, against));
        result.state = trial::State::Finished;
        return {};
    }

    Status measureAccuracy(TrialResult& result) {
        auto known = m_accuracies.find(result.accuracyKey);
        if (known == m_accuracies.end()) {
            tell("accuracy");
            const auto progress = [this](double share, const std::string&) { tell(fmt::format("accuracy {:.0f} %", 100 * share)); };
            TRIMTAB_TRY(auto accuracy, m_runner.measureAccuracy(m_study, result.trial, progress, m_stop));
            known = m_accuracies.emplace(result.accuracyKey, std::move(accuracy)).first;
        }
        result.accuracy = known->second;
        if (m_isBaseline) m_baseline = result.accuracy;
        if (m_baseline && canPair(*m_baseline, *result.accuracy))
            result.accuracyDifference =
                base::pairedDifference(m_baseline->sampleScores, result.accuracy->sampleScores, result.accuracy->sampleWeights);
        return {};
    }

    Status measureSpeed(TrialResult& result, const std::string& against) {
        auto known = m_speeds.find(result.speedKey);
        if (known == m_speeds.end()) {
            std::vector<SpeedBlock> blocks;
            for (int process = 0; process < m_study.budget.processes; ++process) {
                tell(fmt::format("speed {}/{}", process + 1, m_study.budget.processes));
                TRIMTAB_TRY(SpeedBlock block, m_runner.measureSpeed(m_study, result.trial, m_stop));
                if (block.timings.trial.empty()) return fail(ErrorCode::Failed, "the worker sent no timings");
                blocks.push_back(std::move(block));
            }
            TimedSpeed timed{speedOf(blocks, m_isBaseline), timedLayers(result.layers, blocks)};
            timed.speed.baselineKey = against;
            known = m_speeds.emplace(result.speedKey, std::move(timed)).first;
        }
        result.speed = known->second.speed;
        const auto& timed = known->second.layers;
        for (std::size_t i = 0; i < result.layers.size() && timed.size() == result.layers.size(); ++i) {
            result.layers[i].medianNs = timed[i].medianNs;
            result.layers[i].share = timed[i].share;
        }
        return {};
    }

    const trial::Study& m_study;
    TrialRunner& m_runner;
    TrialSink& m_sink;
    const StudyObserver& m_observer;
    std::stop_token m_stop;

    StudyOutcome m_outcome;
    StudyProgress m_progress;
    std::map<std::string, trial::Accuracy> m_accuracies;  // by key
    std::map<std::string, TimedSpeed> m_speeds;           // by key
    std::map<std::string, TrialResult> m_earlier;         // by file, recipe and setting
    std::map<std::string, trial::Environment> m_environments;
    std::optional<trial::Accuracy> m_baseline;
    trial::Environment m_baselineEnvironment;
    std::string m_lastFailure;
    bool m_isBaseline = false;
    int m_deaths = 0;
    int m_measured = 0;
    double m_secondsSpent = 0;
};

}  // namespace

Result<StudyOutcome> runStudy(const trial::Study& study, TrialRunner& runner, TrialSink& sink, const StudyObserver& observer,
                              std::stop_token stop, bool refresh) {
    TRIMTAB_TRY(Grid grid, expandGrid(study));
    TRIMTAB_TRY(StudyOutcome outcome, runTrials(study, grid.trials, runner, sink, observer, std::move(stop), refresh));
    outcome.skipped = std::move(grid.skipped);
    return outcome;
}

Result<StudyOutcome> runTrials(const trial::Study& study, const std::vector<Trial>& trials, TrialRunner& runner, TrialSink& sink,
                               const StudyObserver& observer, std::stop_token stop, bool refresh) {
    return StudyRun(study, runner, sink, observer, std::move(stop)).run(trials, refresh);
}

}  // namespace trimtab::tune
