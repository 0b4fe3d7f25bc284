#pragma once
// What to do next, ranked by what it should give to the whole run: each piece is a recipe or a setting to run in place of what was
// profiled.
// What options save on a layer was measured on that layer alone; the whole run is predicted from it.
#include <string>
#include <vector>

#include "core/explain/diagnosis.h"
#include "core/recipe/run_setting.h"
#include "core/trial/capacity.h"
#include "core/trial/layer_trial.h"
#include "core/trial/reordering.h"

namespace trimtab::explain {

/// How many times the batch is tried, and advised. No other is: kernels change with the number of rows, so that four do not tell eight.
inline constexpr std::int64_t kLargerBatch = 8;

struct Advice {
    std::string text;                 // "int8 weights on 4 units of layers"
    std::string because;              // "they take 80 % of the run, and are bound by memory bandwidth"
    std::vector<std::string> layers;  // nodes that it is about; empty: the whole run
    recipe::Recipe recipe;
    recipe::RunSetting setting;
    double speedup = 1;               // predicted, of a sample
    double runNs = 0;                 // predicted, of a run, where there is none to be faster than: what was asked about does not fit
};

struct AdviceList {
    std::vector<Advice> best;           // the largest speed-up first; none below 3 %
    std::vector<std::string> nothing;   // options that give nothing, and why
};

inline const trial::Reordering kNoReordering;
inline const std::vector<trial::Removal> kNoRemovals;

/// What was profiled, and what was tried on its layers.
struct Profiled {
    const trace::Profile& profile;
    const Diagnosis& diagnosis;
    const std::vector<trial::LayerTrial>& trials;
    const recipe::Recipe& recipe;
    const recipe::RunSetting& setting;
    std::int64_t batch = 1;
    base::Estimate largerBatch = {};  // time of a run of kLargerBatch times the batch over that of one; 0: not known
    const trial::Reordering& reordering = kNoReordering;
    const std::vector<trial::Removal>& removals = kNoRemovals;
};
AdviceList advise(const Profiled& profiled);

/// What runs where the model as it is does not fit, the fastest first. REQUIRES: it does not fit.
AdviceList adviseToFit(const trial::Capacity& capacity, const recipe::Recipe& recipe, const recipe::RunSetting& setting);

}  // namespace trimtab::explain
