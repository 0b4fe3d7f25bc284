#pragma once
// What a tokenizer file searches text for: a literal string, or a regular expression in the dialect of Oniguruma (as the reference uses
// it), carried out by PCRE2 with limits.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace trimtab::dataset::tokenizers {

/// A part of a text: a match of a pattern, or what lies between two.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool isMatch = false;
};

class Pattern {
public:
    static Result<Pattern> regex(std::string_view expression, std::string_view field);
    static Result<Pattern> literal(std::string text, std::string_view field);
    /// {"String": …} or {"Regex": …}, as files write it; `field` names it in messages.
    static Result<Pattern> read(const Json& object, std::string_view key, std::string_view field);

    /// Spans that cover `text` from its start to its end. Refused when the search exceeds its limits. REQUIRES: valid UTF-8.
    Result<std::vector<Span>> find(std::string_view text) const;

private:
    std::string m_literal;
    std::string m_expression;
    std::shared_ptr<void> m_code;  // pcre2_code
};

/// The expression in the dialect of PCRE2, with the meaning that Oniguruma's Ruby syntax gives it. Refused: what has no counterpart.
Result<std::string> fromOniguruma(std::string_view expression);

}  // namespace trimtab::dataset::tokenizers
