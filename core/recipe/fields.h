#pragma once
// One field of a recipe at a time: shared by the JSON reader and by axes, so that both refuse alike.
#include <string>
#include <string_view>

#include "core/recipe/recipe.h"

namespace trimtab::recipe {

/// Sets spec.`key`; Refused, naming `path`, for an unknown key or a value that the field cannot take by itself.
Status setField(PruneSpec& spec, std::string_view key, const Json& value, const std::string& path);
/// Setting the bits moves a format that does not suit them to the default one.
Status setField(WeightSpec& spec, std::string_view key, const Json& value, const std::string& path);
Status setField(ActivationSpec& spec, std::string_view key, const Json& value, const std::string& path);
Status setField(KvCacheSpec& spec, std::string_view key, const Json& value, const std::string& path);
Result<graph::ComputeType> computeFrom(const Json& value, const std::string& path);
/// "cancel" or "keep".
Result<bool> cancelsFrom(const Json& value, const std::string& path);

/// Refused, naming `path` and what it belongs to, for a field that the part's own method or mode does not read (alpha without smoothquant).
Status checkUsed(const PruneSpec& spec, std::string_view key, const std::string& path);
Status checkUsed(const WeightSpec& spec, std::string_view key, const std::string& path);
Status checkUsed(const ActivationSpec& spec, std::string_view key, const std::string& path);
inline Status checkUsed(const KvCacheSpec&, std::string_view, const std::string&) { return {}; }

/// Refused, naming the axis path, where the base does not read that field, as the reader refuses it: its part asks for nothing, or its
/// method is not named. REQUIRES: a path that setAxis() takes.
Status checkAxisUsed(const Recipe& recipe, std::string_view path);

/// "int" for 2…8 bits, "bf16" for 16, "fp32" for 32.
std::string_view defaultFormat(int bits);

/// Fields of one part that contradict each other.
Status checkPart(const PruneSpec& spec, const std::string& path);
Status checkPart(const WeightSpec& spec, const std::string& path);
Status checkPart(const ActivationSpec& spec, const std::string& path);
/// Parts that contradict each other. `path` precedes field names in messages ("" or "rules[0].").
Status checkTogether(const Settings& settings, const std::string& path);
Settings withoutDefaults(Settings settings);

}  // namespace trimtab::recipe
