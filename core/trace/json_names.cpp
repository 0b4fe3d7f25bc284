#include "core/trace/json_names.h"

namespace trimtab::trace {

Result<std::vector<std::string>> namesAt(const Json& object, std::string_view key) {
    std::vector<std::string> names;
    const Json* list = base::memberAt(object, key);
    if (!list) return names;
    if (!list->is_array()) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be a list of names");
    for (const Json& entry : *list) {
        if (!entry.is_string()) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be a list of names");
        names.push_back(entry.get<std::string>());
    }
    return names;
}

}  // namespace trimtab::trace
