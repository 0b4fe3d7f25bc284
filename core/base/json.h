#pragma once
// JSON for protocols, recipes and manifests. Objects keep keys sorted, so dump() of a value is canonical.
// Everything here treats its input as hostile: depth and size are limited, types are checked, nothing throws.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace trimtab::base {

using Json = nlohmann::json;

inline constexpr int kMaxJsonDepth = 64;

/// Parses UTF-8 text. Refused: syntax errors (with the byte position), depth above kMaxJsonDepth, duplicate keys.
/// `what` names the document in messages ("recipe", "dataset.json").
Result<Json> parseJson(std::string_view text, std::string_view what);

/// Reads and parses a file of at most `maxBytes`.
Result<Json> readJsonFile(const std::string& path, std::int64_t maxBytes = 64 << 20);

/// Compact, sorted, with invalid UTF-8 replaced; never throws.
std::string dumpJson(const Json& json, int indent = -1);

/// Typed members of an object: an absent key gives `fallback` (or an error where there is none);
/// a key of the wrong type is Refused with the key's name.
Result<std::string> stringAt(const Json& object, std::string_view key);
Result<std::string> stringAt(const Json& object, std::string_view key, std::string fallback);
Result<std::int64_t> integerAt(const Json& object, std::string_view key);
Result<std::int64_t> integerAt(const Json& object, std::string_view key, std::int64_t fallback);
Result<double> numberAt(const Json& object, std::string_view key);
Result<double> numberAt(const Json& object, std::string_view key, double fallback);
Result<bool> booleanAt(const Json& object, std::string_view key, bool fallback);
/// The member, or nullptr when it is absent or null.
const Json* memberAt(const Json& object, std::string_view key);

}  // namespace trimtab::base

namespace trimtab {
using base::Json;
}
