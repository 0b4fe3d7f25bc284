#include "profiler/power/energy.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "profiler/power/energy_curve.h"
#include "profiler/power/energy_stretch.h"

namespace trimtab::profiler {
namespace {

constexpr double kReach = 1.2;  // of a mean that reaches back, so that none of it lies before the warm-up
constexpr double kBlocksOfMeans = 4;

EnergyPlan suited(EnergyPlan plan, const PowerSourceInfo& info) {
    if (info.tells("energy counter") || info.averagedSeconds <= 0) return plan;
    plan.warmUpSeconds = std::max(plan.warmUpSeconds, kReach * info.averagedSeconds);
    plan.blockSeconds = std::max(plan.blockSeconds, info.averagedSeconds);
    plan.seconds = std::max(plan.seconds, kBlocksOfMeans * info.averagedSeconds);
    return plan;
}

bool slowedDown(const std::vector<Reading>& readings, const std::vector<EnergyBlock>& blocks) {
    return std::ranges::any_of(readings, [&](const Reading& reading) {
        return reading.time >= blocks.front().begin && reading.time <= blocks.back().end && slowsDown(reading.reasons.value_or(0));
    });
}

Error nothingDrawn(const EnergyCurve& curve, const EnergyBlock& block) {
    if (!curve.isCounter()) return {ErrorCode::Unsupported, "the power was not read throughout, or was none", {}};
    return {ErrorCode::Unsupported, fmt::format("the energy counter stood still for {:.2g} s", block.seconds()), {}};
}

tl::unexpected<Error> cannotBeToldApart(double preparing) {
    return fail(ErrorCode::Unsupported,
                fmt::format("making the runs ready takes {:.0f} % of the time, and the energy of both cannot be told apart; where a prompt is "
                            "read anew for them, a larger --generate makes it less",
                            100 * preparing));
}

Result<trace::Energy> energyOf(const std::vector<EnergyBlock>& blocks, const Samples& samples) {
    const EnergyCurve curve(samples.readings);
    trace::Energy energy;
    std::vector<base::PairedBlock> ofRuns;
    double joules = 0, ofTheRuns = 0;
    for (const EnergyBlock& block : blocks) {
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
    EnergyStretch stretch(subject, suitedPlan, info.tells("energy counter"));
    TRIMTAB_REQUIRE(stretch.run());
    const Samples samples = sampler.stop();
    const bool inLegs = stretch.preparing() > kMostPreparing;
    if (inLegs && !info.tells("energy counter")) return cannotBeToldApart(stretch.preparing());
    const std::vector<EnergyBlock> blocks = stretch.blocks(inLegs);
    if (std::ssize(blocks) < suitedPlan.fewestBlocks) return cannotBeToldApart(stretch.preparing());
    TRIMTAB_TRY(trace::Energy energy, energyOf(blocks, samples));
    if (energy.preparing > kMostPreparing) return cannotBeToldApart(energy.preparing);
    energy.source = info.name;
    energy.covers = info.covers;
    return energy;
}

}  // namespace trimtab::profiler
