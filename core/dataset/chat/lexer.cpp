#include "core/dataset/chat/lexer.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/chat/text.h"
#include "core/dataset/chat/words.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

/// Every line break is \n, and one at the end is none.
std::string withPlainLines(std::string_view source) {
    std::string plain;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
        plain += source[i] == '\r' ? '\n' : source[i];
    }
    if (plain.ends_with('\n')) plain.pop_back();
    return plain;
}

class Lexer {
public:
    explicit Lexer(std::string source) : m_source(std::move(source)) {}

    Result<std::vector<Token>> run() {
        while (m_at < m_source.size()) {
            const std::size_t tag = nextTag();
            if (tag == std::string::npos) {
                add(Token::Kind::Data, m_source.substr(m_at));
                moveTo(m_source.size());
                break;
            }
            const char kind = m_source[tag + 1];
            const char sign = tag + 2 < m_source.size() ? m_source[tag + 2] : '\0';
            const bool hasSign = sign == '-' || sign == '+';
            add(Token::Kind::Data, dataBefore(tag, kind, sign));
            moveTo(tag + (hasSign ? 3 : 2));
            m_startsLine = false;
            TRIMTAB_REQUIRE(kind == '#' ? skipComment() : lexTag(kind));
        }
        m_tokens.push_back({Token::Kind::End, {}, m_line});
        return std::move(m_tokens);
    }

private:
    std::size_t nextTag() const {
        std::size_t at = m_at;
        while ((at = m_source.find('{', at)) != std::string::npos) {
            if (at + 1 < m_source.size() && std::string_view("{%#").find(m_source[at + 1]) != std::string_view::npos) break;
            ++at;
        }
        return at;
    }
    /// What stands between here and the tag, less what the tag takes of it.
    std::string dataBefore(std::size_t tag, char kind, char sign) const {
        const std::string_view data = std::string_view(m_source).substr(m_at, tag - m_at);
        if (sign == '-') return std::string(stripped(data, Side::Right));
        if (sign == '+' || kind == '{') return std::string(data);
        const std::size_t lineBreak = data.rfind('\n');
        if (lineBreak == std::string_view::npos && !m_startsLine) return std::string(data);
        const std::size_t start = lineBreak == std::string_view::npos ? 0 : lineBreak + 1;
        return std::string(stripped(data.substr(start), Side::Both).empty() ? data.substr(0, start) : data);
    }
    void add(Token::Kind kind, std::string text) {
        if (kind != Token::Kind::Data || !text.empty()) m_tokens.push_back({kind, std::move(text), m_line});
    }
    void moveTo(std::size_t place) {
        m_line += static_cast<int>(std::count(m_source.begin() + static_cast<std::ptrdiff_t>(m_at),
                                              m_source.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
        m_at = place;
    }
    void skipSpace() {
        const std::string_view rest = std::string_view(m_source).substr(m_at);
        moveTo(m_at + rest.size() - stripped(rest, Side::Left).size());
    }
    /// Behind a tag that ended at `end` with `sign` before its end.
    void leaveTag(std::size_t end, char sign, bool trimsLine) {
        moveTo(end);
        if (sign == '-') skipSpace();
        else if (trimsLine && sign != '+' && m_source.substr(m_at, 1) == "\n") moveTo(m_at + 1);
        m_startsLine = m_source[m_at - 1] == '\n';
    }
    Status skipComment() {
        const std::size_t end = m_source.find("#}", m_at);
        if (end == std::string::npos) return refuseAt(m_line, "a comment has no end");
        leaveTag(end + 2, end > m_at ? m_source[end - 1] : '\0', true);
        return {};
    }
    /// Whether the tag ends here; `sign` is what stands before its end.
    bool isAtEnd(std::string_view end, char& sign) const {
        const std::string_view rest = std::string_view(m_source).substr(m_at);
        sign = '\0';
        if (rest.starts_with(end)) return true;
        if (rest.empty() || !rest.substr(1).starts_with(end)) return false;
        sign = rest.front();
        return sign == '-' || (sign == '+' && end == "%}");
    }
    Status lexTag(char kind) {
        const bool prints = kind == '{';
        const int begin = m_line;
        add(prints ? Token::Kind::PrintBegin : Token::Kind::TagBegin, {});
        const std::size_t first = m_tokens.size();
        std::string open;  // brackets that must close yet
        while (m_at < m_source.size()) {
            char sign = '\0';
            if (open.empty() && isAtEnd(prints ? "}}" : "%}", sign)) {
                add(prints ? Token::Kind::PrintEnd : Token::Kind::TagEnd, {});
                leaveTag(m_at + (sign == '\0' ? 2 : 3), sign, !prints);
                return {};
            }
            const std::size_t before = m_at;
            skipSpace();
            if (m_at > before) continue;
            std::size_t end = m_at;
            TRIMTAB_TRY(Token word, wordAt(m_source, end, m_line));
            TRIMTAB_REQUIRE(balance(word, open));
            if (!prints && m_tokens.size() == first && word.isName("raw")) return refuseAt(m_line, "the tag 'raw' is not supported");
            m_tokens.push_back(std::move(word));
            moveTo(end);
        }
        return refuseAt(begin, "a tag has no end");
    }
    Status balance(const Token& word, std::string& open) const {
        constexpr std::string_view kOpening = "([{", kClosing = ")]}";
        if (word.kind != Token::Kind::Operator || word.text.size() != 1) return {};
        if (const std::size_t at = kOpening.find(word.text); at != std::string_view::npos) open += kClosing[at];
        if (kClosing.find(word.text) == std::string_view::npos) return {};
        if (open.empty() || open.back() != word.text.front()) return refuseAt(m_line, fmt::format("unexpected '{}'", word.text));
        open.pop_back();
        return {};
    }

    std::string m_source;
    std::size_t m_at = 0;
    int m_line = 1;
    bool m_startsLine = true;
    std::vector<Token> m_tokens;
};

}  // namespace

Result<std::vector<Token>> lex(std::string_view source) {
    if (source.size() > kMostBytes) return refuseAt(1, "the template has more than 1 MiB");
    if (tokenizers::repaired(source) != source) return refuseAt(1, "the template is no valid UTF-8");
    return Lexer(withPlainLines(source)).run();
}

tl::unexpected<Error> refuseAt(int line, std::string message) {
    return fail(ErrorCode::Refused, std::move(message), fmt::format("chat template, line {}", line));
}

}  // namespace trimtab::dataset::chat
