#pragma once
// Reading and writing the fields of messages. Numbers that JSON has no digits for travel as the words "nan", "inf" and "-inf".
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/statistics.h"

namespace trimtab::ipc {

Json encode(double value);
Result<double> decodeNumber(const Json& json, std::string_view key);

Json encode(const std::vector<double>& values);
Json encode(const base::Interval& interval);  // [low, high]
Json encode(const base::PairedBlock& block);

/// Members of an object; an absent one gives the fallback or the empty value.
Result<double> realAt(const Json& object, std::string_view key, double fallback);
Result<std::vector<double>> realsAt(const Json& object, std::string_view key);
Result<base::Interval> intervalAt(const Json& object, std::string_view key);
Result<base::PairedBlock> blockAt(const Json& object, std::string_view key);
Result<std::vector<std::string>> stringsAt(const Json& object, std::string_view key);
Result<std::map<std::string, std::string>> stringMapAt(const Json& object, std::string_view key);
Result<std::map<std::string, int>> countMapAt(const Json& object, std::string_view key);

/// Refused when `json` is not an object; `what` names it.
Status requireObject(const Json& json, std::string_view what);

}  // namespace trimtab::ipc
