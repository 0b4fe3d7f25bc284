#pragma once
// Fields of a config.json that every architecture has, checked as they are read.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"

namespace trimtab::formats::huggingface {

inline constexpr std::int64_t kLargestExtent = 1 << 24;
inline constexpr std::int64_t kMostLayers = 1000;

/// A whole number in 1 … most; `fallback` where the field is absent or null. Refused, naming the field.
Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most);
Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most, std::int64_t fallback);
/// A number above 0.
Result<double> positiveAt(const Json& json, std::string_view key, double fallback);
/// The same where null means none, and absence the fallback.
Result<std::optional<double>> positiveOrNoneAt(const Json& json, std::string_view key, std::optional<double> fallback);
/// Whether the field is there and null.
bool isNull(const Json& json, std::string_view key);

}  // namespace trimtab::formats::huggingface
