#pragma once
// The words inside a tag.
#include "core/dataset/chat/lexer.h"

namespace trimtab::dataset::chat {

/// The word at `at`, which is no white space; moves `at` behind it. Its line is `line`.
Result<Token> wordAt(std::string_view source, std::size_t& at, int line);

}  // namespace trimtab::dataset::chat
