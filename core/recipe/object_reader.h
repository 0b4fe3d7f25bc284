#pragma once
// Reads the fields of one JSON object strictly: unknown keys, wrong types and values out of range are Refused with the field's path
// ("rules[2].weights.bits"). For documents that people write; protocols are more lenient.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/json.h"

namespace trimtab::recipe {

class ObjectReader {
public:
    /// `path` is the object's own place, empty for the document. REQUIRES: json outlives the reader.
    ObjectReader(const Json& json, std::string path) : m_json(json), m_path(std::move(path)) {}

    /// Refused when it is no object or has a key that is not in `known`.
    Status checkKeys(std::initializer_list<std::string_view> known) const;

    bool has(std::string_view key) const { return m_json.contains(std::string(key)); }
    /// The member; REQUIRES has(key).
    const Json& at(std::string_view key) const { return m_json.at(std::string(key)); }
    /// "weights.bits": the place of a member.
    std::string pathOf(std::string_view key) const;

    /// The member, or `fallback` when it is absent.
    Result<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) const;
    Result<double> number(std::string_view key, double fallback) const;
    Result<std::uint64_t> seed(std::string_view key, std::uint64_t fallback) const;
    Result<std::string> text(std::string_view key, std::string fallback) const;
    Result<std::string> choice(std::string_view key, std::string fallback, std::initializer_list<std::string_view> allowed) const;

private:
    const Json& m_json;
    std::string m_path;
};

/// A whole number (4 or 4.0); Refused with `path` otherwise.
Result<std::int64_t> wholeNumber(const Json& value, const std::string& path);
/// A value as messages show it: short, containers by their kind.
std::string shown(const Json& value);
/// "a, b or c"
std::string alternatives(std::initializer_list<std::string_view> words);

}  // namespace trimtab::recipe
