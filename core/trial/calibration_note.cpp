#include "core/trial/calibration_note.h"

#include <filesystem>

namespace trimtab::trial {

std::string calibrationNote(const recipe::Recipe& recipe, const Calibration& calibration, const std::string& dataPath,
                            const std::string& dataHash) {
    if (!recipe.needsCalibration()) return {};
    if (calibration.path.empty()) return "calibrated on inputs drawn from the seed";
    const bool isSame = calibration.path == dataPath || (!dataHash.empty() && calibration.hash == dataHash);
    if (isSame) return "calibrated on the evaluation data itself";
    const std::filesystem::path path(calibration.path);
    return "calibrated on " + (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string calibrationNote(const Study& study, const recipe::Recipe& recipe) {
    return calibrationNote(recipe, calibrationOf(study), study.dataPath, study.dataHash);
}

}  // namespace trimtab::trial
