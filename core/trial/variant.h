#pragma once
// Variant: another file of a study's model, such as one that was quantised elsewhere. It is measured as it is, beside what recipes make
// of the model; how it is run (batch, engine, threads) is varied as the model's is.
#include <string>
#include <vector>

#include "core/base/json.h"

namespace trimtab::trial {

struct Variant {
    std::string name;  // in charts; no two of a study share it; empty: the file's, once it was looked at
    std::string path;
    std::string hash;  // empty until the file was looked at
    bool operator==(const Variant&) const = default;
};

/// Refused, as "variants", where two share a name, one has none or holds "=" or control characters, or there are more than 100.
Status checkVariants(const std::vector<Variant>& variants);

Json toJson(const std::vector<Variant>& variants);
/// A list of {"name", "model", "hash"}, of which "model" must be there. Refused with the field's path.
Result<std::vector<Variant>> variantsFromJson(const Json& json);

}  // namespace trimtab::trial
