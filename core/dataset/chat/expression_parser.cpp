#include "core/dataset/chat/expression_parser.h"

#include <algorithm>
#include <charconv>

namespace trimtab::dataset::chat {

using Kind = Expression::Kind;

ExpressionPtr ExpressionParser::made(Kind kind, int line) const {
    auto expression = std::make_unique<Expression>();
    expression->kind = kind;
    expression->line = line;
    return expression;
}

Result<ExpressionPtr> ExpressionParser::whole(ExpressionPtr expression) const {
    constexpr int kMostDepth = 100;
    for (const ExpressionPtr& part : expression->parts)
        if (part) expression->depth = std::max(expression->depth, part->depth + 1);
    for (const Keyword& keyword : expression->keywords) expression->depth = std::max(expression->depth, keyword.value->depth + 1);
    if (expression->depth > kMostDepth) return refuseAt(expression->line, fmt::format("an expression nests deeper than {}", kMostDepth));
    return expression;
}

Result<ExpressionPtr> ExpressionParser::expression() { return conditional(); }

bool ExpressionParser::isTupleEnd() const {
    const Token& token = m_tokens.current();
    return token.kind == Token::Kind::PrintEnd || token.kind == Token::Kind::TagEnd || token.isOperator(")");
}

Result<ExpressionPtr> ExpressionParser::expressions(bool withConditional) {
    auto tuple = made(Kind::Tuple, m_tokens.line());
    bool isTuple = false;
    while (!isTupleEnd()) {
        TRIMTAB_TRY(auto item, withConditional ? expression() : alternatives());
        tuple->parts.push_back(std::move(item));
        if (!m_tokens.skipOperator(",")) break;
        isTuple = true;
    }
    if (isTuple) return whole(std::move(tuple));
    if (tuple->parts.empty()) return m_tokens.refuse("expected an expression, but found " + m_tokens.shown());
    return std::move(tuple->parts.front());
}

Result<ExpressionPtr> ExpressionParser::conditional() {
    const TokenStream::Deeper deeper(m_tokens);
    TRIMTAB_REQUIRE(deeper.check());
    TRIMTAB_TRY(auto value, alternatives());
    while (m_tokens.current().isName("if")) {
        auto choice = made(Kind::Conditional, m_tokens.take().line);
        TRIMTAB_TRY(auto condition, alternatives());
        ExpressionPtr otherwise;
        if (m_tokens.skipName("else")) {
            TRIMTAB_TRY(otherwise, conditional());
        }
        choice->parts.push_back(std::move(condition));
        choice->parts.push_back(std::move(value));
        choice->parts.push_back(std::move(otherwise));
        TRIMTAB_TRY(value, whole(std::move(choice)));
    }
    return value;
}

Result<ExpressionPtr> ExpressionParser::words(Kind kind, std::string_view word, Step next) {
    TRIMTAB_TRY(auto first, (this->*next)());
    if (!m_tokens.current().isName(word)) return first;
    auto all = made(kind, m_tokens.line());
    all->parts.push_back(std::move(first));
    while (m_tokens.skipName(word)) {
        TRIMTAB_TRY(auto part, (this->*next)());
        all->parts.push_back(std::move(part));
    }
    return whole(std::move(all));
}

Result<ExpressionPtr> ExpressionParser::chain(Kind kind, std::initializer_list<std::string_view> operators, Step next) {
    TRIMTAB_TRY(auto first, (this->*next)());
    auto all = made(kind, m_tokens.line());
    all->parts.push_back(std::move(first));
    while (std::ranges::any_of(operators, [&](std::string_view word) { return m_tokens.current().isOperator(word); })) {
        all->operators.push_back(m_tokens.take().text);
        TRIMTAB_TRY(auto part, (this->*next)());
        all->parts.push_back(std::move(part));
    }
    if (all->operators.empty()) return std::move(all->parts.front());
    return whole(std::move(all));
}

Result<ExpressionPtr> ExpressionParser::alternatives() { return words(Kind::Or, "or", &ExpressionParser::conjunction); }
Result<ExpressionPtr> ExpressionParser::conjunction() { return words(Kind::And, "and", &ExpressionParser::negation); }

Result<ExpressionPtr> ExpressionParser::negation() {
    if (!m_tokens.current().isName("not")) return comparison();
    const TokenStream::Deeper deeper(m_tokens);
    TRIMTAB_REQUIRE(deeper.check());
    auto negative = made(Kind::Not, m_tokens.take().line);
    TRIMTAB_TRY(auto value, negation());
    negative->parts.push_back(std::move(value));
    return whole(std::move(negative));
}

Result<ExpressionPtr> ExpressionParser::comparison() {
    constexpr std::string_view kOperators[] = {"==", "!=", ">", ">=", "<", "<="};
    TRIMTAB_TRY(auto first, sum());
    auto all = made(Kind::Comparison, m_tokens.line());
    all->parts.push_back(std::move(first));
    while (true) {
        const Token& token = m_tokens.current();
        if (token.kind == Token::Kind::Operator && std::ranges::find(kOperators, token.text) != std::end(kOperators)) {
            all->operators.push_back(m_tokens.take().text);
        } else if (m_tokens.skipName("in")) {
            all->operators.emplace_back("in");
        } else if (token.isName("not") && m_tokens.following().isName("in")) {
            m_tokens.take();
            m_tokens.take();
            all->operators.emplace_back("not in");
        } else {
            break;
        }
        TRIMTAB_TRY(auto part, sum());
        all->parts.push_back(std::move(part));
    }
    if (all->operators.empty()) return std::move(all->parts.front());
    return whole(std::move(all));
}

Result<ExpressionPtr> ExpressionParser::sum() { return chain(Kind::Arithmetic, {"+", "-"}, &ExpressionParser::join); }
Result<ExpressionPtr> ExpressionParser::join() { return chain(Kind::Join, {"~"}, &ExpressionParser::product); }
Result<ExpressionPtr> ExpressionParser::product() { return chain(Kind::Arithmetic, {"*", "/", "//", "%"}, &ExpressionParser::power); }
Result<ExpressionPtr> ExpressionParser::power() { return chain(Kind::Arithmetic, {"**"}, &ExpressionParser::unary); }

// A sign binds closer than a filter: -1|string is the text of -1.
Result<ExpressionPtr> ExpressionParser::signedValue(bool filtered) {
    const TokenStream::Deeper deeper(m_tokens);
    TRIMTAB_REQUIRE(deeper.check());
    ExpressionPtr value;
    if (m_tokens.current().isOperator("-") || m_tokens.current().isOperator("+")) {
        const Token sign = m_tokens.take();
        auto signedOne = made(sign.text == "-" ? Kind::Negative : Kind::Positive, sign.line);
        TRIMTAB_TRY(auto operand, signedValue(false));
        signedOne->parts.push_back(std::move(operand));
        TRIMTAB_TRY(value, whole(std::move(signedOne)));
    } else {
        TRIMTAB_TRY(value, primary());
    }
    TRIMTAB_TRY(value, postfix(std::move(value)));
    if (!filtered) return value;
    return filtersAndTests(std::move(value));
}

Result<ExpressionPtr> ExpressionParser::primary() {
    const Token& token = m_tokens.current();
    switch (token.kind) {
        case Token::Kind::Name: return name();
        case Token::Kind::Whole:
        case Token::Kind::Real: return number();
        case Token::Kind::Text: {
            auto text = made(Kind::Constant, token.line);
            std::string joined;
            while (m_tokens.current().kind == Token::Kind::Text) joined += m_tokens.take().text;
            text->constant = Value::given(std::move(joined));
            return text;
        }
        default: break;
    }
    if (token.isOperator("(")) return parenthesised();
    if (token.isOperator("[")) return list();
    if (token.isOperator("{")) return dictionary();
    return m_tokens.refuse("unexpected " + m_tokens.shown());
}

Result<ExpressionPtr> ExpressionParser::name() {
    // Words of the grammar, and names by which Jinja2 hands over what is not supported.
    constexpr std::string_view kNoNames[] = {"and", "or", "not", "if", "else", "in", "is", "self", "super", "varargs", "kwargs", "caller"};
    const Token& token = m_tokens.current();
    if (std::ranges::find(kNoNames, token.text) != std::end(kNoNames)) return m_tokens.refuse(fmt::format("unexpected '{}'", token.text));
    const bool isTrue = token.text == "true" || token.text == "True", isFalse = token.text == "false" || token.text == "False";
    const bool isNone = token.text == "none" || token.text == "None";
    auto named = made(isTrue || isFalse || isNone ? Kind::Constant : Kind::Name, token.line);
    if (isTrue || isFalse) named->constant = Value::of(isTrue);
    else named->name = token.text;
    m_tokens.take();
    return named;
}

Result<ExpressionPtr> ExpressionParser::number() {
    const Token& token = m_tokens.current();
    auto constant = made(Kind::Constant, token.line);
    const char* end = token.text.data() + token.text.size();
    std::errc error{};
    if (token.kind == Token::Kind::Whole) {
        std::int64_t whole = 0;
        error = std::from_chars(token.text.data(), end, whole).ec;
        constant->constant = Value::of(whole);
    } else {
        double real = 0;
        error = std::from_chars(token.text.data(), end, real).ec;
        constant->constant = Value::of(real);
    }
    if (error != std::errc()) return m_tokens.refuse("a number is too large");
    m_tokens.take();
    return constant;
}

Result<ExpressionPtr> ExpressionParser::parenthesised() {
    const int line = m_tokens.take().line;
    if (m_tokens.skipOperator(")")) return made(Kind::Tuple, line);
    TRIMTAB_TRY(auto inner, expressions());
    TRIMTAB_REQUIRE(m_tokens.expectOperator(")"));
    return inner;
}

Result<ExpressionPtr> ExpressionParser::list() {
    auto all = made(Kind::List, m_tokens.take().line);
    while (!m_tokens.current().isOperator("]")) {
        if (!all->parts.empty()) TRIMTAB_REQUIRE(m_tokens.expectOperator(","));
        if (m_tokens.current().isOperator("]")) break;
        TRIMTAB_TRY(auto item, expression());
        all->parts.push_back(std::move(item));
    }
    TRIMTAB_REQUIRE(m_tokens.expectOperator("]"));
    return whole(std::move(all));
}

Result<ExpressionPtr> ExpressionParser::dictionary() {
    auto all = made(Kind::Dictionary, m_tokens.take().line);
    while (!m_tokens.current().isOperator("}")) {
        if (!all->parts.empty()) TRIMTAB_REQUIRE(m_tokens.expectOperator(","));
        if (m_tokens.current().isOperator("}")) break;
        TRIMTAB_TRY(auto key, expression());
        TRIMTAB_REQUIRE(m_tokens.expectOperator(":"));
        TRIMTAB_TRY(auto value, expression());
        all->parts.push_back(std::move(key));
        all->parts.push_back(std::move(value));
    }
    TRIMTAB_REQUIRE(m_tokens.expectOperator("}"));
    return whole(std::move(all));
}

}  // namespace trimtab::dataset::chat
