#pragma once
// Reading one section of a tokenizer file: its type, and typed members with the section's name in every message.
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/base/result.h"

namespace trimtab::dataset::tokenizers {

class Section {
public:
    Section(const Json& json, std::string field) : m_json(json), m_field(std::move(field)) {}

    const Json& json() const { return m_json; }
    const std::string& field() const { return m_field; }

    /// The member "type". Refused when it is missing or no string.
    Result<std::string> type() const { return text("type"); }
    Result<std::string> text(std::string_view key) const { return named(base::stringAt(m_json, key)); }
    Result<std::string> text(std::string_view key, std::string fallback) const {
        return named(base::stringAt(m_json, key, std::move(fallback)));
    }
    Result<bool> flag(std::string_view key, bool fallback) const { return named(base::booleanAt(m_json, key, fallback)); }
    Result<std::int64_t> whole(std::string_view key) const { return named(base::integerAt(m_json, key)); }
    Result<std::int64_t> whole(std::string_view key, std::int64_t fallback) const { return named(base::integerAt(m_json, key, fallback)); }
    /// One character, as UTF-8.
    Result<std::string> character(std::string_view key, std::string fallback) const;
    /// The array under `key`, for sections that hold others.
    Result<const Json*> list(std::string_view key) const;
    std::string under(std::string_view key) const { return m_field + "." + std::string(key); }

    tl::unexpected<Error> refuse(std::string_view why) const { return fail(ErrorCode::Refused, m_field + " " + std::string(why)); }
    tl::unexpected<Error> unknown(std::string_view type) const;

private:
    template <class T>
    Result<T> named(Result<T> value) const {
        if (!value) value.error().message = m_field + ": " + value.error().message;
        return value;
    }
    const Json& m_json;
    std::string m_field;
};

}  // namespace trimtab::dataset::tokenizers
