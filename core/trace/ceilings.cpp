#include "core/trace/ceilings.h"

#include <cmath>

namespace trimtab::trace {
namespace {

Result<double> rateAt(const Json& object, std::string_view key) {
    TRIMTAB_TRY(const double value, base::numberAt(object, key, 0.0));
    if (!(value >= 0) || std::isinf(value)) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be a positive number");
    return value;
}

}  // namespace

std::optional<Ceilings::Peak> Ceilings::peakOf(const std::string& compute) const {
    if (const auto own = operationsPerSecond.find(compute); own != operationsPerSecond.end()) return Peak{own->second, true};
    if (const auto fp32 = operationsPerSecond.find("fp32"); fp32 != operationsPerSecond.end()) return Peak{fp32->second, false};
    return std::nullopt;
}

Json toJson(const Ceilings& ceilings) {
    return {{"memory_bytes_per_s", ceilings.memoryBytesPerSecond},
            {"cache_bytes_per_s", ceilings.cacheBytesPerSecond},
            {"operations_per_s", ceilings.operationsPerSecond},
            {"launch_ns", ceilings.launchNs}};
}

Result<Ceilings> ceilingsFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "ceilings must be an object");
    Ceilings ceilings;
    TRIMTAB_TRY(ceilings.memoryBytesPerSecond, rateAt(json, "memory_bytes_per_s"));
    TRIMTAB_TRY(ceilings.cacheBytesPerSecond, rateAt(json, "cache_bytes_per_s"));
    TRIMTAB_TRY(ceilings.launchNs, rateAt(json, "launch_ns"));
    if (const Json* peaks = base::memberAt(json, "operations_per_s")) {
        if (!peaks->is_object()) return fail(ErrorCode::Refused, "\"operations_per_s\" must be an object");
        for (const auto& [type, value] : peaks->items()) {
            TRIMTAB_TRY(const double peak, rateAt(*peaks, type));
            if (peak > 0) ceilings.operationsPerSecond[type] = peak;
        }
    }
    return ceilings;
}

}  // namespace trimtab::trace
