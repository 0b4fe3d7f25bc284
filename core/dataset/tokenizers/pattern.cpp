#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/dataset/tokenizers/pattern.h"

#include <array>
#include <chrono>

#include <fmt/format.h>
#include <pcre2.h>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::size_t kMostExpressionBytes = 16 << 10;
constexpr std::uint32_t kMatchLimit = 50'000'000;
constexpr std::uint32_t kHeapLimitKib = 256 << 10;
constexpr std::chrono::seconds kMostTime{60};     // of all matches in one text: many short ones can be quadratic too
constexpr std::size_t kJitStackBytes = 64 << 20;  // address space; touched only as far as a match needs it

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<&pcre2_match_context_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Freer<&pcre2_compile_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<&pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<&pcre2_jit_stack_free>>;

// What one thread matches with; a stack of the compiled matcher can't be shared.
struct Matcher {
    JitStack stack{pcre2_jit_stack_create(64 << 10, kJitStackBytes, nullptr)};
    MatchContext context{pcre2_match_context_create(nullptr)};
    MatchData data{pcre2_match_data_create(1, nullptr)};
    Matcher() {
        pcre2_set_match_limit(context.get(), kMatchLimit);
        pcre2_set_heap_limit(context.get(), kHeapLimitKib);
        pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    }
};

Matcher& matcher() {
    thread_local Matcher one;
    return one;
}

std::string messageOf(int code) {
    std::array<PCRE2_UCHAR, 160> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

std::vector<Span> findLiteral(std::string_view text, std::string_view literal) {
    std::vector<Span> spans;
    std::size_t from = 0;
    for (;;) {
        const std::size_t found = text.find(literal, from);
        if (found == std::string_view::npos) break;
        if (found > from) spans.push_back({from, found, false});
        from = found + literal.size();
        spans.push_back({found, from, true});
    }
    if (from < text.size()) spans.push_back({from, text.size(), false});
    return spans;
}

}  // namespace

Result<Pattern> Pattern::literal(std::string text, std::string_view field) {
    if (text.empty()) return fail(ErrorCode::Refused, fmt::format("{} is an empty string, which matches everywhere", field));
    Pattern pattern;
    pattern.m_literal = std::move(text);
    return pattern;
}

Result<Pattern> Pattern::regex(std::string_view expression, std::string_view field) {
    if (expression.size() > kMostExpressionBytes)
        return fail(ErrorCode::Refused, fmt::format("{} is longer than {} bytes", field, kMostExpressionBytes));
    auto translated = fromOniguruma(expression);
    if (!translated) return fail(translated.error().code, fmt::format("{}: {}", field, translated.error().message));
    const CompileContext context(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int problem = 0;
    PCRE2_SIZE where = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->data()), translated->size(),
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &problem, &where, context.get());
    if (!code)
        return fail(ErrorCode::Refused, fmt::format("{} is no regular expression that is known here: {}", field, messageOf(problem)));
    Pattern pattern;
    pattern.m_expression = std::string(field);
    pattern.m_code = std::shared_ptr<void>(code, [](void* object) { pcre2_code_free(static_cast<pcre2_code*>(object)); });
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where it can't, the interpreter matches the same
    return pattern;
}

Result<Pattern> Pattern::read(const Json& object, std::string_view key, std::string_view field) {
    const Json* member = base::memberAt(object, key);
    const std::string name = fmt::format("{}.{}", field, key);
    if (member && member->is_object() && member->size() == 1) {
        if (const Json* text = base::memberAt(*member, "String"); text && text->is_string()) return literal(text->get<std::string>(), name);
        if (const Json* text = base::memberAt(*member, "Regex"); text && text->is_string()) return regex(text->get<std::string>(), name);
    }
    return fail(ErrorCode::Refused, fmt::format("{} must be {{\"String\": …}} or {{\"Regex\": …}}", name));
}

Result<std::vector<Span>> Pattern::find(std::string_view text) const {
    if (!m_code) return findLiteral(text, m_literal);
    Matcher& with = matcher();
    std::vector<Span> spans;
    std::size_t covered = 0, from = 0;
    const auto start = std::chrono::steady_clock::now();
    while (from <= text.size()) {
        if (spans.size() % 256 == 255 && std::chrono::steady_clock::now() - start > kMostTime)
            return fail(ErrorCode::Refused, fmt::format("The text takes too long to split by {}", m_expression));
        const int found = pcre2_match(static_cast<const pcre2_code*>(m_code.get()), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                      from, PCRE2_NO_UTF_CHECK, with.data.get(), with.context.get());
        if (found == PCRE2_ERROR_NOMATCH) break;
        if (found < 0)
            return fail(ErrorCode::Refused, fmt::format("The text takes too long to split by {}: {}", m_expression, messageOf(found)));
        const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(with.data.get());
        const std::size_t begin = ends[0], end = ends[1];
        if (begin > end || begin < covered) return fail(ErrorCode::Refused, m_expression + " matches backwards");
        if (begin == end) {  // an empty match cuts, if nothing has cut there yet
            if (begin > covered) spans.push_back({covered, begin, false});
            if (begin != covered || begin == 0) spans.push_back({begin, begin, true});
            covered = begin;
            from = end < text.size() ? end + lengthOf(text[end]) : end + 1;
            continue;
        }
        if (begin > covered) spans.push_back({covered, begin, false});
        spans.push_back({begin, end, true});
        covered = from = end;
    }
    if (covered < text.size()) spans.push_back({covered, text.size(), false});
    return spans;
}

}  // namespace trimtab::dataset::tokenizers
