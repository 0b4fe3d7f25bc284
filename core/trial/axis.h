#pragma once
// One value of an axis, applied.
#include <string_view>

#include "core/trial/study.h"

namespace trimtab::trial {

/// Sets one value by its axis path, in the run setting for paths that begin with "run.", else in the recipe.
Status setPoint(recipe::Recipe& recipe, recipe::RunSetting& setting, std::string_view path, const Json& value);

/// Refused for a path that is no axis, for a value that it cannot take, and for none or more than 1000 values.
Status checkAxis(const Axis& axis);

/// Refused, naming it, where two axes have one path: a configuration has one value of each.
Status checkDistinct(const std::vector<Axis>& axes);

}  // namespace trimtab::trial
