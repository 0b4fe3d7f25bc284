// What stands behind a value: attributes, subscripts, calls, filters and tests.
#include "core/dataset/chat/expression_parser.h"

namespace trimtab::dataset::chat {

using Kind = Expression::Kind;

Result<ExpressionPtr> ExpressionParser::postfix(ExpressionPtr object) {
    while (true) {
        if (m_tokens.current().isOperator(".")) {
            TRIMTAB_TRY(object, dotted(std::move(object)));
        } else if (m_tokens.current().isOperator("[")) {
            TRIMTAB_TRY(object, subscript(std::move(object)));
        } else if (m_tokens.current().isOperator("(")) {
            auto call = made(Kind::Call, m_tokens.line());
            call->parts.push_back(std::move(object));
            TRIMTAB_REQUIRE(arguments(*call));
            TRIMTAB_TRY(object, whole(std::move(call)));
        } else {
            return object;
        }
    }
}

Result<ExpressionPtr> ExpressionParser::filtersAndTests(ExpressionPtr value) {
    while (true) {
        if (m_tokens.current().isOperator("|")) {
            TRIMTAB_TRY(value, filter(std::move(value)));
        } else if (m_tokens.current().isName("is")) {
            TRIMTAB_TRY(value, test(std::move(value)));
        } else if (m_tokens.current().isOperator("(")) {
            return m_tokens.refuse("calling what a filter gives is not supported");
        } else {
            return value;
        }
    }
}

Result<std::vector<ExpressionPtr>> ExpressionParser::filters() {
    std::vector<ExpressionPtr> all;
    while (m_tokens.current().isOperator("|")) {
        TRIMTAB_TRY(auto one, filter(nullptr));
        all.push_back(std::move(one));
    }
    return all;
}

Result<ExpressionPtr> ExpressionParser::filter(ExpressionPtr value) {
    m_tokens.take();
    auto filtered = made(Kind::Filter, m_tokens.line());
    TRIMTAB_TRY(filtered->name, m_tokens.expectName());
    filtered->parts.push_back(std::move(value));
    if (m_tokens.current().isOperator("(")) TRIMTAB_REQUIRE(arguments(*filtered));
    return whole(std::move(filtered));
}

Result<ExpressionPtr> ExpressionParser::test(ExpressionPtr value) {
    auto tested = made(Kind::Test, m_tokens.take().line);
    const bool isNegated = m_tokens.skipName("not");
    TRIMTAB_TRY(tested->name, m_tokens.expectName());
    tested->parts.push_back(std::move(value));
    const Token& next = m_tokens.current();
    const bool begins = next.kind == Token::Kind::Text || next.kind == Token::Kind::Whole || next.kind == Token::Kind::Real ||
                        (next.kind == Token::Kind::Name && !next.isName("else") && !next.isName("or") && !next.isName("and")) ||
                        next.isOperator("[") || next.isOperator("{");
    if (next.isOperator("(")) {
        TRIMTAB_REQUIRE(arguments(*tested));
    } else if (begins) {
        TRIMTAB_TRY(auto given, primary());
        TRIMTAB_TRY(given, postfix(std::move(given)));
        tested->parts.push_back(std::move(given));
    }
    if (!isNegated) return whole(std::move(tested));
    auto negative = made(Kind::Not, tested->line);
    TRIMTAB_TRY(tested, whole(std::move(tested)));
    negative->parts.push_back(std::move(tested));
    return whole(std::move(negative));
}

Result<ExpressionPtr> ExpressionParser::dotted(ExpressionPtr object) {
    const int line = m_tokens.take().line;
    const Token token = m_tokens.current();
    auto attribute = made(token.kind == Token::Kind::Whole ? Kind::Item : Kind::Attribute, line);
    attribute->parts.push_back(std::move(object));
    if (token.kind == Token::Kind::Whole) {
        TRIMTAB_TRY(auto index, number());
        attribute->parts.push_back(std::move(index));
    } else {
        TRIMTAB_TRY(attribute->name, m_tokens.expectName());
    }
    return whole(std::move(attribute));
}

Result<ExpressionPtr> ExpressionParser::subscript(ExpressionPtr object) {
    auto item = made(Kind::Item, m_tokens.take().line);
    item->parts.push_back(std::move(object));
    const auto isBound = [&] { return !m_tokens.current().isOperator(":") && !m_tokens.current().isOperator("]"); };
    ExpressionPtr bound;
    if (isBound()) {
        TRIMTAB_TRY(bound, expression());
        if (m_tokens.current().isOperator(",")) return m_tokens.refuse("a subscript of several parts is not supported");
    } else if (m_tokens.current().isOperator("]")) {
        return m_tokens.refuse("an empty subscript is not supported");
    }
    item->parts.push_back(std::move(bound));
    while (m_tokens.current().isOperator(":") && item->parts.size() < 4) {
        m_tokens.take();
        item->kind = Kind::Slice;
        if (isBound()) {
            TRIMTAB_TRY(bound, expression());
        }
        item->parts.push_back(std::move(bound));
    }
    if (item->kind == Kind::Slice) item->parts.resize(4);
    TRIMTAB_REQUIRE(m_tokens.expectOperator("]"));
    return whole(std::move(item));
}

Status ExpressionParser::arguments(Expression& call) {
    m_tokens.take();
    for (bool isFirst = true; !m_tokens.current().isOperator(")"); isFirst = false) {
        if (!isFirst) TRIMTAB_REQUIRE(m_tokens.expectOperator(","));
        if (!isFirst && m_tokens.current().isOperator(")")) break;
        if (m_tokens.current().isOperator("*") || m_tokens.current().isOperator("**"))
            return m_tokens.refuse("handing over arguments with * is not supported");
        if (m_tokens.current().kind == Token::Kind::Name && m_tokens.following().isOperator("=")) {
            Keyword keyword{m_tokens.take().text, nullptr};
            m_tokens.take();
            TRIMTAB_TRY(keyword.value, expression());
            for (const Keyword& other : call.keywords)
                if (other.name == keyword.name) return m_tokens.refuse(fmt::format("the argument '{}' is given twice", keyword.name));
            call.keywords.push_back(std::move(keyword));
            continue;
        }
        if (!call.keywords.empty()) return m_tokens.refuse("an argument without a name stands behind one with a name");
        TRIMTAB_TRY(auto value, expression());
        call.parts.push_back(std::move(value));
    }
    return m_tokens.expectOperator(")");
}

}  // namespace trimtab::dataset::chat
