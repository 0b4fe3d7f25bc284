#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/chat/arithmetic.h"
#include "core/dataset/chat/compare.h"
#include "core/dataset/chat/filters.h"
#include "core/dataset/chat/interpreter.h"
#include "core/dataset/chat/lexer.h"
#include "core/dataset/chat/loop.h"
#include "core/dataset/chat/methods.h"
#include "core/dataset/chat/printed.h"

namespace trimtab::dataset::chat {

using Kind = Expression::Kind;

Result<Value> Interpreter::evaluate(const Expression& expression) {
    Deeper deeper(*this);
    TRIMTAB_REQUIRE(deeper.check());
    auto value = valueOf(expression);
    if (!value && value.error().context.empty()) return refuseAt(expression.line, value.error().message);
    return value;
}

Result<Value> Interpreter::valueOf(const Expression& expression) {
    switch (expression.kind) {
        case Kind::Constant: return expression.constant;
        case Kind::Name: return lookUp(expression.name);
        case Kind::List:
        case Kind::Tuple: {
            TRIMTAB_TRY(auto items, each(expression));
            const bool isList = expression.kind == Kind::List;
            return makeSequence(isList ? Sequence::Kind::List : Sequence::Kind::Tuple, std::move(items), m_environment);
        }
        case Kind::Dictionary: return dictionary(expression);
        case Kind::Arithmetic: return arithmetic(expression);
        case Kind::Join: return joined(expression);
        case Kind::Comparison: return compared(expression);
        case Kind::And:
        case Kind::Or: return logical(expression);
        case Kind::Conditional: return conditional(expression);
        case Kind::Slice: return slice(expression);
        case Kind::Call: return call(expression);
        default: break;
    }
    TRIMTAB_TRY(const Value first, evaluate(*expression.parts.front()));
    switch (expression.kind) {
        case Kind::Not: return Value::of(!isTrue(first));
        case Kind::Negative: return negated(first);
        case Kind::Positive: return affirmed(first);
        case Kind::Attribute: return attributeOf(first, expression.name, m_environment);
        case Kind::Filter: return filter(expression, first);
        case Kind::Test: {
            TRIMTAB_TRY(const Arguments arguments, argumentsOf(expression));
            return tested(expression.name, first, arguments, m_environment).map([](bool holds) { return Value::of(holds); });
        }
        default: break;
    }
    TRIMTAB_TRY(const Value key, evaluate(*expression.parts[1]));
    return itemOf(first, key, m_environment);
}

Result<Value> Interpreter::lookUp(const std::string& name) {
    for (const Scope* scope = m_scope; scope; scope = scope->outer)
        if (const auto found = scope->variables.find(name); found != scope->variables.end()) return found->second;
    if (!isFunction(name)) return Value::undefined(fmt::format("'{}' is undefined", name));
    return Value(Value::Content(std::make_shared<const Callable>(Callable{Callable::Kind::Function, name, {}})));
}

Result<std::vector<Value>> Interpreter::each(const Expression& expression, std::size_t from) {
    std::vector<Value> values;
    for (std::size_t i = from; i < expression.parts.size(); ++i) {
        TRIMTAB_TRY(Value value, evaluate(*expression.parts[i]));
        values.push_back(std::move(value));
    }
    return values;
}

Result<Value> Interpreter::dictionary(const Expression& expression) {
    std::vector<std::pair<Value, Value>> items;
    for (std::size_t i = 0; i < expression.parts.size(); i += 2) {
        TRIMTAB_TRY(const Value key, evaluate(*expression.parts[i]));
        TRIMTAB_TRY(Value value, evaluate(*expression.parts[i + 1]));
        TRIMTAB_REQUIRE(put(items, key, std::move(value), m_environment));
    }
    return makeDictionary(std::move(items), m_environment);
}

Result<Value> Interpreter::arithmetic(const Expression& expression) {
    TRIMTAB_TRY(Value value, evaluate(*expression.parts.front()));
    for (std::size_t i = 1; i < expression.parts.size(); ++i) {
        TRIMTAB_TRY(const Value right, evaluate(*expression.parts[i]));
        TRIMTAB_TRY(value, calculate(expression.operators[i - 1], value, right, m_environment));
    }
    return value;
}

Result<Value> Interpreter::joined(const Expression& expression) {
    std::string text;
    for (const ExpressionPtr& part : expression.parts) {
        TRIMTAB_TRY(const Value value, evaluate(*part));
        TRIMTAB_TRY(const std::string one, printed(value, m_environment));
        text += one;
    }
    return makeText(std::move(text), m_environment);
}

Result<Value> Interpreter::compared(const Expression& expression) {
    TRIMTAB_TRY(Value left, evaluate(*expression.parts.front()));
    for (std::size_t i = 1; i < expression.parts.size(); ++i) {
        TRIMTAB_TRY(Value right, evaluate(*expression.parts[i]));
        TRIMTAB_TRY(const bool is, holds(expression.operators[i - 1], left, right, m_environment));
        if (!is) return Value::of(false);
        left = std::move(right);
    }
    return Value::of(true);
}

/// `and` and `or` give the operand that decides.
Result<Value> Interpreter::logical(const Expression& expression) {
    const bool decides = expression.kind == Kind::Or;
    Value value;
    for (const ExpressionPtr& part : expression.parts) {
        TRIMTAB_TRY(value, evaluate(*part));
        if (isTrue(value) == decides) return value;
    }
    return value;
}

Result<Value> Interpreter::conditional(const Expression& expression) {
    TRIMTAB_TRY(const Value condition, evaluate(*expression.parts[0]));
    if (isTrue(condition)) return evaluate(*expression.parts[1]);
    if (expression.parts[2]) return evaluate(*expression.parts[2]);
    return Value::undefined("an 'if' without 'else' gives nothing here");
}

Result<Value> Interpreter::slice(const Expression& expression) {
    TRIMTAB_TRY(const Value object, evaluate(*expression.parts.front()));
    std::optional<std::int64_t> bounds[3];
    for (std::size_t i = 0; i < 3; ++i) {
        if (!expression.parts[i + 1]) continue;
        TRIMTAB_TRY(const Value bound, evaluate(*expression.parts[i + 1]));
        TRIMTAB_TRY(bounds[i], wholeAt(&bound, "a slice"));
    }
    if (bounds[2] == 0) return refuse("a slice in steps of 0");
    return sliceOf(object, {bounds[0], bounds[1], bounds[2].value_or(1)}, m_environment);
}

Result<Arguments> Interpreter::argumentsOf(const Expression& expression) {
    Arguments arguments;
    TRIMTAB_TRY(arguments.positional, each(expression, 1));
    for (const Keyword& keyword : expression.keywords) {
        TRIMTAB_TRY(Value value, evaluate(*keyword.value));
        arguments.named.emplace_back(keyword.name, std::move(value));
    }
    return arguments;
}

Result<Value> Interpreter::filter(const Expression& expression, const Value& value) {
    TRIMTAB_TRY(const Arguments arguments, argumentsOf(expression));
    return filtered(expression.name, value, arguments, m_environment);
}

Result<Value> Interpreter::call(const Expression& expression) {
    TRIMTAB_TRY(const Value function, evaluate(*expression.parts.front()));
    TRIMTAB_TRY(const Arguments arguments, argumentsOf(expression));
    const Callable* callable = function.object<Callable>();
    if (!callable) return refuseType("a call", function);
    switch (callable->kind) {
        case Callable::Kind::Macro: return callMacro(*m_macros[callable->macro], arguments);
        case Callable::Kind::Method: return callMethod(*callable, arguments, m_environment);
        case Callable::Kind::LoopMethod: {
            if (!arguments.named.empty()) return refuse("loop.cycle() takes no arguments by name");
            return (*callable->self.loop())->cycled(arguments.positional);
        }
        case Callable::Kind::Function: break;
    }
    return callFunction(callable->name, arguments, m_spaces, m_environment);
}

Result<Value> Interpreter::callMacro(const Statement& macro, const Arguments& arguments) {
    if (arguments.positional.size() > macro.parameters.size())
        return refuse(fmt::format("the macro '{}' takes {} arguments", macro.text, macro.parameters.size()));
    std::string text;
    const Inside inside(*this, m_root, &text);
    Variables given;
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) given[macro.parameters[i].name] = arguments.positional[i];
    for (const auto& [name, value] : arguments.named) {
        const auto isNamed = [&](const Keyword& parameter) { return parameter.name == name; };
        if (std::ranges::none_of(macro.parameters, isNamed))
            return refuse(fmt::format("the macro '{}' has no argument '{}'", macro.text, name));
        if (!given.emplace(name, value).second) return refuse(fmt::format("the macro '{}' is given '{}' twice", macro.text, name));
    }
    hide(macro.frame);
    for (const Keyword& parameter : macro.parameters) {
        const auto found = given.find(parameter.name);
        m_scope->variables[parameter.name] =
            found != given.end() ? found->second : Value::undefined(fmt::format("parameter '{}' was not provided", parameter.name));
    }
    for (const Keyword& parameter : macro.parameters) {
        if (given.contains(parameter.name) || !parameter.value) continue;
        TRIMTAB_TRY(m_scope->variables[parameter.name], evaluate(*parameter.value));
    }
    TRIMTAB_REQUIRE(run(macro.frame.body).map([](Flow) {}));
    return makeText(std::move(text), m_environment);
}

}  // namespace trimtab::dataset::chat
