#include <algorithm>
#include <initializer_list>

#include "core/dataset/chat/expression_parser.h"
#include "core/dataset/chat/hidden_names.h"
#include "core/dataset/chat/parser.h"

namespace trimtab::dataset::chat {
namespace {

using Kind = Statement::Kind;

class StatementParser {
public:
    explicit StatementParser(std::vector<Token> tokens) : m_tokens(std::move(tokens)), m_expressions(m_tokens) {}

    Result<Syntax> run() {
        Syntax syntax;
        TRIMTAB_TRY(syntax.frame.body, statements({}));
        hideNames(syntax);
        return syntax;
    }

private:
    using Words = std::initializer_list<std::string_view>;

    /// Up to a tag that begins with one of `ends`, whose word is left to be read; without any, up to the end of the template.
    Result<Body> statements(Words ends) {
        const TokenStream::Deeper deeper(m_tokens);
        TRIMTAB_REQUIRE(deeper.check());
        Body body;
        while (true) {
            const Token token = m_tokens.current();
            if (token.kind == Token::Kind::End) {
                if (ends.size() == 0) return body;
                return m_tokens.refuse(fmt::format("the template ends before '{}'", *(ends.end() - 1)));
            }
            m_tokens.take();
            if (token.kind == Token::Kind::Data) {
                body.push_back({.kind = Kind::Text, .line = token.line, .text = token.text});
            } else if (token.kind == Token::Kind::PrintBegin) {
                Statement print{.kind = Kind::Print, .line = token.line};
                TRIMTAB_TRY(print.value, m_expressions.expressions());
                TRIMTAB_REQUIRE(m_tokens.expect(Token::Kind::PrintEnd));
                body.push_back(std::move(print));
            } else {
                const Token& word = m_tokens.current();
                if (word.kind == Token::Kind::Name && std::ranges::find(ends, word.text) != ends.end()) return body;
                TRIMTAB_TRY(Statement statement, tag());
                TRIMTAB_REQUIRE(m_tokens.expect(Token::Kind::TagEnd));
                body.push_back(std::move(statement));
            }
        }
    }
    /// Behind the head of a tag: its end, and what follows up to one of `ends`.
    Result<Body> bodyUntil(Words ends) {
        m_tokens.skipOperator(":");
        TRIMTAB_REQUIRE(m_tokens.expect(Token::Kind::TagEnd));
        return statements(ends);
    }

    Result<Statement> tag() {
        const int line = m_tokens.line();
        TRIMTAB_TRY(const std::string word, m_tokens.expectName());
        if (word == "set") return set(line);
        if (word == "if") return choice(line);
        if (word == "for") return loop(line);
        if (word == "macro") return macro(line);
        if (word == "generation") return generation(line);
        if (word == "break" || word == "continue") {
            if (m_loops == 0) return refuseAt(line, fmt::format("'{}' stands in no loop", word));
            return Statement{.kind = word == "break" ? Kind::Break : Kind::Continue, .line = line};
        }
        return refuseAt(line, fmt::format("the tag '{:.40}' is not supported here", word));
    }

