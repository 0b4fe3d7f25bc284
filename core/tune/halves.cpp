#include "core/tune/halves.h"

#include <algorithm>

#include "core/base/hash.h"

namespace trimtab::tune {
namespace {

// Tukey's far-out fence.
constexpr double kFarOut = 3;

std::int64_t countOutliers(const std::vector<double>& times) {
    const double lower = base::quantile(times, 0.25);
    const double upper = base::quantile(times, 0.75);
    const double reach = kFarOut * (upper - lower);
    return std::ranges::count_if(times, [&](double time) { return time < lower - reach || time > upper + reach; });
}

/// Of the file that the trial runs; planning it fails where there is none.
std::string hashOf(const trial::Study& study, const trial::Trial& trial) {
    return trial::fileOf(study, trial).value_or(trial::ModelFile{}).hash;
}

Json inputsOf(const recipe::RunSetting& setting) {
    recipe::RunSetting inputs;
    inputs.shapes = setting.shapes;
    inputs.symbols = setting.symbols;
    return recipe::toJson(inputs);
}

// Fidelity is that of the model's own inputs, whatever prompt is timed.
Json drawnInputsOf(recipe::RunSetting setting) {
    setting.prompt = setting.generate = 0;
    return recipe::toJson(setting);
}

bool isMeasured(const trace::PowerOfTurns& power) {
    return power.energy || power.clocks || !power.noEnergy.empty() || !power.noClocks.empty();
}

// Geometric mean of the block medians with its 95 % interval over blocks, as a latency in ms; a block alone only knows its own timings.
base::Interval latencyInterval(const std::vector<SpeedBlock>& blocks, const std::vector<double>& times, double median) {
    if (blocks.size() < 2)
        return base::quantileInterval(times, 0.5)
            .value_or(base::Interval{*std::ranges::min_element(times), *std::ranges::max_element(times)});
    std::vector<base::PairedBlock> perMillisecond;
    for (const SpeedBlock& block : blocks) perMillisecond.push_back({{1.0}, block.timings.trial});
    const base::Interval speeds = base::pairedSpeedup(perMillisecond).interval;
    return {std::min(median, 1 / speeds.high), std::max(median, 1 / speeds.low)};
}

}  // namespace

std::string accuracyKey(const trial::Study& study, const trial::Trial& trial, const PlanSummary& plan) {
    // Without data the setting decides which inputs are drawn; with data it can only say the shapes it leaves open.
    const bool fidelity = study.dataPath.empty();
    // A program is given the first samples, by whose place it knows their targets.
    const bool drawn = !fidelity && study.budget.samples > 0 && !study.metric.starts_with("exec:");
    Json key{{"model", hashOf(study, trial)},
                   {"data", study.dataHash},
                   {"metric", study.metric},
                   {"samples", fidelity ? study.budget.fidelitySamples : study.budget.samples},
                   {"seed", study.seed},
                   {"recipe", recipe::toJson(trial.recipe)},
                   {"inputs", fidelity ? drawnInputsOf(trial.setting) : inputsOf(trial.setting)},
                   {"engine", trial.setting.engine},
                   {"version", plan.environment.engineVersion},
                   {"instruction_set", plan.environment.instructionSet},
                   {"numerics", plan.numericsKey},
                   {"batch", plan.scalesPerBatch ? study.budget.evaluationBatch : 0}};
    if (!trial.variant.empty()) key["reference"] = study.modelHash;  // beside which fidelity is told
    if (drawn) key["subset"] = "drawn";  // results of older versions, on the first samples, are others
    return base::sha256(base::dumpJson(key));
}

std::string baselineKey(const trial::Study& study, const trial::Trial& trial, const trial::Environment& environment) {
    const trial::Trial baseline = trial::baselineFor(study, trial.setting);
    const Json key{{"model", study.modelHash},
                   {"recipe", recipe::toJson(baseline.recipe)},
                   {"setting", recipe::toJson(baseline.setting)},
                   {"environment", trial::placeJson(environment)}};
    return base::sha256(base::dumpJson(key));
}

std::string speedKey(const trial::Study& study, const trial::Trial& trial, const PlanSummary& plan, const std::string& baselineKey) {
    const Json key{{"model", hashOf(study, trial)},
                   {"plan", plan.planKey},
                   {"setting", recipe::toJson(trial.setting)},
                   {"baseline", baselineKey},
                   {"environment", trial::placeJson(plan.environment)},
                   {"seconds", study.budget.speedSeconds},
                   {"processes", study.budget.processes}};
    return base::sha256(base::dumpJson(key));
}

trial::Speed speedOf(const std::vector<SpeedBlock>& blocks, bool isBaseline) {
    trial::Speed speed;
    std::vector<double> times;
    for (const SpeedBlock& block : blocks) {
        times.insert(times.end(), block.timings.trial.begin(), block.timings.trial.end());
        speed.throttled = speed.throttled || block.throttled;
        speed.batch = block.batch;
        speed.baselineBatch = block.baselineBatch;
        if (!speed.power && isMeasured(block.power)) speed.power = block.power;
        speed.blocks.push_back(block.timings);
        if (isBaseline) speed.blocks.back().baseline.clear();
    }
    speed.n = static_cast<std::int64_t>(times.size());
    speed.medianMs = base::median(times);
    speed.medianInterval = latencyInterval(blocks, times, speed.medianMs);
    speed.p95Ms = base::percentile95(times);
    speed.outliers = countOutliers(times);
    speed.speedup = base::pairedSpeedup(speed.blocks);
    if (isBaseline) return speed;
    const double samples = static_cast<double>(speed.batch) / static_cast<double>(speed.baselineBatch);
    for (double* ratio : {&speed.speedup.value, &speed.speedup.interval.low, &speed.speedup.interval.high}) *ratio *= samples;
    return speed;
}

std::vector<trace::LayerRecord> timedLayers(std::vector<trace::LayerRecord> planned, const std::vector<SpeedBlock>& blocks) {
    double sum = 0;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        std::vector<double> times;
        for (const SpeedBlock& block : blocks) {
            if (block.layers.size() != planned.size() || block.layers[i].node != planned[i].node || block.layers[i].medianNs < 0) continue;
            times.push_back(block.layers[i].medianNs);
        }
        if (times.empty()) continue;
        planned[i].medianNs = base::median(times);
        sum += planned[i].medianNs;
    }
    for (trace::LayerRecord& layer : planned)
        if (layer.medianNs >= 0 && sum > 0) layer.share = layer.medianNs / sum;
    return planned;
}

}  // namespace trimtab::tune
