// The order of the search: the baseline and the uniform recipes; then mixes. Where loss or latency is limited, each mix is under a budget
// for the sum of its parts that what the one before really came to corrects: narrower when the limit was broken, wider when there was
// room. The budget is kept between the widest that held and the narrowest that broke, so that the rounds close in. Bytes and bits are
// what their sum says: one mix. Where units can leave, half of the rounds let them leave on top of the fastest uniform recipe of
// precision; the others mix all.
#include "core/tune/mixed_search.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "core/explain/compare.h"

namespace trimtab::tune {
namespace {

using Quantity = MixGoal::Quantity;
using trial::Trial;
using trial::TrialResult;

constexpr int kMostKnown = 12;  // halvings between a budget that held and one that broke leave less than a thousandth
constexpr std::string_view kMixLabel = "mix ";

/// How much worse than the baseline, in scores; the interval's high end is the worse one. None where scores are no numbers to subtract:
/// such a model is broken, whatever it saves.
std::optional<base::Estimate> lossOf(const TrialResult& result) {
    if (result.isBaseline) return base::Estimate{};
    if (!result.accuracyDifference) return std::nullopt;
    const base::Estimate& d = *result.accuracyDifference;
    if (!result.accuracy->higherIsBetter) return d;
    return base::Estimate{-d.value, {-d.interval.high, -d.interval.low}};
}

/// 3 for "mix 3", 0 for other labels.
int numberOf(std::string_view label) {
    if (!label.starts_with(kMixLabel)) return 0;
    int number = 0;
    label.remove_prefix(kMixLabel.size());
    std::from_chars(label.data(), label.data() + label.size(), number);
    return number;
}

class MixSearch {
public:
    MixSearch(const trial::Study& study, const trial::SensitivityTable& table, const MixGoal& goal, TrialRunner& runner, TrialSink& sink,
              const StudyObserver& observer, std::stop_token stop)
        : m_study(study), m_table(table), m_goal(goal), m_runner(runner), m_sink(sink), m_observer(observer), m_stop(std::move(stop)) {}

    Result<MixOutcome> run() {
        m_trials.push_back(trial::baselineOf(m_study));
        m_sums.emplace(0, sumsOf(m_table, std::nullopt));
        for (std::size_t option = 0; option < m_table.options.size(); ++option) {
            recipe::Recipe uniform;
            uniform.base = m_table.options[option].settings;
            m_uniform.push_back(addTrial(uniform, m_table.options[option].name));
            m_sums.emplace(m_uniform.back(), sumsOf(m_table, option));
        }
        TRIMTAB_REQUIRE(measure());
        const TrialResult* baseline = resultOf(0);
        if (!baseline || !baseline->accuracy) return fail(ErrorCode::Failed, "the baseline has no score, so no limit can be told");
        const trial::Accuracy& untouched = *baseline->accuracy;
        m_allowed = m_goal.limited == Quantity::Loss ? allowedLoss(untouched.metric, untouched.value, m_goal.maxDrop) : m_goal.limit;
        TRIMTAB_REQUIRE(mix());
        return outcome();
    }

private:
    /// Its place among the trials, where it stands only once.
    std::size_t addTrial(const recipe::Recipe& recipe, const std::string& label) {
        Trial trial{recipe, m_study.setting, label};
        const std::string identity = trial::identityOf(trial);
        const auto known = std::ranges::find(m_trials, identity, trial::identityOf);
        const auto place = static_cast<std::size_t>(known - m_trials.begin());
        if (known == m_trials.end()) m_trials.push_back(std::move(trial));
        return place;
    }

    Status measure() {
        TRIMTAB_TRY([[maybe_unused]] const auto done, runTrials(m_study, m_trials, m_runner, m_sink, m_observer, m_stop));
        TRIMTAB_TRY(auto results, m_sink.existing());
        for (TrialResult& result : results) m_results.insert_or_assign(trial::identityOf(result.trial), std::move(result));
        return {};
    }

    Status mix() {
        if (m_goal.limited == Quantity::Loss) return closeInBothWays();
        if (m_goal.limited == Quantity::Latency) return closeIn(m_goal.rounds, {});
        return tryMix(m_allowed, {}).map([](const auto&) {});
    }

