#include "profiler/worker/paired_gain.h"

#include <algorithm>

#include "profiler/clock/alternate.h"

namespace trimtab::worker {
namespace {

profiler::Subject subject(runtime::CompiledModel& model, const std::vector<NamedTensor>& inputs, const std::function<Status()>& makeReady) {
    const auto run = [&model, &inputs]() -> Status {
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, model.run(inputs));
        return {};
    };
    return {run, makeReady};
}

constexpr double kTurns = 16;  // of both together, where runs are short enough
constexpr std::int64_t kFewestTurns = 8;

}  // namespace

PairedGain gainOf(const std::vector<base::PairedBlock>& turns) {
    constexpr double kNsOfMs = 1e6;
    std::vector<double> saved, whole, less;
    for (const base::PairedBlock& turn : turns) {
        whole.insert(whole.end(), turn.baseline.begin(), turn.baseline.end());
        less.insert(less.end(), turn.trial.begin(), turn.trial.end());
        if (!turn.baseline.empty() && !turn.trial.empty()) saved.push_back(base::median(turn.baseline) - base::median(turn.trial));
    }
    const base::Interval farthest{std::ranges::min(whole) - std::ranges::max(less), std::ranges::max(whole) - std::ranges::min(less)};
    const base::Interval ends = base::quantileInterval(saved, 0.5).value_or(farthest);
    return {{kNsOfMs * base::median(saved), {kNsOfMs * ends.low, kNsOfMs * ends.high}}, kNsOfMs * base::median(whole)};
}

Result<PairedGain> pairedGain(runtime::CompiledModel& untreated, const std::vector<NamedTensor>& before, runtime::CompiledModel& treated,
                              const std::vector<NamedTensor>& after, double seconds, const Call& call,
                              const std::function<Status()>& makeReady) {
    profiler::TimingPlan plan;
    plan.seconds = seconds;
    plan.turnMs = std::clamp(1000 * seconds / kTurns, 1.0, plan.turnMs);
    if (makeReady) {  // which takes longer than the runs: turns of one run each, enough of them for an interval
        plan.turnMs = 0;
        plan.minTimings = kFewestTurns;
    }
    plan.cancelled = call.cancelled;
    TRIMTAB_TRY(const auto turns, profiler::timeInTurns(subject(untreated, before, makeReady), subject(treated, after, makeReady), plan));
    return gainOf(turns);
}

}  // namespace trimtab::worker
