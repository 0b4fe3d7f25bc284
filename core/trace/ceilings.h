#pragma once
// The most that an engine reached on a device, measured with kernels of its own. A layer's time is told beside what these allow it.
#include <map>
#include <optional>
#include <string>

#include "core/base/json.h"

namespace trimtab::trace {

struct Ceilings {
    double memoryBytesPerSecond = 0;  // values far larger than any cache, read and written once
    double cacheBytesPerSecond = 0;   // values that stay in the last-level cache; 0: not measured
    std::map<std::string, double> operationsPerSecond;  // of a large matrix product, by compute type: "fp32", "bf16", "int8"
    double launchNs = 0;              // a product with next to nothing to do

    /// Of products in that type; that of fp32 where the type was not measured, which is said by `isOwn`. nullopt where neither was.
    struct Peak {
        double operationsPerSecond = 0;
        bool isOwn = true;
    };
    std::optional<Peak> peakOf(const std::string& compute) const;
    bool operator==(const Ceilings&) const = default;
};

/// {"memory_bytes_per_s", "cache_bytes_per_s", "operations_per_s": {type: number}, "launch_ns"}
Json toJson(const Ceilings& ceilings);
/// Refused, naming the field, for what is no positive number.
Result<Ceilings> ceilingsFromJson(const Json& json);

}  // namespace trimtab::trace