    /// A number that no mix of the study bears yet, those of earlier searches included.
    int nextNumber() const {
        int last = 0;
        for (const auto& [identity, result] : m_results) last = std::max(last, numberOf(result.trial.label));
        for (const Trial& trial : m_trials) last = std::max(last, numberOf(trial.label));
        return last + 1;
    }

    std::string labelOf(const recipe::Recipe& recipe) const {
        const auto known = m_results.find(trial::identityOf({recipe, m_study.setting, {}}));
        return known != m_results.end() ? known->second.trial.label : fmt::format("{}{}", kMixLabel, nextNumber());
    }

    struct Tried {
        std::size_t trial = 0;
        double predicted = 0;  // of what is limited
        bool isNew = false;
    };
    /// Measures the mix where it is new. None where the parts cannot meet the limit.
    Result<std::optional<Tried>> tryMix(double limit, const std::optional<Underneath>& underneath) {
        auto made = mixFor(m_table, m_goal, limit, underneath);
        if (!made && made.error().code != ErrorCode::Refused) return fail(std::move(made).error());
        if (!made) {
            m_noMix = made.error().text();
            return std::nullopt;
        }
        const recipe::Recipe recipe = made->recipe(m_table);
        const std::size_t known = m_trials.size();
        Tried tried{addTrial(recipe, labelOf(recipe)), m_goal.limited == Quantity::Latency ? made->latencyMs : made->loss, false};
        tried.isNew = tried.trial == known;
        if (!tried.isNew) return tried;
        m_sums.emplace(tried.trial, *made);
        m_mixes.emplace(tried.trial, std::move(*made));
        TRIMTAB_REQUIRE(measure());
        return tried;
    }

    const TrialResult* resultOf(std::size_t trial) const {
        const auto found = m_results.find(trial::identityOf(m_trials[trial]));
        return found == m_results.end() ? nullptr : &found->second;
    }

    bool removes(std::size_t option) const {
        const auto& prune = m_table.options[option].settings.prune;
        return prune && recipe::removesUnits(*prune);
    }

    /// The fastest uniform recipe of layers alone that keeps the limit, where there are units that could leave as well.
    std::optional<Underneath> fastestOfLayers() const {
        const auto unitsMayLeave = [&](std::size_t option) {
            for (std::size_t unit = 0; unit < m_table.units.size(); ++unit)
                for (std::size_t other = 0; other < m_table.options.size(); ++other)
                    if (removes(other) && m_table.cell(unit, option).refused() && !m_table.cell(unit, other).refused()) return true;
            return false;
        };
        std::optional<Underneath> fastest;
        double speed = 1;
        for (std::size_t option = 0; option < m_table.options.size(); ++option) {
            if (removes(option)) continue;
            const TrialResult* result = resultOf(m_uniform[option]);
            if (!result || result->state != trial::State::Finished || !result->speed) continue;
            if (verdictOf(m_uniform[option], *result) != Verdict::Inside) continue;
            if (result->speed->speedup.value <= speed || !unitsMayLeave(option)) continue;
            speed = result->speed->speedup.value;
            fastest = Underneath{option, std::max(lossOf(*result)->value, 0.0)};
        }
        return fastest;
    }

    Status closeInBothWays() {
        const auto underneath = m_goal.minimize == Quantity::Latency ? fastestOfLayers() : std::nullopt;
        if (!underneath) return closeIn(m_goal.rounds, {});
        TRIMTAB_REQUIRE(closeIn((m_goal.rounds + 1) / 2, underneath));
        return closeIn(m_goal.rounds / 2, {});
    }

    /// What the sum of the parts may come to, as far as the baseline tells: times of stretches leave out what no row covers.
    double firstBudget() const {
        const TrialResult& baseline = *resultOf(0);
        if (m_goal.limited == Quantity::Loss || !baseline.speed || baseline.speed->medianMs <= 0) return m_allowed;
        return m_allowed * m_sums.at(0)->latencyMs / baseline.speed->medianMs;
    }

