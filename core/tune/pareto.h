#pragma once
// Pareto front of speed against accuracy. Only native, measured, fresh rows enter; a row leaves the front only when another dominates it
// in the sense of explain::dominates (intervals, not point values) at the same work: the same inputs, the same prompt and step.
#include <string>
#include <vector>

#include "core/trial/study.h"
#include "core/trial/trial.h"

namespace trimtab::tune {

struct ParetoRow {
    std::int64_t trial = 0;
    std::string label;
    bool onFront = false;
    std::string leftOutBecause;  // "emulated", "stale", "failed", "no speed", "dominated by N"; empty on the front
    std::string calibration;     // trial::calibrationNote(); empty until noteStudy(), and for recipes that calibrate on nothing
    std::string weights;         // trial::randomWeightsNote(); empty until noteStudy(), and for the model's own
};

/// One row for each finished result, in the order given. `x` is "latency_ms" or "size_bytes" (lower is better) or "throughput_sps";
/// Refused for other words.
Result<std::vector<ParetoRow>> paretoRows(const std::vector<trial::TrialResult>& results, std::string_view x = "latency_ms");

/// Writes what the study knows of each row: what it was calibrated on, that its weights are random. REQUIRES: rows of paretoRows(results),
/// all trials of the study.
void noteStudy(std::vector<ParetoRow>& rows, const trial::Study& study, const std::vector<trial::TrialResult>& results);

/// The document of `trimtab pareto`: an array of rows as DESIGN.md, section 8, states it.
Json paretoJson(const std::vector<trial::TrialResult>& results, const std::vector<ParetoRow>& rows);

}  // namespace trimtab::tune