    Result<Statement> set(int line) {
        Statement statement{.kind = Kind::Set, .line = line};
        TRIMTAB_TRY(statement.target, target(true));
        if (m_tokens.skipOperator("=")) {
            TRIMTAB_TRY(statement.value, m_expressions.expressions());
            return statement;
        }
        statement.kind = Kind::SetBlock;
        TRIMTAB_TRY(statement.filters, m_expressions.filters());
        TRIMTAB_TRY(statement.frame.body, ownBody({"endset"}, 0));
        m_tokens.take();
        return statement;
    }
    Result<Statement> choice(int line) {
        Statement statement{.kind = Kind::If, .line = line};
        do {
            Branch branch;
            TRIMTAB_TRY(branch.condition, m_expressions.expressions(false));
            TRIMTAB_TRY(branch.body, bodyUntil({"elif", "else", "endif"}));
            statement.branches.push_back(std::move(branch));
        } while (m_tokens.skipName("elif"));
        if (m_tokens.skipName("else")) {
            TRIMTAB_TRY(statement.otherwise, bodyUntil({"endif"}));
        }
        m_tokens.take();
        return statement;
    }
    Result<Statement> loop(int line) {
        Statement statement{.kind = Kind::For, .line = line};
        TRIMTAB_TRY(statement.target, target(false));
        if (!m_tokens.skipName("in")) return m_tokens.refuse("expected 'in', but found " + m_tokens.shown());
        TRIMTAB_TRY(statement.value, m_expressions.expressions(false));
        if (m_tokens.skipName("if")) {
            TRIMTAB_TRY(statement.condition, m_expressions.expression());
        }
        if (m_tokens.current().isName("recursive")) return m_tokens.refuse("loops that are recursive are not supported");
        TRIMTAB_TRY(statement.frame.body, ownBody({"else", "endfor"}, m_loops + 1));
        if (m_tokens.skipName("else")) {
            statement.hasNone = true;
            TRIMTAB_TRY(statement.none.body, ownBody({"endfor"}, m_loops));
        }
        m_tokens.take();
        return statement;
    }
    Result<Statement> macro(int line) {
        if (m_frames > 0) return refuseAt(line, "a macro inside a loop, a block or another macro is not supported");
        Statement statement{.kind = Kind::Macro, .line = line};
        TRIMTAB_TRY(statement.text, m_tokens.expectName());
        TRIMTAB_REQUIRE(m_tokens.expectOperator("("));
        while (!m_tokens.current().isOperator(")")) {
            if (!statement.parameters.empty()) TRIMTAB_REQUIRE(m_tokens.expectOperator(","));
            Keyword parameter;
            TRIMTAB_TRY(parameter.name, m_tokens.expectName());
            for (const Keyword& other : statement.parameters)
                if (other.name == parameter.name) return m_tokens.refuse(fmt::format("the parameter '{}' stands twice", parameter.name));
            if (m_tokens.skipOperator("=")) {
                TRIMTAB_TRY(parameter.value, m_expressions.expression());
            } else if (!statement.parameters.empty() && statement.parameters.back().value) {
                return m_tokens.refuse("a parameter without a default stands behind one with a default");
            }
            statement.parameters.push_back(std::move(parameter));
        }
        m_tokens.take();
        TRIMTAB_TRY(statement.frame.body, ownBody({"endmacro"}, 0));
        m_tokens.take();
        return statement;
    }
    Result<Statement> generation(int line) {
        Statement statement{.kind = Kind::Generation, .line = line};
        TRIMTAB_TRY(statement.frame.body, ownBody({"endgeneration"}, 0));
        m_tokens.take();
        return statement;
    }
    /// A body with names of its own, in so many loops that `break` may leave.
    Result<Body> ownBody(Words ends, int loops) {
        const int outer = std::exchange(m_loops, loops);
        ++m_frames;
        auto body = bodyUntil(ends);
        --m_frames;
        m_loops = outer;
        return body;
    }

    Result<Target> target(bool mayBeAttribute) {
        Target several{.line = m_tokens.line()};
        do {
            const Token& token = m_tokens.current();
            if (!several.parts.empty() && (token.isOperator("=") || token.isName("in"))) return several;  // "a, ="
            TRIMTAB_TRY(Target one, single(mayBeAttribute));
            several.parts.push_back(std::move(one));
            if (several.parts.size() == 1 && !m_tokens.current().isOperator(",")) return Target(std::move(several.parts.front()));
        } while (m_tokens.skipOperator(","));
        return several;
    }
    Result<Target> single(bool mayBeAttribute) {
        const TokenStream::Deeper deeper(m_tokens);
        TRIMTAB_REQUIRE(deeper.check());
        if (m_tokens.skipOperator("(")) {
            TRIMTAB_TRY(Target inner, target(false));
            TRIMTAB_REQUIRE(m_tokens.expectOperator(")"));
            return inner;
        }
        constexpr std::string_view kNoNames[] = {"true", "True", "false", "False", "none", "None", "loop", "self", "super", "in", "not"};
        Target one{.line = m_tokens.line()};
        if (std::ranges::find(kNoNames, m_tokens.current().text) != std::end(kNoNames))
            return m_tokens.refuse(fmt::format("'{}' can't be given a value", m_tokens.current().text));
        TRIMTAB_TRY(one.name, m_tokens.expectName());
        if (!mayBeAttribute || !m_tokens.skipOperator(".")) return one;
        TRIMTAB_TRY(one.attribute, m_tokens.expectName());
        return one;
    }

    TokenStream m_tokens;
    ExpressionParser m_expressions;
    int m_loops = 0;   // around, that `break` may leave
    int m_frames = 0;  // around, with names of their own
};

}  // namespace

Result<Syntax> parse(std::string_view source) {
    TRIMTAB_TRY(auto tokens, lex(source));
    return StatementParser(std::move(tokens)).run();
}

}  // namespace trimtab::dataset::chat
