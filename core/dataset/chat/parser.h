#pragma once
// Templates into their syntax, by Jinja2's grammar.
#include <string_view>

#include "core/dataset/chat/syntax.h"

namespace trimtab::dataset::chat {

/// Refused, with the line: what the grammar has not, tags that are not supported, and nesting deeper than 64.
Result<Syntax> parse(std::string_view source);

}  // namespace trimtab::dataset::chat
