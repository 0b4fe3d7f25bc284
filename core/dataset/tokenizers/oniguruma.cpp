// From Oniguruma's Ruby syntax to PCRE2's. What differs and occurs in tokenizer files: \s, \w and \h name other sets; \uHHHH; the flag m is
// what PCRE2 calls s; {n,m}+ repeats once more where PCRE2 makes it possessive; [a&&[^b]] intersects; a script's name means the script
// without its extensions. Everything else is copied.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <pcre2.h>

#include "core/dataset/tokenizers/pattern.h"

namespace trimtab::dataset::tokenizers {
namespace {

// White_Space; PCRE2's own \s holds U+180E too.
constexpr std::string_view kSpace = R"(\x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr std::string_view kNoSpace = R"(\x{00}-\x{08}\x{0e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff})"
                                      R"(\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
// Alphabetic, marks, decimal digits and connectors; PCRE2's own \w lacks the marks.
constexpr std::string_view kWord = R"(\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})"
                                   R"(\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
constexpr std::string_view kHex = "0-9a-fA-F";

// Long names of general categories, of which PCRE2 knows the letters.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kCategories{{{"Letter", "L"},
                                                                                    {"Mark", "M"},
                                                                                    {"Number", "N"},
                                                                                    {"Digit", "Nd"},
                                                                                    {"Punct", "P"},
                                                                                    {"Punctuation", "P"},
                                                                                    {"Symbol", "S"},
                                                                                    {"Separator", "Z"}}};

bool compiles(const std::string& expression) {
    int problem = 0;
    PCRE2_SIZE where = 0;
    pcre2_code* code =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), PCRE2_UTF, &problem, &where, nullptr);
    pcre2_code_free(code);
    return code != nullptr;
}

// \p{Name} or \P{Name}. A script is meant in the narrow sense, where PCRE2 takes its extensions (as punctuation that several share) along.
std::string property(std::string_view escape) {
    std::string_view name = escape.substr(3, escape.size() - 4);
    const std::string_view inverse = name.starts_with('^') ? "^" : "";
    name.remove_prefix(inverse.size());
    for (const auto& [known, letters] : kCategories)
        if (name == known) return fmt::format("{}{}{}}}", escape.substr(0, 3), inverse, letters);
    if (const std::string script = fmt::format("{}{}sc:{}}}", escape.substr(0, 3), inverse, name); name.size() > 2 && compiles(script))
        return script;
    return std::string(escape);
}

class Translator {
public:
    explicit Translator(std::string_view expression) : m_in(expression) {}

    Result<std::string> run() {
        while (m_at < m_in.size()) {
            const char c = m_in[m_at];
            if (c == '\\') {
                startAtom();
                TRIMTAB_REQUIRE(escape(false));
            } else if (c == '[') {
                startAtom();
                TRIMTAB_REQUIRE(characterClass());
            } else if (c == '(') {
                open();
            } else if (c == ')') {
                m_atom = m_groups.empty() ? m_out.size() : m_groups.back();
                if (!m_groups.empty()) m_groups.pop_back();
                copy(1);
            } else if (c == '{') {
                interval();
            } else {
                if (c != '?' && c != '*' && c != '+') startAtom();
                copy(1);
            }
        }
        return std::move(m_out);
    }

private:
    char peek(std::size_t ahead = 0) const { return m_at + ahead < m_in.size() ? m_in[m_at + ahead] : '\0'; }
    void startAtom() { m_atom = m_out.size(); }
    void copy(std::size_t count) {
        count = std::min(count, m_in.size() - m_at);
        m_out += m_in.substr(m_at, count);
        m_at += count;
    }

