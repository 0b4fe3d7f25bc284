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

/// One rescaling, one rounding, or "rescaling+rounding", in its shortest form ("awq+rtn" is "awq"); Refused otherwise, saying which step
/// stands wrong.
Result<std::string> methodFrom(const Json& value, const std::string& path);
/// Codes of the format are floating-point numbers (fp8, nf4, fp4, mxfp4, nvfp4).
bool hasFloatCodes(const WeightSpec& spec);
/// Columns that share a scale where the format says so itself: 32 of mxfp4, 16 of nvfp4.
std::optional<std::int64_t> ownGroup(const WeightSpec& spec);

/// What a method cannot be asked: to round weights of widths that hold no codes.
Status checkMethod(const WeightSpec& spec, const std::string& path);

}  // namespace trimtab::recipe
