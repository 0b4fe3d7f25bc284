#pragma once
// What a filter, a test, a method or a function is given.
#include <initializer_list>

#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;

    /// By the order of `parameters`; nullptr for what is not given. Refused: more than there are, names that are none, `least` not given.
    Result<std::vector<const Value*>> bound(std::string_view what, std::initializer_list<std::string_view> parameters,
                                            std::size_t least = 0) const;
};

/// A whole number that may be missing or none. Refused: anything else.
Result<std::optional<std::int64_t>> wholeAt(const Value* value, std::string_view what);
/// The truth of an argument that may be missing.
inline bool flagAt(const Value* value, bool fallback = false) { return value ? isTrue(*value) : fallback; }
/// Refused: what is no text, or is marked as safe.
Result<std::string> textAt(const Value& value, std::string_view what);

}  // namespace trimtab::dataset::chat
