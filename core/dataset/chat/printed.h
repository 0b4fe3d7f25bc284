#pragma once
// Values as text: Python's str(), repr() and json.dumps().
#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

/// str(): what {{ }} prints. Refused: namespaces, functions, loops, ranges, views and iterators, whose texts nobody means.
Result<std::string> printed(const Value& value, Environment& environment);
/// The shortest digits that are this number, as repr(float) writes them.
std::string printedReal(double value);

/// json.dumps() as the filter tojson of chat templates calls it.
struct JsonStyle {
    bool onlyAscii = false;
    std::optional<std::string> indent;  // of one level
    std::string betweenItems = ", ", behindKey = ": ";
    bool sortsKeys = false;
};
Result<std::string> jsonOf(const Value& value, const JsonStyle& style, Environment& environment);

}  // namespace trimtab::dataset::chat
