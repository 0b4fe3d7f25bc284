#include "core/formats/huggingface/config_fields.h"

#include <fmt/format.h>

#include <cmath>

namespace trimtab::formats::huggingface {

Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most) {
    TRIMTAB_TRY(const std::int64_t extent, base::integerAt(json, key));
    if (extent < 1 || extent > most) return fail(ErrorCode::Refused, fmt::format("{} is {}, which is not in 1 … {}", key, extent, most));
    return extent;
}

Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most, std::int64_t fallback) {
    if (base::memberAt(json, key) == nullptr) return fallback;
    return extentAt(json, key, most);
}

Result<double> positiveAt(const Json& json, std::string_view key, double fallback) {
    TRIMTAB_TRY(const double value, base::numberAt(json, key, fallback));
    if (!(value > 0) || !std::isfinite(value)) return fail(ErrorCode::Refused, fmt::format("{} is {}; it must be positive", key, value));
    return value;
}

Result<std::optional<double>> positiveOrNoneAt(const Json& json, std::string_view key, std::optional<double> fallback) {
    if (isNull(json, key)) return std::optional<double>();
    if (!json.contains(key)) return fallback;
    TRIMTAB_TRY(const double value, positiveAt(json, key, 1));
    return std::optional<double>(value);
}

bool isNull(const Json& json, std::string_view key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_null();
}

}  // namespace trimtab::formats::huggingface
