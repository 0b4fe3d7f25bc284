#include "profiler/clock/alternate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace trimtab::profiler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kTurnMs = 15;          // a turn lasts about as long as a scheduler's slice
constexpr std::int64_t kMaxTurn = 50;   // runs
constexpr double kWarmUpShare = 0.1;    // of the timing, for each subject
constexpr int kMinWarmUps = 2;          // the first run plans, the second touches every page again

double elapsedMs(Clock::time_point since) { return std::chrono::duration<double, std::milli>(Clock::now() - since).count(); }

struct Runner {
    const Subject& subject;
    std::vector<double>& timings;
    const TimingPlan& plan;
    double typicalMs = 0;

    bool done() const { return static_cast<std::int64_t>(timings.size()) >= plan.maxTimings; }

    Result<double> once() const {
        if (plan.cancelled && plan.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
        const Clock::time_point begin = Clock::now();
        TRIMTAB_REQUIRE(subject());
        return elapsedMs(begin);
    }

    Status warmUp() {
        const Clock::time_point begin = Clock::now();
        for (int i = 0; i < kMinWarmUps || elapsedMs(begin) < plan.seconds * 1000 * kWarmUpShare; ++i) {
            TRIMTAB_TRY(typicalMs, once());
        }
        return {};
    }

    std::int64_t turnLength() const {
        const double fits = kTurnMs / std::max(typicalMs, 1e-3);
        return std::clamp<std::int64_t>(std::llround(fits), 1, kMaxTurn);
    }

    Status turn(bool dropFirst) {
        if (done()) return {};
        if (dropFirst) {
            TRIMTAB_TRY([[maybe_unused]] const double dropped, once());
        }
        for (std::int64_t i = turnLength(); i > 0 && !done(); --i) {
            TRIMTAB_TRY(const double ms, once());
            timings.push_back(ms);
        }
        return {};
    }
};

}  // namespace

Result<base::PairedBlock> timeAlternating(const Subject& baseline, const Subject& trial, const TimingPlan& plan) {
    base::PairedBlock block;
    Runner first{baseline, block.baseline, plan};
    Runner second{trial, block.trial, plan};
    const bool paired = static_cast<bool>(baseline);
    if (paired) TRIMTAB_REQUIRE(first.warmUp());
    TRIMTAB_REQUIRE(second.warmUp());
    const Clock::time_point begin = Clock::now();
    for (;;) {
        if (paired) TRIMTAB_REQUIRE(first.turn(true));
        TRIMTAB_REQUIRE(second.turn(paired));
        const double share = elapsedMs(begin) / (plan.seconds * 1000);
        if (plan.progress) plan.progress(std::min(share, 1.0));
        const bool full = second.done() && (!paired || first.done());
        const bool enough = static_cast<std::int64_t>(block.trial.size()) >= plan.minTimings;
        if (full || (share >= 1 && enough)) return block;
    }
}

}  // namespace trimtab::profiler
