#include "core/trial/point.h"

#include <algorithm>
#include <utility>

namespace trimtab::trial {
namespace {

bool isRunAxis(std::string_view path) { return path.starts_with("run."); }

// Bits, ratios and patterns (N:M prunes by itself) decide whether their part exists at all, so they are set before the rest of it.
int rank(std::string_view path) {
    return path == "weights.bits" || path == "prune.ratio" || path == "activations.bits" || path == "kv_cache.bits" ? 0
           : path == "compute" || path == "prune.pattern"                                                           ? 1
                                                                                                                    : 2;
}

// A group or scheme without quantised weights, a scope without pruning: no other configuration, just the same one again.
bool hasNoEffect(const recipe::Recipe& recipe, std::string_view path, const Json& value) {
    // A pattern N:M prunes by itself.
    if (path == "prune.pattern" && value.is_string() && value.get<std::string>().find(':') != std::string::npos) return false;
    if (path.starts_with("weights.") && path != "weights.bits") return !recipe.base.weights;
    if (path.starts_with("prune.") && path != "prune.ratio") return !recipe.base.prune;
    if (path.starts_with("activations.") && path != "activations.bits") return !recipe.base.activations;
    if (path.starts_with("kv_cache.") && path != "kv_cache.bits") return !recipe.base.kvCache;
    return false;
}

bool gives(const Point& point, std::string_view path) {
    return std::ranges::any_of(point, [&](const auto& part) { return part.first == path; });
}

bool givesGroups(const Point& point) {
    return std::ranges::any_of(point, [](const auto& part) { return part.first == "activations.granularity" && part.second == "group"; });
}

// compute = int8 means 8-bit activations and, where nothing else was said, 8-bit weights.
void completeInteger(const Point& point, recipe::Recipe& recipe) {
    if (recipe.base.compute != graph::ComputeType::Int8) return;
    if (!recipe.base.activations && !gives(point, "activations.bits")) {
        recipe.base.activations.emplace();
        recipe.base.activations->bits = 8;
    }
    const bool ownCodesWillDo = givesGroups(point);
    if (!recipe.base.weights && !gives(point, "weights.bits") && !ownCodesWillDo) {
        recipe.base.weights.emplace();
        recipe.base.weights->bits = 8;
    }
}

// 16-bit weights are stored in the format they are multiplied in.
void matchFormat(const Point& point, recipe::Recipe& recipe) {
    if (recipe.base.compute != graph::ComputeType::Float16 || !recipe.base.weights || recipe.base.weights->bits != 16) return;
    if (!gives(point, "weights.format")) recipe.base.weights->format = "fp16";
}

// " · batch 4"
std::string settingWords(const Point& point) {
    std::string words;
    for (const auto& [path, value] : point)
        if (isRunAxis(path)) words += " · " + path.substr(4) + " " + valueText(value);
    return words;
}

}  // namespace

std::string valueText(const Json& value) { return value.is_string() ? value.get<std::string>() : base::dumpJson(value); }

Result<Trial> trialAt(const recipe::RunSetting& setting, Point point) {
    Trial trial;
    trial.setting = setting;
    std::ranges::stable_sort(point, {}, [](const auto& part) { return rank(part.first); });
    bool completed = false;
    for (const auto& [path, value] : point) {
        if (rank(path) == 2 && !std::exchange(completed, true)) completeInteger(point, trial.recipe);  // modes and methods of what it adds
        if (isRunAxis(path)) TRIMTAB_REQUIRE(recipe::setRunAxis(trial.setting, path, value));
        else if (!hasNoEffect(trial.recipe, path, value)) TRIMTAB_REQUIRE(recipe::setAxis(trial.recipe, path, value));
    }
    completeInteger(point, trial.recipe);
    matchFormat(point, trial.recipe);
    // The words of recipe and setting are the judge of what goes together.
    TRIMTAB_TRY(trial.recipe, recipe::fromJson(recipe::toJson(trial.recipe)));
    TRIMTAB_TRY(trial.setting, recipe::runSettingFromJson(recipe::toJson(trial.setting)));
    trial.label = recipe::summary(trial.recipe) + settingWords(point);
    return trial;
}

Result<Trial> variantAt(const recipe::RunSetting& setting, const std::string& variant, const Point& point) {
    TRIMTAB_TRY(Trial trial, trialAt(setting, point));
    trial.variant = variant;
    trial.label = variant + settingWords(point);
    return trial;
}

}  // namespace trimtab::trial
