#include "core/recipe/object_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::recipe {

std::string shown(const Json& value) {
    if (value.is_structured()) return value.is_object() ? "an object" : "a list";
    std::string text = base::dumpJson(value);
    if (text.size() > 60) text = text.substr(0, 57) + "…";
    return text;
}

std::string alternatives(std::initializer_list<std::string_view> words) {
    std::string text;
    std::size_t i = 0;
    for (const std::string_view word : words) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += word;
        ++i;
    }
    return text;
}

Result<std::int64_t> wholeNumber(const Json& value, const std::string& path) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return fail(ErrorCode::Refused, path + " is too large");
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number_float()) {
        const double number = value.get<double>();
        if (number == std::floor(number) && std::abs(number) <= 0x1.0p53) return static_cast<std::int64_t>(number);
    }
    return fail(ErrorCode::Refused, path + " must be a whole number, not " + shown(value));
}

Status ObjectReader::checkKeys(std::initializer_list<std::string_view> known) const {
    const std::string place = m_path.empty() ? "the document" : m_path;
    if (!m_json.is_object()) return fail(ErrorCode::Refused, place + " must be an object in braces");
    for (const auto& [key, value] : m_json.items()) {
        if (std::find(known.begin(), known.end(), key) == known.end())
            return fail(ErrorCode::Refused, fmt::format("{} is not known here; {} takes {}", pathOf(key), place, alternatives(known)));
    }
    return {};
}

std::string ObjectReader::pathOf(std::string_view key) const { return m_path.empty() ? std::string(key) : m_path + "." + std::string(key); }

Result<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) const {
    if (!has(key)) return fallback;
    TRIMTAB_TRY(const std::int64_t value, wholeNumber(at(key), pathOf(key)));
    if (value < least || value > most)
        return fail(ErrorCode::Refused, fmt::format("{} must be between {} and {}, not {}", pathOf(key), least, most, value));
    return value;
}

Result<double> ObjectReader::number(std::string_view key, double fallback) const {
    if (!has(key)) return fallback;
    if (!at(key).is_number()) return fail(ErrorCode::Refused, pathOf(key) + " must be a number, not " + shown(at(key)));
    return at(key).get<double>();
}

Result<std::uint64_t> ObjectReader::seed(std::string_view key, std::uint64_t fallback) const {
    if (!has(key)) return fallback;
    if (at(key).is_number_unsigned()) return at(key).get<std::uint64_t>();
    TRIMTAB_TRY(const std::int64_t value, integer(key, 0, 0, INT64_MAX));
    return static_cast<std::uint64_t>(value);
}

Result<std::string> ObjectReader::text(std::string_view key, std::string fallback) const {
    if (!has(key)) return fallback;
    if (!at(key).is_string()) return fail(ErrorCode::Refused, pathOf(key) + " must be a word in quotes, not " + shown(at(key)));
    return at(key).get<std::string>();
}

Result<std::string> ObjectReader::choice(std::string_view key, std::string fallback,
                                         std::initializer_list<std::string_view> allowed) const {
    TRIMTAB_TRY(std::string word, text(key, std::move(fallback)));
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
        return fail(ErrorCode::Refused, fmt::format("{} must be {}, not \"{}\"", pathOf(key), alternatives(allowed), word));
    return word;
}

}  // namespace trimtab::recipe
