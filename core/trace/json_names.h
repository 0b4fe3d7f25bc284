#pragma once
// Lists of names in the JSON of this room's values.
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

namespace trimtab::trace {

/// A member that is a list of names; empty when it is absent.
Result<std::vector<std::string>> namesAt(const Json& object, std::string_view key);

}  // namespace trimtab::trace
