#include "profiler/worker/paired_gain.h"

#include <algorithm>

#include "profiler/clock/alternate.h"

namespace trimtab::worker {
namespace {

profiler::Subject subject(runtime::CompiledModel& model, const std::vector<NamedTensor>& inputs) {
    return [&model, &inputs]() -> Status {
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, model.run(inputs));
        return {};
    };
}

base::Interval endsOf(const std::vector<double>& ms) {
    if (const auto interval = base::quantileInterval(ms, 0.5)) return *interval;
    return {std::ranges::min(ms), std::ranges::max(ms)};
}

}  // namespace

Result<PairedGain> pairedGain(runtime::CompiledModel& untreated, const std::vector<NamedTensor>& before, runtime::CompiledModel& treated,
                              const std::vector<NamedTensor>& after, double seconds, const Call& call) {
    profiler::TimingPlan plan;
    plan.seconds = seconds;
    plan.cancelled = call.cancelled;
    TRIMTAB_TRY(const auto timings, profiler::timeAlternating(subject(untreated, before), subject(treated, after), plan));
    const base::Interval whole = endsOf(timings.baseline), less = endsOf(timings.trial);
    const double median = base::median(timings.baseline);
    const base::Interval ends{1e6 * (whole.low - less.high), 1e6 * (whole.high - less.low)};
    return PairedGain{{1e6 * (median - base::median(timings.trial)), ends}, 1e6 * median};
}

}  // namespace trimtab::worker
