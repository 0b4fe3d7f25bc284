#pragma once
// The tokens of a template, one after the other, and how deep the parser stands in them.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/dataset/chat/lexer.h"

namespace trimtab::dataset::chat {

class TokenStream {
public:
    /// REQUIRES: the last token is an End.
    explicit TokenStream(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {}

    const Token& current() const { return m_tokens[m_at]; }
    const Token& following() const { return m_tokens[std::min(m_at + 1, m_tokens.size() - 1)]; }
    int line() const { return current().line; }
    /// The End stays.
    Token take() {
        Token token = current();
        if (m_at + 1 < m_tokens.size()) ++m_at;
        return token;
    }
    bool skipName(std::string_view word) { return current().isName(word) && (take(), true); }
    bool skipOperator(std::string_view word) { return current().isOperator(word) && (take(), true); }
    Status expectOperator(std::string_view word) {
        if (skipOperator(word)) return {};
        return refuse(fmt::format("expected '{}', but found {}", word, shown()));
    }
    Result<std::string> expectName() {
        if (current().kind != Token::Kind::Name) return refuse("expected a name, but found " + shown());
        return take().text;
    }
    Status expect(Token::Kind kind) {
        if (current().kind != kind) return refuse("unexpected " + shown());
        take();
        return {};
    }
    /// The current token, for messages.
    std::string shown() const {
        switch (current().kind) {
            case Token::Kind::PrintEnd: return "}}";
            case Token::Kind::TagEnd: return "%}";
            case Token::Kind::Text: return "a text";
            case Token::Kind::Name:
            case Token::Kind::Operator:
            case Token::Kind::Whole:
            case Token::Kind::Real: return fmt::format("'{:.40}'", current().text);
            default: return "the end of the template";
        }
    }
    tl::unexpected<Error> refuse(std::string message) const { return refuseAt(line(), std::move(message)); }

    /// One level deeper while it lives. Every function that may come to itself again holds one.
    class Deeper {
    public:
        explicit Deeper(TokenStream& stream) : m_stream(stream) { ++m_stream.m_depth; }
        ~Deeper() { --m_stream.m_depth; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        Status check() const {
            constexpr int kMost = 64;
            if (m_stream.m_depth <= kMost) return {};
            return m_stream.refuse(fmt::format("nests deeper than {}", kMost));
        }

    private:
        TokenStream& m_stream;
    };

private:
    std::vector<Token> m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0;
};

}  // namespace trimtab::dataset::chat
