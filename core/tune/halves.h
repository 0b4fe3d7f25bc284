#pragma once
// Accuracy and speed are two halves, each with a key of its own: what has the same key is measured once.
#include <string>
#include <vector>

#include "core/tune/run_study.h"

namespace trimtab::tune {

/// Recipe, model, data, metric and numerics; the evaluation batch too where a scale is taken over a whole batch of activations.
std::string accuracyKey(const trial::Study& study, const trial::Trial& trial, const PlanSummary& plan);
/// What a trial's speed is held against (trial::baselineFor), where that runs.
std::string baselineKey(const trial::Study& study, const trial::Trial& trial, const trial::Environment& environment);
/// Plan, setting, baseline and budget of timing, on this device; not how the weights were rounded.
std::string speedKey(const trial::Study& study, const trial::Trial& trial, const PlanSummary& plan, const std::string& baselineKey);

/// All timings of the blocks as one figure with its intervals; the paired ratio of the times of a sample over blocks. REQUIRES: at least
/// one block with timings.
trial::Speed speedOf(const std::vector<SpeedBlock>& blocks, bool isBaseline);

/// The layers of a plan with the median of their times over the blocks.
std::vector<trace::LayerRecord> timedLayers(std::vector<trace::LayerRecord> planned, const std::vector<SpeedBlock>& blocks);

}  // namespace trimtab::tune