    // An escape, outside of a class or within one.
    Status escape(bool within) {
        const char kind = peek(1);
        const auto put = [&](std::string_view set, bool negated) {
            m_out += within ? std::string(set) : fmt::format("[{}{}]", negated ? "^" : "", set);
            m_at += 2;
        };
        if (within && (kind == 'W' || kind == 'H')) return fail(ErrorCode::Unsupported, fmt::format("\\{} within [] is not known", kind));
        if (kind == 's') put(kSpace, false);
        else if (kind == 'S') put(within ? kNoSpace : kSpace, !within);
        else if (kind == 'w' || kind == 'W') put(kWord, kind == 'W');
        else if (kind == 'h' || kind == 'H') put(kHex, kind == 'H');
        else if (kind == 'u' && m_at + 6 <= m_in.size()) {
            m_out += fmt::format("\\x{{{}}}", m_in.substr(m_at + 2, 4));
            m_at += 6;
        } else if ((kind == 'p' || kind == 'P' || kind == 'x') && peek(2) == '{') {
            const std::size_t end = m_in.find('}', m_at);
            if (end == std::string_view::npos) return fail(ErrorCode::Refused, fmt::format("\\{}{{ is not closed", kind));
            const std::string_view whole = m_in.substr(m_at, end + 1 - m_at);
            m_out += kind == 'x' ? std::string(whole) : property(whole);
            m_at = end + 1;
        } else {
            copy(2);
        }
        return {};
    }

    // Members of a class up to its "]", "&&" or a nested "["; m_at stands on what ended it.
    Status members() {
        for (bool first = true; m_at < m_in.size(); first = false) {
            const char c = peek();
            if ((c == ']' && !first) || (c == '&' && peek(1) == '&')) return {};
            if (c == '[') {
                const std::size_t end = m_in.find(":]", m_at + 2);
                if (peek(1) != ':' || end == std::string_view::npos)
                    return fail(ErrorCode::Unsupported, "a class within a class is known only as [a&&[^b]]");
                copy(end + 2 - m_at);
            } else if (c == '\\') {
                TRIMTAB_REQUIRE(escape(true));
            } else {
                copy(1);
            }
        }
        return fail(ErrorCode::Refused, "a class is not closed");
    }

    Status characterClass() {
        const std::size_t start = m_out.size();
        const bool negated = peek(1) == '^';
        copy(negated ? 2 : 1);
        TRIMTAB_REQUIRE(members());
        m_out += ']';
        if (peek() == ']') {
            ++m_at;
            return {};
        }
        m_at += 2;
        if (negated || peek() != '[') return fail(ErrorCode::Unsupported, "an intersection of classes is known only as [a&&[^b]]");
        const std::string left = m_out.substr(start);
        m_out.resize(start);
        m_out += "(?:(?=";
        copy(peek(1) == '^' ? 2 : 1);
        TRIMTAB_REQUIRE(members());
        if (peek() != ']' || peek(1) != ']') return fail(ErrorCode::Unsupported, "an intersection of classes is known only as [a&&[^b]]");
        m_at += 2;
        m_out += "])" + left + ")";
        return {};
    }

    void open() {
        m_groups.push_back(m_out.size());
        copy(1);
        if (peek() != '?') return;
        copy(1);
        for (; std::isalpha(static_cast<unsigned char>(peek())) || peek() == '-'; ++m_at) {
            if (peek() == 'P') return;
            m_out += peek() == 'm' ? 's' : peek();
        }
        if (peek() == ')') return;
        copy(1);
    }

    // {n}, {n,}, {,m}, {n,m}: followed by "+" it is repeated as a whole.
    void interval() {
        const std::size_t end = m_in.find('}', m_at);
        const std::string_view inner = end == std::string_view::npos ? "" : m_in.substr(m_at + 1, end - m_at - 1);
        if (inner.empty() || inner.find_first_not_of("0123456789,") != std::string_view::npos) {
            startAtom();
            m_out += '\\';
            copy(1);
            return;
        }
        if (inner.front() == ',') {
            m_out += fmt::format("{{0{}}}", inner);
            m_at = end + 1;
        } else {
            copy(end + 1 - m_at);
        }
        if (peek() != '+') return;
        m_out.insert(m_atom, "(?:");
        m_out += ')';
    }

    std::string_view m_in;
    std::size_t m_at = 0;
    std::string m_out;
    std::size_t m_atom = 0;             // where what a quantifier would repeat begins in m_out
    std::vector<std::size_t> m_groups;  // where the open groups begin
};

}  // namespace

Result<std::string> fromOniguruma(std::string_view expression) { return Translator(expression).run(); }

}  // namespace trimtab::dataset::tokenizers
