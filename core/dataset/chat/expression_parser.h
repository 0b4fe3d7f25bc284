#pragma once
// The expressions of tags.
#include "core/dataset/chat/syntax.h"
#include "core/dataset/chat/token_stream.h"

namespace trimtab::dataset::chat {

class ExpressionParser {
public:
    explicit ExpressionParser(TokenStream& tokens) : m_tokens(tokens) {}

    Result<ExpressionPtr> expression();
    /// One expression, or several with commas between, which are a tuple. Without `conditional`: no `a if b else c`, as behind `in` of a
    /// loop.
    Result<ExpressionPtr> expressions(bool conditional = true);
    /// Filters behind `value`, which may be null, each with its bar.
    Result<std::vector<ExpressionPtr>> filters();

private:
    using Step = Result<ExpressionPtr> (ExpressionParser::*)();

    Result<ExpressionPtr> conditional();
    Result<ExpressionPtr> alternatives();
    Result<ExpressionPtr> conjunction();
    Result<ExpressionPtr> negation();
    Result<ExpressionPtr> comparison();
    Result<ExpressionPtr> sum();
    Result<ExpressionPtr> join();
    Result<ExpressionPtr> product();
    Result<ExpressionPtr> power();
    Result<ExpressionPtr> unary() { return signedValue(true); }
    Result<ExpressionPtr> signedValue(bool filtered);
    Result<ExpressionPtr> primary();
    Result<ExpressionPtr> name();
    Result<ExpressionPtr> number();
    Result<ExpressionPtr> parenthesised();
    Result<ExpressionPtr> list();
    Result<ExpressionPtr> dictionary();
    Result<ExpressionPtr> postfix(ExpressionPtr object);
    Result<ExpressionPtr> filtersAndTests(ExpressionPtr value);
    Result<ExpressionPtr> filter(ExpressionPtr value);
    Result<ExpressionPtr> test(ExpressionPtr value);
    Result<ExpressionPtr> dotted(ExpressionPtr object);
    Result<ExpressionPtr> subscript(ExpressionPtr object);
    Status arguments(Expression& call);

    /// `next`, as many as stand with one of the operators between.
    Result<ExpressionPtr> chain(Expression::Kind kind, std::initializer_list<std::string_view> operators, Step next);
    Result<ExpressionPtr> words(Expression::Kind kind, std::string_view word, Step next);
    bool isTupleEnd() const;
    ExpressionPtr made(Expression::Kind kind, int line) const;
    /// Refuses what is nested too deep.
    Result<ExpressionPtr> whole(ExpressionPtr expression) const;

    TokenStream& m_tokens;
};

}  // namespace trimtab::dataset::chat
