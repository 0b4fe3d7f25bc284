#pragma once
// The words of prune.pattern and weights.method, which are made of parts.
#include <string>
#include <utility>

#include "core/recipe/recipe.h"

namespace trimtab::recipe {

/// "unstructured", "N:M", "block RxC", "rows" or "columns", in its shortest form; Refused otherwise.
Result<std::string> patternFrom(const Json& value, const std::string& path);
/// Share of zeros of N:M.
double ratioOf(std::pair<int, int> keptOfEvery);

/// One rescaling, one rounding, or "rescaling+rounding", in its shortest form ("awq+rtn" is "awq"); Refused otherwise, saying which step stands wrong.
Result<std::string> methodFrom(const Json& value, const std::string& path);
/// What a method cannot be asked: to round weights of widths that hold no codes.
Status checkMethod(const WeightSpec& spec, const std::string& path);

}  // namespace trimtab::recipe
