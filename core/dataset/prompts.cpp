#include "core/dataset/prompts.h"

#include <fmt/format.h>

#include "core/base/json.h"

namespace trimtab::dataset {
namespace {

using base::Json;

constexpr std::size_t kMostChoices = 1000;
constexpr std::size_t kMostReferenceBytes = 1 << 20;

Result<std::string> promptOf(const Json& object) {
    const bool isPrompt = base::memberAt(object, "prompt") != nullptr, isQuestion = base::memberAt(object, "question") != nullptr;
    if (isPrompt == isQuestion) return fail(ErrorCode::Refused, "must hold one of \"prompt\" and \"question\"");
    return base::stringAt(object, isPrompt ? "prompt" : "question");
}

Result<std::vector<std::string>> textsAt(const Json& object, const char* key, std::size_t least) {
    const Json* member = base::memberAt(object, key);
    const auto refused = [&] {
        return fail(ErrorCode::Refused, fmt::format("\"{}\" must be a list of {} to {} texts", key, least, kMostChoices));
    };
    if (!member || !member->is_array() || member->size() < least || member->size() > kMostChoices) return refused();
    std::vector<std::string> texts;
    for (const Json& item : *member) {
        if (!item.is_string()) return refused();
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

Status readChoices(const Json& object, PromptLine& line) {
    TRIMTAB_TRY(line.choices, textsAt(object, "choices", 2));
    for (std::size_t i = 0; i < line.choices.size(); ++i)
        if (line.choices[i].empty()) return fail(ErrorCode::Refused, fmt::format("\"choices\"[{}] is empty", i));
    TRIMTAB_TRY(line.answer, base::integerAt(object, "answer"));
    if (line.answer < 0 || line.answer >= static_cast<std::int64_t>(line.choices.size()))
        return fail(ErrorCode::Refused,
                    fmt::format("\"answer\" is {}, but the choices are numbered 0 to {}", line.answer, line.choices.size() - 1));
    return {};
}

Status readReferences(const Json& object, PromptLine& line) {
    if (base::memberAt(object, "reference")) {
        TRIMTAB_TRY(std::string reference, base::stringAt(object, "reference"));
        line.references.push_back(std::move(reference));
    } else {
        TRIMTAB_TRY(line.references, textsAt(object, "references", 1));
    }
    for (const std::string& reference : line.references)
        if (reference.size() > kMostReferenceBytes)
            return fail(ErrorCode::Refused,
                        fmt::format("a reference has {} bytes, but at most {} are compared", reference.size(), kMostReferenceBytes));
    return {};
}

Result<PromptLine> parseLine(std::string_view text) {
    TRIMTAB_TRY(const Json object, base::parseJson(text, ""));
    if (!object.is_object()) return fail(ErrorCode::Refused, "must be an object");
    PromptLine line;
    TRIMTAB_TRY(line.prompt, promptOf(object));
    const int kinds = (base::memberAt(object, "choices") != nullptr) + (base::memberAt(object, "reference") != nullptr) +
                      (base::memberAt(object, "references") != nullptr);
    if (kinds != 1) return fail(ErrorCode::Refused, "must hold one of \"choices\", \"reference\" and \"references\"");
    TRIMTAB_REQUIRE(base::memberAt(object, "choices") ? readChoices(object, line) : readReferences(object, line));
    return line;
}

}  // namespace

Result<std::vector<PromptLine>> parsePrompts(std::string_view text, const std::string& what) {
    std::vector<PromptLine> lines;
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view content = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto line = parseLine(content);
        if (!line) return fail(line.error().code, fmt::format("line {}: {}", number, line.error().message), what);
        line->line = number;
        if (!lines.empty() && lines.front().choices.empty() != line->choices.empty())
            return fail(ErrorCode::Refused,
                        fmt::format("line {}: has {} where line {} has {}", number, line->choices.empty() ? "references" : "choices",
                                    lines.front().line, line->choices.empty() ? "choices" : "references"),
                        what);
        lines.push_back(std::move(*line));
    }
    if (lines.empty()) return fail(ErrorCode::Refused, "holds no line", what);
    return lines;
}

}  // namespace trimtab::dataset
