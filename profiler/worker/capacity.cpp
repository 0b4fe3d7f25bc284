#include "profiler/worker/capacity.h"

#include "core/base/memory_budget.h"
#include "profiler/clock/alternate.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {
namespace {

constexpr double kSeconds = 0.3;  // of timing, for each option
constexpr double kNsOfMs = 1e6;

Result<trial::FitTrial> tryOne(const ipc::ProfileRequest& request, const trial::SensitivityOption& option, Workbench& bench,
                               const Call& call) {
    ipc::ModelRequest treated = request.model;
    recipe::lay(option.settings, treated.recipe.base);
    TRIMTAB_TRY(const auto run, readyRun(treated, request.inputFiles, bench, call));
    profiler::TimingPlan plan;
    plan.seconds = kSeconds;
    plan.cancelled = call.cancelled;
    TRIMTAB_TRY(const auto times,
                profiler::timeAlternating({}, {[&run] { return run->once(); }, [&run] { return run->makeReady(); }}, plan));
    trial::FitTrial trial{option, {}, trace::overall(run->layers()), kNsOfMs * base::median(times.trial), 0, 0};
    trial.weightBytes = run->weightBytes();
    trial.arenaBytes = run->arenaBytes();
    return trial;
}

}  // namespace

Result<trial::Capacity> tryToFit(const ipc::ProfileRequest& request, const std::string& problem, Workbench& bench, const Call& call) {
    trial::Capacity capacity{problem, base::MemoryBudget::process().limit(), {}};
    for (const trial::SensitivityOption& option : request.options) {
        call.progress(static_cast<double>(capacity.options.size()) / static_cast<double>(request.options.size()),
                      "it does not fit; trying " + option.name);
        bench.clear();
        auto trial = tryOne(request, option, bench, call);
        if (!trial && trial.error().code == ErrorCode::Cancelled) return fail(trial.error());
        capacity.options.push_back(trial ? std::move(*trial) : trial::FitTrial{option, trial.error().text(), {}, 0, 0, 0});
    }
    bench.clear();
    return capacity;
}

}  // namespace trimtab::worker
