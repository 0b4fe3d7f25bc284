#include "core/tune/search_space.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "core/trial/point.h"

namespace trimtab::tune {
namespace {

using trial::Axis;
using trial::Trial;
using trial::valueText;

constexpr std::size_t kMostPoints = 100000;

Result<std::size_t> pointsOf(const std::vector<Axis>& axes) {
    std::size_t count = 1;
    for (const Axis& axis : axes) {
        if (axis.values.empty()) return fail(ErrorCode::Refused, "has no values", axis.path);
        count *= axis.values.size();
        if (count > kMostPoints) break;
    }
    return count;
}

/// Every point of the axes, the first of which is the slowest.
template <class Visit>
void visitPoints(const std::vector<Axis>& axes, std::size_t count, const Visit& visit) {
    for (std::size_t index = 0; index < count; ++index) {
        trial::Point point;
        std::string text;
        std::size_t rest = index;
        std::size_t stride = count;
        for (const Axis& axis : axes) {
            stride /= axis.values.size();
            const Json& value = axis.values[rest / stride];
            rest %= stride;
            point.emplace_back(axis.path, value);
            text += (text.empty() ? "" : " ") + axis.path + "=" + valueText(value);
        }
        visit(std::move(point), std::move(text));
    }
}

class GridBuilder {
public:
    explicit GridBuilder(Trial baseline) {
        if (baseline.label.empty()) baseline.label = recipe::summary(baseline.recipe);
        m_known.emplace(trial::identityOf(baseline), "the baseline");
        m_grid.trials.push_back(std::move(baseline));
    }

    void add(Result<Trial> trial, std::string text) {
        if (!trial) {
            m_grid.skipped.push_back({std::move(text), trial.error().text()});
            return;
        }
        const auto [same, isNew] = m_known.emplace(trial::identityOf(*trial), text);
        if (isNew)
            m_grid.trials.push_back(std::move(*trial));
        else
            m_grid.skipped.push_back({std::move(text), fmt::format("comes to the same as {}", same->second)});
    }

    Grid take() { return std::move(m_grid); }

private:
    Grid m_grid;
    std::map<std::string, std::string> m_known;  // what a trial's point was
};

}  // namespace

Result<Grid> expandGrid(const trial::Study& study) {
    TRIMTAB_REQUIRE(trial::checkVariants(study.variants));
    std::vector<Axis> runAxes;
    std::ranges::copy_if(study.axes, std::back_inserter(runAxes), [](const Axis& axis) { return axis.path.starts_with("run."); });
    TRIMTAB_TRY(const std::size_t count, pointsOf(study.axes));
    TRIMTAB_TRY(const std::size_t runs, pointsOf(runAxes));
    if (count + runs * study.variants.size() > kMostPoints)
        return fail(ErrorCode::Refused, fmt::format("the axes span more than {} configurations; leave some values out", kMostPoints));
    GridBuilder grid(trial::baselineOf(study));
    // Without axes nothing is varied: no point beside the baseline.
    if (!study.axes.empty())
        visitPoints(study.axes, count, [&](trial::Point point, std::string text) {
            grid.add(trial::trialAt(study.setting, std::move(point)), std::move(text));
        });
    for (const trial::Variant& variant : study.variants)
        visitPoints(runAxes, runs, [&](const trial::Point& point, const std::string& text) {
            grid.add(trial::variantAt(study.setting, variant.name, point), variant.name + (text.empty() ? "" : " " + text));
        });
    return grid.take();
}

}  // namespace trimtab::tune
