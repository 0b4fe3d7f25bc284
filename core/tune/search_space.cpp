#include "core/tune/search_space.h"

#include <map>

#include <fmt/format.h>

#include "core/trial/point.h"

namespace trimtab::tune {
namespace {

using trial::Axis;
using trial::Trial;
using trial::valueText;

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
    std::map<std::string, std::string> known{{trial::identityOf(baseline), "the baseline"}};  // what a trial's point was
    grid.trials.push_back(std::move(baseline));
    if (study.axes.empty()) return grid;  // nothing is varied: no point beside the baseline

    for (std::size_t index = 0; index < count; ++index) {
        trial::Point point;
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
        auto trial = trial::trialAt(study.setting, std::move(point));
        if (!trial) {
            grid.skipped.push_back({std::move(text), trial.error().text()});
            continue;
        }
        const auto [same, isNew] = known.emplace(trial::identityOf(*trial), text);
        if (isNew) grid.trials.push_back(std::move(*trial));
        else grid.skipped.push_back({std::move(text), fmt::format("comes to the same as {}", same->second)});
    }
    return grid;
}

}  // namespace trimtab::tune
