#pragma once
// Each option on each unit of layers, timed on the stretch of the model from that unit to the next: treated and untreated in turns, on
// values that really reach it. Units whose stretches are planned alike are tried once. Nothing is scored; sensitivity.cpp does that too.
#include "core/trial/layer_trial.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {

struct LayerTrialTools {
    runtime::Engine& engine;
    const recipe::RunSetting& setting;
    const recipe::Recipe& recipe;         // what is done to the model already
    const std::vector<NamedTensor>& inputs;
    double seconds = 0.15;                // of each trial
    std::int64_t evictBytes = 0;          // walked over ahead of each run, where a whole run would have emptied the caches
    const Call& call;
};

/// In the order of the units, the options of each in theirs. Refused for recipes that look at calibration data, and for those that change
/// which nodes there are.
Result<std::vector<trial::LayerTrial>> tryLayers(const Graph& graph, const std::vector<trial::SensitivityOption>& options,
                                                 const LayerTrialTools& tools);

}  // namespace trimtab::worker
