#pragma once
// What a reader must know of the data that a result was calibrated on.
#include <string>

#include "core/trial/study.h"

namespace trimtab::trial {

/// "calibrated on inputs drawn from the seed" or "calibrated on the evaluation data itself", where a score of such a recipe says less than
/// it seems to; else "calibrated on NAME". Empty for recipes that do not look at activations. `dataPath` and `dataHash` are the scored
/// data's, empty without; hashes may be.
std::string calibrationNote(const recipe::Recipe& recipe, const Calibration& calibration, const std::string& dataPath,
                            const std::string& dataHash);
/// The same for a trial of a study.
std::string calibrationNote(const Study& study, const recipe::Recipe& recipe);

}  // namespace trimtab::trial