    Status closeIn(int rounds, const std::optional<Underneath>& underneath) {
        const double least = underneath ? underneath->loss : 0;
        double held = least, broke = std::numeric_limits<double>::infinity();
        double budget = firstBudget();
        const auto between = [&] { return std::isfinite(broke) ? (held + broke) / 2 : held * 1.5; };
        int known = 0;  // budgets that led to no mix, or to one which was measured before
        for (int round = 0; round < rounds && known < kMostKnown;) {
            TRIMTAB_TRY(const std::optional<Tried> tried, tryMix(budget, underneath));
            ++(tried && tried->isNew ? round : known);
            if (!tried) {
                held = std::max(held, budget);
                budget = between();
                continue;
            }
            const TrialResult* result = resultOf(tried->trial);
            if (!result || result->state != trial::State::Finished) return {};
            const std::optional<base::Estimate> measured = limitedOf(tried->trial, *result);
            if (measured && measured->interval.high <= m_allowed) held = std::max(held, budget);
            else broke = std::min(broke, budget);
            budget = measured ? std::max(corrected(tried->predicted, *measured), least) : broke;
            if (budget <= held || budget >= broke) budget = between();
        }
        return {};
    }

    /// The worse end of the interval is to come to the limit: the sum of parts is scaled by how far off it was.
    double corrected(double predicted, const base::Estimate& measured) const {
        const double room = std::max(m_allowed - (measured.interval.high - measured.value), 0.0);
        return room * (predicted > 0 && measured.value > 0 ? predicted / measured.value : 2);
    }

    /// Of a finished trial what is limited: measured, or summed over the rows. None where it is not known.
    std::optional<base::Estimate> limitedOf(std::size_t trial, const TrialResult& result) const {
        if (m_goal.limited == Quantity::Loss) return lossOf(result);
        if (m_goal.limited == Quantity::Latency) {
            if (!result.speed) return std::nullopt;
            return base::Estimate{result.speed->medianMs, result.speed->medianInterval};
        }
        const auto sums = m_sums.find(trial);
        if (sums == m_sums.end() || !sums->second) return std::nullopt;
        const double sum = m_goal.limited == Quantity::Bytes ? sums->second->bytes : sums->second->meanBits;
        return base::Estimate{sum, {sum, sum}};
    }

    Verdict verdictOf(std::size_t trial, const TrialResult& result) const {
        if (!lossOf(result)) return Verdict::Outside;
        const auto limited = limitedOf(trial, result);
        if (!limited) return Verdict::Undecided;
        if (limited->interval.high <= m_allowed) return Verdict::Inside;
        return limited->interval.low > m_allowed ? Verdict::Outside : Verdict::Undecided;
    }

    /// Smaller is better.
    double valueOf(const MixCandidate& candidate) const {
        const TrialResult& result = candidate.result;
        if (m_goal.minimize == Quantity::Loss) {
            const auto loss = lossOf(result);
            return loss ? loss->value : std::numeric_limits<double>::infinity();
        }
        if (m_goal.minimize == Quantity::Latency)
            return result.speed && result.speed->speedup.value > 0 ? 1 / result.speed->speedup.value : 1e300;
        return static_cast<double>(result.sizeBytes);
    }

    Result<MixOutcome> outcome() {
        MixOutcome outcome;
        if (m_mixes.empty()) outcome.noMix = m_noMix;
        const bool needsSpeed = m_goal.minimize == Quantity::Latency || m_goal.limited == Quantity::Latency;
        for (std::size_t i = 0; i < m_trials.size(); ++i) {
            const TrialResult* result = resultOf(i);
            if (!result) continue;
            MixCandidate candidate;
            candidate.result = *result;
            if (const auto mix = m_mixes.find(i); mix != m_mixes.end()) candidate.mix = mix->second;
            if (result->state == trial::State::Finished) candidate.verdict = verdictOf(i, *result);
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
    std::map<std::size_t, std::optional<Mix>> m_sums;  // over the rows, by trial; none where the table does not say
    double m_allowed = 0;                           // of the limited quantity
    std::string m_noMix;                            // why the last one could not be made
    std::map<std::string, TrialResult> m_results;   // by identity
};

}  // namespace

std::string_view name(Verdict verdict) {
    return verdict == Verdict::Inside ? "inside" : verdict == Verdict::Outside ? "outside" : "undecided";
}

Result<MixOutcome> searchMix(const trial::Study& study, const trial::SensitivityTable& table, const MixGoal& goal, TrialRunner& runner,
                             TrialSink& sink, const StudyObserver& observer, std::stop_token stop) {
    return MixSearch(study, table, goal, runner, sink, observer, std::move(stop)).run();
}

}  // namespace trimtab::tune
