#pragma once
// Prompts with choices or references, from JSON Lines: one object a line.
//   multiple choice  {"prompt" or "question", "choices": ["…", …], "answer": index}
//   text generation  {"prompt" or "question", "reference": "…" or "references": ["…", …]}
// Other keys are let pass. All lines are of one kind.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset {

/// What a sample of multiple choice is: one choice of a question.
struct Choice {
    std::int64_t question = 0;  // in the order of the lines
    std::int64_t bytes = 0;     // of the choice's text in UTF-8
    bool isAnswer = false;
};

struct Prompt {
    std::vector<std::int64_t> tokens;
    std::vector<std::string> references;  // at least one
};

struct GenerationRules {
    std::int64_t mostTokens = 64;
    bool untilNewline = false;  // a text ends before its first line break
};

struct PromptLine {
    std::int64_t line = 0;  // in the file, from 1
    std::string prompt;
    std::vector<std::string> choices;  // of multiple choice, two or more, none empty
    std::int64_t answer = 0;
    std::vector<std::string> references;  // of text generation
};

/// Empty lines are passed over. Refused, with the line's number and the field that is off: no line at all, what is no object, lines of
/// both kinds, an answer that is no choice. `what` names the file.
Result<std::vector<PromptLine>> parsePrompts(std::string_view text, const std::string& what);

}  // namespace trimtab::dataset
