#include "core/dataset/chat/arguments.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::dataset::chat {

Result<std::vector<const Value*>> Arguments::bound(std::string_view what, std::initializer_list<std::string_view> parameters,
                                                   std::size_t least) const {
    std::vector<const Value*> values(parameters.size(), nullptr);
    if (positional.size() > parameters.size()) return refuse(fmt::format("{} takes at most {} arguments here", what, parameters.size()));
    for (std::size_t i = 0; i < positional.size(); ++i) values[i] = &positional[i];
    for (const auto& [name, value] : named) {
        const auto at = static_cast<std::size_t>(std::ranges::find(parameters, name) - parameters.begin());
        if (at == parameters.size()) return refuse(fmt::format("{} has no argument '{:.40}' here", what, name));
        if (values[at]) return refuse(fmt::format("{} is given the argument '{}' twice", what, name));
        values[at] = &value;
    }
    for (std::size_t i = 0; i < least; ++i)
        if (!values[i]) return refuse(fmt::format("{} lacks the argument '{}'", what, *(parameters.begin() + i)));
    return values;
}

Result<std::optional<std::int64_t>> wholeAt(const Value* value, std::string_view what) {
    if (!value || value->isNone()) return std::optional<std::int64_t>();
    const auto whole = wholeOf(*value);
    if (!whole) return refuseType(what, *value);
    return whole;
}

Result<std::string> textAt(const Value& value, std::string_view what) {
    if (!value.text()) return refuseType(what, value);
    if (value.isMarkup()) return refuse(fmt::format("{} of a text that is marked as safe is not supported", what));
    return *value.text();
}

}  // namespace trimtab::dataset::chat
