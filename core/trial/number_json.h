#pragma once
// Numbers, intervals and estimates in JSON. What JSON has no digits for stands as the words "nan", "inf" and "-inf".
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/statistics.h"

namespace trimtab::trial {

Json encode(double value);
Json encode(const std::vector<double>& values);
Json encode(const base::Interval& interval);  // [low, high]
Json encode(const base::Estimate& estimate);  // {"value", "ci": [low, high]}

Result<double> decodeNumber(const Json& json, std::string_view key);
/// Members of an object; absent ones give the fallback or the empty value.
Result<double> realAt(const Json& object, std::string_view key, double fallback);
Result<std::vector<double>> realsAt(const Json& object, std::string_view key);
Result<base::Interval> intervalAt(const Json& object, std::string_view key);
Result<base::Estimate> estimateFrom(const Json& json, std::string_view key);

}  // namespace trimtab::trial
