#pragma once
// A template cut into text and the words of its tags, as Jinja2 cuts it with trim_blocks and lstrip_blocks: the line break behind {% %} and
// {# #} goes, and so does white space before them at the start of a line; a - at either side takes all white space there, a + keeps it.
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset::chat {

struct Token {
    enum class Kind { Data, PrintBegin, PrintEnd, TagBegin, TagEnd, Name, Text, Whole, Real, Operator, End };
    Kind kind = Kind::End;
    std::string text;  // of a Text what its escapes stand for; of numbers without underscores
    int line = 1;

    bool isName(std::string_view word) const { return kind == Kind::Name && text == word; }
    bool isOperator(std::string_view word) const { return kind == Kind::Operator && text == word; }
};

/// The last token is an End. Refused, with the line: tags and texts without an end, brackets that don't match, characters and escapes that
/// no word has, text that is no UTF-8, a template of more than 1 MiB.
Result<std::vector<Token>> lex(std::string_view source);

/// The error of a template's line.
tl::unexpected<Error> refuseAt(int line, std::string message);

}  // namespace trimtab::dataset::chat
