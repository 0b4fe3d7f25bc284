#pragma once
// One point of a space of axes, as a trial.
#include <string>
#include <utility>
#include <vector>

#include "core/trial/trial.h"

namespace trimtab::trial {

/// Axis paths and the value of each.
using Point = std::vector<std::pair<std::string, Json>>;

/// The trial that a point means, whatever the order of its parts. compute = int8 alone means 8-bit activations and weights; 16-bit weights
/// take the format that goes with compute unless weights.format says another. Refused for what makes no sense together.
Result<Trial> trialAt(const recipe::RunSetting& setting, Point point);

/// The same for a variant, which is run as it is. REQUIRES: the point is of run.* axes alone.
Result<Trial> variantAt(const recipe::RunSetting& setting, const std::string& variant, const Point& point);

/// A value as axes write it: words without quotes.
std::string valueText(const Json& value);

}  // namespace trimtab::trial
