#pragma once
// Filters (`value|name`) and tests (`value is name`).
#include "core/dataset/chat/arguments.h"

namespace trimtab::dataset::chat {

/// Refused: filters that are not supported, and what a filter does not take.
Result<Value> filtered(const std::string& name, const Value& value, const Arguments& arguments, Environment& environment);
Result<bool> tested(const std::string& name, const Value& value, const Arguments& arguments, Environment& environment);

/// The filters of each kind, by name; nullptr where none has it.
using FilterFunction = Result<Value> (*)(const Value&, const Arguments&, Environment&);
FilterFunction textFilter(const std::string& name);
FilterFunction sequenceFilter(const std::string& name);
FilterFunction choosingFilter(const std::string& name);

}  // namespace trimtab::dataset::chat
