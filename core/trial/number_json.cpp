#include "core/trial/number_json.h"

#include <cmath>
#include <limits>

namespace trimtab::trial {
namespace {

tl::unexpected<Error> wrong(std::string_view key, std::string_view kind) {
    return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be " + std::string(kind));
}

}  // namespace

Json encode(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;
}

Json encode(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(encode(value));
    return list;
}

Json encode(const base::Interval& interval) {
    Json list = Json::array();
    list.push_back(encode(interval.low));
    list.push_back(encode(interval.high));
    return list;
}

Json encode(const base::Estimate& estimate) {
    Json json = Json::object();
    json["value"] = encode(estimate.value);
    json["ci"] = encode(estimate.interval);
    return json;
}

Result<double> decodeNumber(const Json& json, std::string_view key) {
    if (json.is_number()) return json.get<double>();
    if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (json == "inf") return std::numeric_limits<double>::infinity();
    if (json == "-inf") return -std::numeric_limits<double>::infinity();
    return wrong(key, "a number");
}

Result<double> realAt(const Json& object, std::string_view key, double fallback) {
    const Json* member = base::memberAt(object, key);
    return member ? decodeNumber(*member, key) : Result<double>(fallback);
}

Result<std::vector<double>> realsAt(const Json& object, std::string_view key) {
    std::vector<double> values;
    const Json* member = base::memberAt(object, key);
    if (!member) return values;
    if (!member->is_array()) return wrong(key, "a list of numbers");
    values.reserve(member->size());
    for (const Json& entry : *member) {
        TRIMTAB_TRY(const double value, decodeNumber(entry, key));
        values.push_back(value);
    }
    return values;
}

Result<base::Interval> intervalAt(const Json& object, std::string_view key) {
    TRIMTAB_TRY(const std::vector<double> ends, realsAt(object, key));
    if (ends.empty()) return base::Interval{};
    if (ends.size() != 2) return wrong(key, "[low, high]");
    return base::Interval{ends[0], ends[1]};
}

Result<base::Estimate> estimateFrom(const Json& json, std::string_view key) {
    if (!json.is_object()) return wrong(key, "an object with value and ci");
    base::Estimate estimate;
    TRIMTAB_TRY(estimate.value, realAt(json, "value", 0));
    TRIMTAB_TRY(estimate.interval, intervalAt(json, "ci"));
    return estimate;
}

}  // namespace trimtab::trial
