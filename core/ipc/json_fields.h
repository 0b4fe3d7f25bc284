#pragma once
// Reading and writing the fields of messages; numbers as core/trial/number_json.h has them.
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/statistics.h"
#include "core/trial/number_json.h"
#include "core/trial/trial.h"

namespace trimtab::ipc {

using trial::encode;
using trial::realAt;

Json encode(const base::PairedBlock& block);

/// Members of an object; an absent one gives the empty value.
Result<base::PairedBlock> blockAt(const Json& object, std::string_view key);
Result<std::vector<std::int64_t>> integersAt(const Json& object, std::string_view key);
Result<std::vector<std::string>> stringsAt(const Json& object, std::string_view key);
Result<std::map<std::string, std::string>> stringMapAt(const Json& object, std::string_view key);
Result<std::map<std::string, int>> countMapAt(const Json& object, std::string_view key);
Result<std::map<std::string, std::int64_t>> extentMapAt(const Json& object, std::string_view key);

/// "environment"; Refused where it is missing: an answer without one is none.
Result<trial::Environment> environmentAt(const Json& json);

/// Refused when `json` is not an object; `what` names it.
Status requireObject(const Json& json, std::string_view what);

}  // namespace trimtab::ipc
