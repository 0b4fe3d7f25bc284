#include "core/tune/search_space.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace trimtab::tune {
namespace {

using trial::Axis;
using trial::Trial;

bool isRunAxis(std::string_view path) { return path.starts_with("run."); }

std::string valueText(const Json& value) { return value.is_string() ? value.get<std::string>() : base::dumpJson(value); }

// Bits and ratios decide whether their part exists at all, so they are set before the rest of it.
int rank(std::string_view path) {
    return path == "weights.bits" || path == "prune.ratio" || path == "activations.bits" ? 0 : path == "compute" ? 1 : 2;
}

// A group or scheme without quantised weights, a scope without pruning: no other configuration, just the same one again.
bool hasNoEffect(const recipe::Recipe& recipe, std::string_view path, const Json& value) {
    // A pattern N:M prunes by itself.
    if (path == "prune.pattern" && value.is_string() && value.get<std::string>().find(':') != std::string::npos) return false;
    if (path.starts_with("weights.") && path != "weights.bits") return !recipe.base.weights;
    if (path.starts_with("prune.") && path != "prune.ratio") return !recipe.base.prune;
    if (path.starts_with("activations.") && path != "activations.bits") return !recipe.base.activations;
    return false;
}

using Point = std::vector<std::pair<std::string, Json>>;

bool gives(const Point& point, std::string_view path) {
    return std::ranges::any_of(point, [&](const auto& part) { return part.first == path; });
}

// compute = int8 means 8-bit activations and, where nothing else was said, 8-bit weights.
void completeInteger(const Point& point, recipe::Recipe& recipe) {
    if (recipe.base.compute != graph::ComputeType::Int8) return;
    if (!recipe.base.activations && !gives(point, "activations.bits")) {
        recipe.base.activations.emplace();
        recipe.base.activations->bits = 8;
    }
    if (!recipe.base.weights && !gives(point, "weights.bits")) {
        recipe.base.weights.emplace();
        recipe.base.weights->bits = 8;
    }
}

// 16-bit weights are stored in the format they are multiplied in.
void matchFormat(const Point& point, recipe::Recipe& recipe) {
    if (recipe.base.compute != graph::ComputeType::Float16 || !recipe.base.weights || recipe.base.weights->bits != 16) return;
    if (!gives(point, "weights.format")) recipe.base.weights->format = "fp16";
}

Result<Trial> trialAt(const trial::Study& study, Point point) {
    Trial trial;
    trial.setting = study.setting;
    std::ranges::stable_sort(point, {}, [](const auto& part) { return rank(part.first); });
    for (const auto& [path, value] : point) {
        if (isRunAxis(path)) TRIMTAB_REQUIRE(recipe::setRunAxis(trial.setting, path, value));
        else if (!hasNoEffect(trial.recipe, path, value)) TRIMTAB_REQUIRE(recipe::setAxis(trial.recipe, path, value));
    }
    completeInteger(point, trial.recipe);
    matchFormat(point, trial.recipe);
    // The words of the recipe are the judge of what goes together.
    TRIMTAB_TRY(trial.recipe, recipe::fromJson(recipe::toJson(trial.recipe)));
    trial.label = recipe::summary(trial.recipe);
    for (const auto& [path, value] : point)
        if (isRunAxis(path)) trial.label += " · " + path.substr(4) + " " + valueText(value);
    return trial;
}

std::string identityOf(const Trial& trial) { return recipe::canonical(trial.recipe) + recipe::canonical(trial.setting); }

}  // namespace

Result<Grid> expandGrid(const trial::Study& study) {
    constexpr std::size_t kMostPoints = 100000;
    std::size_t count = 1;
    for (const Axis& axis : study.axes) {
        if (axis.values.empty()) return fail(ErrorCode::Refused, "has no values", axis.path);
        count *= axis.values.size();
        if (count > kMostPoints)
            return fail(ErrorCode::Refused, fmt::format("the axes span more than {} configurations; leave some values out", kMostPoints));
    }

    Grid grid;
    Trial baseline = trial::baselineOf(study);
    if (baseline.label.empty()) baseline.label = recipe::summary(baseline.recipe);
    std::set<std::string> known{identityOf(baseline)};
    grid.trials.push_back(std::move(baseline));

    for (std::size_t index = 0; index < count; ++index) {
        Point point;
        std::string text;
        std::size_t rest = index;
        std::size_t stride = count;
        for (const Axis& axis : study.axes) {
            stride /= axis.values.size();
            const Json& value = axis.values[rest / stride];
            rest %= stride;
            point.emplace_back(axis.path, value);
            text += (text.empty() ? "" : " ") + axis.path + "=" + valueText(value);
        }
        auto trial = trialAt(study, std::move(point));
        if (!trial) grid.skipped.push_back({std::move(text), trial.error().text()});
        else if (known.insert(identityOf(*trial)).second) grid.trials.push_back(std::move(*trial));
    }
    return grid;
}

}  // namespace trimtab::tune
