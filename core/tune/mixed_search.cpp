// The order of the search: the baseline and the uniform recipes; then mixes, each under a budget for the sum of losses that the measured loss of
// the one before corrects: narrower when the limit was broken, wider when there was room. The budget is kept between the widest that held and
// the narrowest that broke, so that the rounds close in. Where units can leave, half of the rounds let them leave on top of the fastest uniform
// recipe of precision; the others mix all.
#include "core/tune/mixed_search.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/explain/compare.h"

namespace trimtab::tune {
namespace {

using Quantity = MixGoal::Quantity;
using trial::Trial;
using trial::TrialResult;

constexpr int kMostKnown = 12;  // halvings between a budget that held and one that broke leave less than a thousandth

std::string identityOf(const Trial& trial) { return recipe::canonical(trial.recipe) + recipe::canonical(trial.setting); }

/// How much worse than the baseline, in scores; the interval's high end is the worse one.
base::Estimate lossOf(const TrialResult& result) {
    if (result.isBaseline || !result.accuracyDifference) return {};
    const base::Estimate& d = *result.accuracyDifference;
    if (!result.accuracy->higherIsBetter) return d;
    return {-d.value, {-d.interval.high, -d.interval.low}};
}

class MixSearch {
public:
    MixSearch(const trial::Study& study, const trial::SensitivityTable& table, const MixGoal& goal, TrialRunner& runner, TrialSink& sink,
              const StudyObserver& observer, std::stop_token stop)
        : m_study(study), m_table(table), m_goal(goal), m_runner(runner), m_sink(sink), m_observer(observer), m_stop(std::move(stop)) {}

    Result<MixOutcome> run() {
        m_trials.push_back(trial::baselineOf(m_study));
        for (const auto& option : m_table.options) {
            recipe::Recipe uniform;
            uniform.base = option.settings;
            m_uniform.push_back(addTrial(uniform, option.name));
        }
        TRIMTAB_REQUIRE(measure());
        TRIMTAB_REQUIRE(m_goal.limited == Quantity::Loss ? closeInBothWays() : tryMix(m_goal.limit, {}).map([](const Tried&) {}));
        return outcome();
    }

private:
    /// Its place among the trials, where it stands only once.
    std::size_t addTrial(const recipe::Recipe& recipe, const std::string& label) {
        Trial trial{recipe, m_study.setting, label};
        const std::string identity = identityOf(trial);
        const auto known = std::ranges::find(m_trials, identity, identityOf);
        const auto place = static_cast<std::size_t>(known - m_trials.begin());
        if (known == m_trials.end()) m_trials.push_back(std::move(trial));
        return place;
    }

    Status measure() {
        TRIMTAB_TRY([[maybe_unused]] const auto done, runTrials(m_study, m_trials, m_runner, m_sink, m_observer, m_stop));
        TRIMTAB_TRY(auto results, m_sink.existing());
        for (TrialResult& result : results) m_results.insert_or_assign(identityOf(result.trial), std::move(result));
        return {};
    }

    /// Measures the mix where it is new.
    struct Tried {
        std::size_t trial = 0;
        double predicted = 0;  // loss
        bool isNew = false;
    };
    Result<Tried> tryMix(double limit, const std::optional<Underneath>& underneath) {
        TRIMTAB_TRY(Mix mix, mixFor(m_table, m_goal, limit, underneath));
        const std::size_t known = m_trials.size();
        Tried tried{addTrial(mix.recipe(m_table), fmt::format("mix {}", m_mixes.size() + 1)), mix.loss, false};
        tried.isNew = tried.trial == known;
        if (!tried.isNew) return tried;
        m_mixes.emplace(tried.trial, std::move(mix));
        TRIMTAB_REQUIRE(measure());
        return tried;
    }

    const TrialResult* resultOf(std::size_t trial) const {
        const auto found = m_results.find(identityOf(m_trials[trial]));
        return found == m_results.end() ? nullptr : &found->second;
    }

    /// The fastest uniform recipe of layers alone that keeps the limit, where there are units that could leave as well.
    std::optional<Underneath> fastestOfLayers() const {
        const auto unitsMayLeave = [&](std::size_t option) {
            for (std::size_t unit = 0; unit < m_table.units.size(); ++unit)
                for (std::size_t other = 0; other < m_table.options.size(); ++other)
                    if (m_table.cell(unit, option).refused() && !m_table.cell(unit, other).refused()) return true;
            return false;
        };
        std::optional<Underneath> fastest;
        double speed = 1;
        for (std::size_t option = 0; option < m_table.options.size(); ++option) {
            const recipe::Settings& settings = m_table.options[option].settings;
            if (settings.prune && recipe::removesUnits(*settings.prune)) continue;
            const TrialResult* result = resultOf(m_uniform[option]);
            if (!result || result->state != trial::State::Finished || !result->speed || verdictOf(*result, {}) != Verdict::Inside) continue;
            if (result->speed->speedup.value <= speed || !unitsMayLeave(option)) continue;
            speed = result->speed->speedup.value;
            fastest = Underneath{option, std::max(lossOf(*result).value, 0.0)};
        }
        return fastest;
    }

    Status closeInBothWays() {
        const auto underneath = m_goal.minimize == Quantity::Latency ? fastestOfLayers() : std::nullopt;
        if (!underneath) return closeIn(m_goal.rounds, {});
        TRIMTAB_REQUIRE(closeIn((m_goal.rounds + 1) / 2, underneath));
        return closeIn(m_goal.rounds / 2, {});
    }

