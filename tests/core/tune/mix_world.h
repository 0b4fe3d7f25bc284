#pragma once
// A model of four layers: each saves time and costs accuracy by itself, and some together cost more than the sum of their parts.
#include <limits>
#include <string>
#include <vector>

#include "core/tune/mixed_search.h"

namespace trimtab::tune {

inline constexpr int kUnits = 4;

/// int8 × int8 saves `gain` ms of 10 and costs `loss` of the score 1 in each unit.
struct World {
    std::vector<double> gain = {1, 2, 0.5, 2};
    std::vector<double> loss = {0.001, 0.02, 0.001, 0.002};
    double together = 0;  // loss that two treated units or more have on top
    double elsewhere = 0; // ms that no row covers
    int broken = -1;      // a unit whose treatment makes outputs no numbers

    bool treats(const trial::Trial& trial, int unit) const {
        graph::Node node;
        node.name = "layer" + std::to_string(unit);
        const auto settings = recipe::settingsFor(trial.recipe, node);
        return settings && settings->compute == graph::ComputeType::Int8;
    }
    double lossOf(const trial::Trial& trial) const {
        double sum = 0;
        int treated = 0;
        for (int unit = 0; unit < kUnits; ++unit)
            if (treats(trial, unit)) {
                sum += loss[static_cast<std::size_t>(unit)];
                ++treated;
            }
        return sum + (treated > 1 ? together : 0);
    }
    double msOf(const trial::Trial& trial) const {
        double ms = 10 + elsewhere;
        for (int unit = 0; unit < kUnits; ++unit)
            if (treats(trial, unit)) ms -= gain[static_cast<std::size_t>(unit)];
        return ms;
    }
};

class WorldRunner final : public TrialRunner {
public:
    explicit WorldRunner(const World& world) : m_world(world) {}
    Result<PlanSummary> plan(const trial::Study&, const trial::Trial& trial, std::stop_token) override {
        PlanSummary plan;
        plan.planKey = recipe::canonical(trial.recipe);
        plan.layers.resize(1);
        return plan;
    }
    Result<trial::Accuracy> measureAccuracy(const trial::Study&, const trial::Trial& trial, const ProgressFn&, std::stop_token) override {
        trial::Accuracy accuracy;
        accuracy.metric = "top1";
        for (int i = 0; i < 100; ++i) accuracy.sampleScores.push_back(1 - m_world.lossOf(trial) + 1e-4 * (i % 2));
        accuracy.value = 1 - m_world.lossOf(trial);
        accuracy.n = 100;
        if (m_world.broken >= 0 && m_world.treats(trial, m_world.broken))
            accuracy.sampleScores[7] = std::numeric_limits<double>::quiet_NaN();
        return accuracy;
    }
    Result<SpeedBlock> measureSpeed(const trial::Study&, const trial::Trial& trial, std::stop_token) override {
        SpeedBlock block;
        const double ms = m_world.msOf(trial);
        const double whole = 10 + m_world.elsewhere;
        block.timings = {{whole, whole, whole}, {ms, ms, ms}};
        return block;
    }

private:
    const World& m_world;
};

class MemorySink final : public TrialSink {
public:
    std::vector<trial::TrialResult> kept;
    Result<std::vector<trial::TrialResult>> existing() override { return kept; }
    Status trialStarted(const trial::Trial&) override { return {}; }
    Status trialFinished(trial::TrialResult& result) override {
        result.id = static_cast<std::int64_t>(kept.size()) + 1;
        kept.push_back(result);
        return {};
    }
};

inline trial::SensitivityTable tableOf(const World& world) {
    trial::SensitivityTable table;
    table.metric = "top1";
    table.baseline = 1;
    table.options = {trial::parseOption("compute=int8").value()};
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
        trial::SensitivityUnit row;
        row.name = "layer" + std::to_string(unit);
        row.nodes = {row.name};
        row.parameters = 100;
        row.weightBytes = 400;
        row.isLast = unit + 1 == kUnits;
        row.medianNs = 2.5e6;
        table.units.push_back(row);
        trial::SensitivityCell cell;
        cell.loss = {world.loss[unit], {world.loss[unit], world.loss[unit]}};
        cell.gainNs = base::Estimate{1e6 * world.gain[unit], {}};
        cell.storedBytes = 100;
        cell.bits = 8;
        table.cells.push_back(cell);
    }
    return table;
}

}  // namespace trimtab::tune
