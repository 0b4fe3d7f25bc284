#include "profiler/power/energy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "profiler/power/energy_curve.h"

namespace trimtab::profiler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kReach = 1.2;  // of a mean that reaches back, so that none of it lies before the warm-up
constexpr double kBlocksOfMeans = 4;

double secondsBetween(Clock::time_point begin, Clock::time_point end) { return std::chrono::duration<double>(end - begin).count(); }

struct Block {
    Clock::time_point begin, end;
    double preparing = 0;  // seconds
    std::int64_t runs = 0;

    double seconds() const { return secondsBetween(begin, end); }
};

EnergyPlan suited(EnergyPlan plan, const PowerSourceInfo& info) {
    if (info.tells("energy counter") || info.averagedSeconds <= 0) return plan;
    plan.warmUpSeconds = std::max(plan.warmUpSeconds, kReach * info.averagedSeconds);
    plan.blockSeconds = std::max(plan.blockSeconds, info.averagedSeconds);
    plan.seconds = std::max(plan.seconds, kBlocksOfMeans * info.averagedSeconds);
    return plan;
}

class Stretch {
public:
    Stretch(const Subject& subject, const EnergyPlan& plan) : m_subject(subject), m_plan(plan) {}

    Status run() {
        TRIMTAB_TRY([[maybe_unused]] const Block before, block(m_plan.warmUpSeconds));
        const Clock::time_point begin = Clock::now();
        for (double share = 0; share < 1 || std::ssize(m_blocks) < m_plan.fewestBlocks;) {
            TRIMTAB_TRY(const Block next, block(m_plan.blockSeconds));
            m_blocks.push_back(next);
            // The last block may as well be left out as begin just before the end.
            share = (secondsBetween(begin, next.end) + m_plan.blockSeconds / 2) / m_plan.seconds;
            if (m_plan.progress) m_plan.progress(std::min(share, 1.0));
        }
        // One run that lasts as long as a block has its counter's last step in the noise.
        if (m_blocks.back().seconds() / static_cast<double>(m_blocks.back().runs) > m_plan.blockSeconds) return {};
        TRIMTAB_TRY([[maybe_unused]] const Block behind, block(m_plan.runOutSeconds));
        return {};
    }

    const std::vector<Block>& blocks() const { return m_blocks; }

private:
    /// Blocks stand one right behind the other.
    Result<Block> block(double seconds) {
        Block block;
        block.begin = m_reached.value_or(Clock::now());
        do {
            if (m_plan.cancelled && m_plan.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
            if (m_subject.makeReady) {
                const Clock::time_point begin = Clock::now();
                TRIMTAB_REQUIRE(m_subject.makeReady());
                block.preparing += secondsBetween(begin, Clock::now());
            }
            TRIMTAB_REQUIRE(m_subject.run());
            ++block.runs;
            block.end = Clock::now();
        } while (block.seconds() < seconds);
        m_reached = block.end;
        return block;
    }

    const Subject& m_subject;
    const EnergyPlan& m_plan;
    std::optional<Clock::time_point> m_reached;
    std::vector<Block> m_blocks;
};

bool slowedDown(const std::vector<Reading>& readings, const std::vector<Block>& blocks) {
    return std::ranges::any_of(readings, [&](const Reading& reading) {
        return reading.time >= blocks.front().begin && reading.time <= blocks.back().end && slowsDown(reading.reasons.value_or(0));
    });
}

Error nothingDrawn(const EnergyCurve& curve, const Block& block) {
    if (!curve.isCounter()) return {ErrorCode::Unsupported, "the power was not read throughout, or was none", {}};
    return {ErrorCode::Unsupported, fmt::format("the energy counter stood still for {:.2g} s", block.seconds()), {}};
}

Result<trace::Energy> energyOf(const std::vector<Block>& blocks, const Samples& samples) {
    const EnergyCurve curve(samples.readings);
    trace::Energy energy;
    std::vector<base::PairedBlock> ofRuns;
    double joules = 0, ofTheRuns = 0;
    for (const Block& block : blocks) {
        const auto drawn = curve.between(block.begin, block.end);
        if (!drawn || !(*drawn > 0)) return fail(nothingDrawn(curve, block));
        const double share = 1 - block.preparing / block.seconds();
        ofRuns.push_back({{*drawn * share / static_cast<double>(block.runs)}, {1}});
        joules += *drawn;
        ofTheRuns += *drawn * share;
        energy.preparing += block.preparing;
        energy.runs += block.runs;
        energy.seconds += block.seconds();
    }
    energy.preparing /= energy.seconds;
    energy.watts = joules / energy.seconds;
    energy.blocks = std::ssize(blocks);
    energy.joulesPerRun = base::pairedSpeedup(ofRuns);
    // The mean of all runs, where that of the blocks' logarithms is a hair off.
    energy.joulesPerRun.value = ofTheRuns / static_cast<double>(energy.runs);
    base::Interval& interval = energy.joulesPerRun.interval;
    interval = {std::min(interval.low, energy.joulesPerRun.value), std::max(interval.high, energy.joulesPerRun.value)};
    energy.method = curve.isCounter() ? "energy counter" : fmt::format("integral of power every {:g} ms", samples.periodMs);
    energy.throttled = slowedDown(samples.readings, blocks);
    return energy;
}

}  // namespace

Result<trace::Energy> measureEnergy(const Subject& subject, PowerSource& source, const EnergyPlan& plan) {
    assert(subject);
    const PowerSourceInfo& info = source.info();
    if (!info.tellsEnergy()) return fail(ErrorCode::Unsupported, info.reasons({"energy counter", "power"}));
    const EnergyPlan suitedPlan = suited(plan, info);
    Sampler sampler(source, suitedPlan.sampling);
    Stretch stretch(subject, suitedPlan);
    TRIMTAB_REQUIRE(stretch.run());
    TRIMTAB_TRY(trace::Energy energy, energyOf(stretch.blocks(), sampler.stop()));
    if (energy.preparing > kMostPreparing)
        return fail(ErrorCode::Unsupported,
                    fmt::format("making the runs ready takes {:.0f} % of the time, and the energy of both cannot be told apart; where a "
                                "prompt is read anew for them, a larger --generate makes it less",
                                100 * energy.preparing));
    energy.source = info.name;
    energy.covers = info.covers;
    return energy;
}

}  // namespace trimtab::profiler
