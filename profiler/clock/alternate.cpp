#include "profiler/clock/alternate.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>

namespace trimtab::profiler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kMaxTurn = 50;   // runs
constexpr double kWarmUpShare = 0.1;    // of the timing, for each subject
constexpr int kMinWarmUps = 2;          // the first run plans, the second touches every page again

double elapsedMs(Clock::time_point since) { return std::chrono::duration<double, std::milli>(Clock::now() - since).count(); }

struct Runner {
    const Subject& subject;
    const TimingPlan& plan;
    double typicalMs = 0;
    std::int64_t counted = 0;

    bool done() const { return counted >= plan.maxTimings; }

    Result<double> once() const {
        if (plan.cancelled && plan.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
        if (subject.makeReady) TRIMTAB_REQUIRE(subject.makeReady());
        const Clock::time_point begin = Clock::now();
        TRIMTAB_REQUIRE(subject.run());
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
        const double fits = plan.turnMs / std::max(typicalMs, 1e-3);
        return std::clamp<std::int64_t>(std::llround(fits), 1, kMaxTurn);
    }

    double left() const { return static_cast<double>(plan.maxTimings - counted); }
    double turnsLeft() const { return left() / static_cast<double>(turnLength()); }

    /// `shared`: among how many turns what is left is shared out.
    Status turn(std::vector<double>& timings, bool dropFirst, double shared = 1) {
        if (done()) return {};
        if (dropFirst) {
            TRIMTAB_TRY([[maybe_unused]] const double dropped, once());
        }
        const auto share = static_cast<std::int64_t>(std::ceil(left() / shared));
        for (std::int64_t i = std::min(turnLength(), share); i > 0 && !done(); --i) {
            TRIMTAB_TRY(const double ms, once());
            timings.push_back(ms);
            ++counted;
        }
        return {};
    }
};

/// A subject with short runs has enough of them long before the other: it takes fewer in each turn, so that it is there to the end.
double turnsLeft(const Runner& first, const Runner& second, double leftMs, double blockMs) {
    const double inTime = leftMs / std::max(blockMs, 1e-3);
    return std::max(1.0, std::min(inTime, std::max(first.turnsLeft(), second.turnsLeft())));
}

Result<std::vector<base::PairedBlock>> turnsOf(const Subject& baseline, const Subject& trial, const TimingPlan& plan) {
    std::vector<base::PairedBlock> turns;
    Runner first{baseline, plan};
    Runner second{trial, plan};
    const bool paired = static_cast<bool>(baseline);
    if (paired) TRIMTAB_REQUIRE(first.warmUp());
    TRIMTAB_REQUIRE(second.warmUp());
    const double wholeMs = plan.seconds * 1000;
    const Clock::time_point begin = Clock::now();
    for (double endMs = 0, blockMs = 2 * plan.turnMs;;) {
        base::PairedBlock& block = turns.emplace_back();
        const double shared = paired ? turnsLeft(first, second, wholeMs - endMs, blockMs) : 1;
        if (paired) TRIMTAB_REQUIRE(first.turn(block.baseline, true, shared));
        TRIMTAB_REQUIRE(second.turn(block.trial, paired, shared));
        const double nowMs = elapsedMs(begin);
        blockMs = nowMs - endMs;
        endMs = nowMs;
        const double share = nowMs / wholeMs;
        if (plan.progress) plan.progress(std::min(share, 1.0));
        const bool full = second.done() && (!paired || first.done());
        const bool timed = second.counted >= plan.minTimings && (!paired || first.counted >= plan.minTimings);
        const bool enough = timed && std::ssize(turns) >= plan.minTurns;
        if (full || (share >= 1 && enough)) return turns;
    }
}

}  // namespace

Result<std::vector<base::PairedBlock>> timeInTurns(const Subject& baseline, const Subject& trial, const TimingPlan& plan) {
    assert(baseline && trial);
    return turnsOf(baseline, trial, plan);
}

Result<base::PairedBlock> timeAlternating(const Subject& baseline, const Subject& trial, const TimingPlan& plan) {
    TRIMTAB_TRY(const auto turns, turnsOf(baseline, trial, plan));
    base::PairedBlock block;
    for (const base::PairedBlock& turn : turns) {
        block.baseline.insert(block.baseline.end(), turn.baseline.begin(), turn.baseline.end());
        block.trial.insert(block.trial.end(), turn.trial.begin(), turn.trial.end());
    }
    return block;
}

}  // namespace trimtab::profiler
