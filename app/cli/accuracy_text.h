#pragma once
// An accuracy, or a fidelity, as the contract's document and as a sentence.
#include <string>

#include "core/base/json.h"
#include "core/trial/trial.h"

namespace trimtab::cli {

/// {"metric", "value", "n", "ci": [low, high], "better", "fidelity"}, over text also "window" and "stride", and what came along
/// in the same pass as "also": {metric: {"value", "ci", "n"}}; numbers that JSON cannot hold are null.
Json accuracyDocument(const trial::Accuracy& accuracy);
/// "top1 0.912 (95 %: 0.905 … 0.918), 2000 samples"; fidelity says against what. What came along stands below, a line each.
std::string accuracyText(const trial::Accuracy& accuracy);
/// "0.912 (0.905 … 0.918)".
std::string valueText(const trial::Accuracy& accuracy);

}  // namespace trimtab::cli
