#include "core/dataset/tokenizers/section.h"

#include <fmt/format.h>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {

Result<std::string> Section::character(std::string_view key, std::string fallback) const {
    TRIMTAB_TRY(std::string value, text(key, std::move(fallback)));
    if (value.empty() || lengthOf(value[0]) != value.size()) return fail(ErrorCode::Refused, under(key) + " must be one character");
    return value;
}

Result<const Json*> Section::list(std::string_view key) const {
    const Json* member = base::memberAt(m_json, key);
    if (!member || !member->is_array()) return fail(ErrorCode::Refused, under(key) + " must be a list");
    return member;
}

tl::unexpected<Error> Section::unknown(std::string_view type) const {
    return fail(ErrorCode::Unsupported, fmt::format("{}.type '{:.60}' is not known", m_field, type));
}

}  // namespace trimtab::dataset::tokenizers
