#include "core/dataset/chat/filters.h"

#include <fmt/format.h>

namespace trimtab::dataset::chat {

Result<Value> filtered(const std::string& name, const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.step());
    for (const auto& find : {textFilter, sequenceFilter, choosingFilter})
        if (const FilterFunction filter = find(name)) return filter(value, arguments, environment);
    return refuse(fmt::format("the filter '{:.40}' is not supported", name));
}

}  // namespace trimtab::dataset::chat
