#pragma once
// Templates with what Jinja2 makes of them, as statements/state.py wrote them.
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace trimtab::dataset::chat {

struct Stated {
    std::string name;
    std::string source;
    Json variables;
    std::optional<std::string> output;  // nothing: Jinja2 fails
    std::string raised;                 // what the template itself raises; empty: something else fails
};

/// Of one of the files in statements/data. Fails the test where it can't be read.
std::vector<Stated> statedIn(const std::string& file);
/// Of all of them.
std::vector<Stated> allStated();

}  // namespace trimtab::dataset::chat