    Status closeIn(int rounds, const std::optional<Underneath>& underneath) {
        const double allowed = allowedLoss(m_table, m_goal.maxDrop);
        double held = underneath ? underneath->loss : 0, broke = std::numeric_limits<double>::infinity();
        double budget = allowed;
        int known = 0;  // budgets that led to a mix which was measured before
        for (int round = 0; round < rounds && known < kMostKnown;) {
            TRIMTAB_TRY(const Tried tried, tryMix(budget, underneath));
            ++(tried.isNew ? round : known);
            const TrialResult* result = resultOf(tried.trial);
            if (!result || result->state != trial::State::Finished) return {};
            const base::Estimate loss = lossOf(*result);
            const double predicted = tried.predicted;
            if (loss.interval.high <= allowed) held = std::max(held, budget);
            else broke = std::min(broke, budget);
            // The worse end of the interval is to come to the limit: the sum of parts is scaled by how far off it was.
            const double spread = loss.interval.high - loss.value;
            const double room = std::max(allowed - spread, 0.0);
            const double scale = predicted > 0 && loss.value > 0 ? predicted / loss.value : 2;
            budget = std::max(room * scale, underneath ? underneath->loss : 0.0);
            if (budget <= held || budget >= broke) {
                if (!std::isfinite(broke)) budget = held * 1.5;
                else budget = (held + broke) / 2;
            }
        }
        return {};
    }

    Verdict verdictOf(const TrialResult& result, const std::optional<Mix>& mix) const {
        if (m_goal.limited == Quantity::Loss) {
            const double allowed = allowedLoss(m_table, m_goal.maxDrop);
            const base::Estimate loss = lossOf(result);
            if (loss.interval.high <= allowed) return Verdict::Inside;
            return loss.interval.low > allowed ? Verdict::Outside : Verdict::Undecided;
        }
        if (m_goal.limited == Quantity::Latency) {
            if (!result.speed) return Verdict::Undecided;
            if (result.speed->medianInterval.high <= m_goal.limit) return Verdict::Inside;
            return result.speed->medianInterval.low > m_goal.limit ? Verdict::Outside : Verdict::Undecided;
        }
        if (!mix) return Verdict::Undecided;
        return (m_goal.limited == Quantity::Bytes ? mix->bytes : mix->meanBits) <= m_goal.limit ? Verdict::Inside : Verdict::Outside;
    }

    /// Smaller is better.
    double valueOf(const MixCandidate& candidate) const {
        const TrialResult& result = candidate.result;
        if (m_goal.minimize == Quantity::Loss) return lossOf(result).value;
        if (m_goal.minimize == Quantity::Latency) return result.speed && result.speed->speedup.value > 0 ? 1 / result.speed->speedup.value : 1e300;
        return static_cast<double>(result.sizeBytes);
    }

    Result<MixOutcome> outcome() {
        MixOutcome outcome;
        const bool needsSpeed = m_goal.minimize == Quantity::Latency || m_goal.limited == Quantity::Latency;
        for (std::size_t i = 0; i < m_trials.size(); ++i) {
            const TrialResult* result = resultOf(i);
            if (!result) continue;
            MixCandidate candidate;
            candidate.result = *result;
            if (const auto mix = m_mixes.find(i); mix != m_mixes.end()) candidate.mix = mix->second;
            if (result->state == trial::State::Finished) candidate.verdict = verdictOf(*result, candidate.mix);
            outcome.candidates.push_back(std::move(candidate));
        }
        const auto better = [&](std::size_t i, const std::optional<std::size_t>& than) {
            return !than || valueOf(outcome.candidates[i]) < valueOf(outcome.candidates[*than]);
        };
        for (std::size_t i = 0; i < outcome.candidates.size(); ++i) {
            const MixCandidate& candidate = outcome.candidates[i];
            const bool usable = candidate.result.state == trial::State::Finished && candidate.verdict == Verdict::Inside &&
                                (!needsSpeed || candidate.result.speed);
            if (!usable) continue;
            if (better(i, outcome.best)) outcome.best = i;
            if (!candidate.mix && better(i, outcome.bestUniform)) outcome.bestUniform = i;
        }
        outcome.overUniform = {1, {1, 1}};
        if (outcome.best && outcome.bestUniform && *outcome.best != *outcome.bestUniform) {
            const auto& a = outcome.candidates[*outcome.best].result.speed;
            const auto& b = outcome.candidates[*outcome.bestUniform].result.speed;
            if (a && b) outcome.overUniform = base::speedupRatio(a->blocks, b->blocks);
        }
        return outcome;
    }

    const trial::Study& m_study;
    const trial::SensitivityTable& m_table;
    const MixGoal& m_goal;
    TrialRunner& m_runner;
    TrialSink& m_sink;
    const StudyObserver& m_observer;
    std::stop_token m_stop;
    std::vector<Trial> m_trials;
    std::vector<std::size_t> m_uniform;             // trials, by option
    std::map<std::size_t, Mix> m_mixes;             // by trial
    std::map<std::string, TrialResult> m_results;   // by identity
};

}  // namespace

std::string_view name(Verdict verdict) {
    return verdict == Verdict::Inside ? "inside" : verdict == Verdict::Outside ? "outside" : "undecided";
}

Result<MixOutcome> searchMix(const trial::Study& study, const trial::SensitivityTable& table, const MixGoal& goal, TrialRunner& runner, TrialSink& sink,
                             const StudyObserver& observer, std::stop_token stop) {
    return MixSearch(study, table, goal, runner, sink, observer, std::move(stop)).run();
}

}  // namespace trimtab::tune
