#pragma once
// Runs a template: statements write text, expressions give values. How deep it stands in itself is limited, whatever the template calls.
#include <string>
#include <unordered_map>
#include <vector>

#include "core/dataset/chat/access.h"
#include "core/dataset/chat/arguments.h"
#include "core/dataset/chat/syntax.h"

namespace trimtab::dataset::chat {

using Variables = std::unordered_map<std::string, Value>;

class Interpreter {
public:
    /// REQUIRES: both outlive the interpreter.
    Interpreter(const Syntax& syntax, Environment& environment) : m_syntax(syntax), m_environment(environment) {}
    ~Interpreter();
    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;

    /// Refused, with the template's line: what an expression can't do, what is not supported, what the limits forbid, and what the template
    /// itself raises.
    Result<std::string> render(Variables context);

private:
    enum class Flow { Next, Break, Continue };
    struct Scope {
        Scope* outer = nullptr;
        Variables variables{};
    };
    /// A scope, and the text written in it, while it lives.
    class Inside;
    class Deeper;

    Result<Flow> run(const Body& body);
    Result<Flow> run(const Statement& statement);
    Status runFrame(const Frame& frame);
    Result<Flow> runBranches(const Statement& statement);
    Result<Flow> runLoop(const Statement& statement);
    Result<bool> runIterations(const Statement& statement, class Loop& loop, const Value& variable);
    Result<std::optional<Value>> drawn(const Statement& statement, class Cursor& cursor);
    Status runBlock(const Statement& statement);
    Status write(std::string_view text);
    Status assign(const Target& target, const Value& value);
    void hide(const Frame& frame);

    Result<Value> evaluate(const Expression& expression);
    Result<Value> valueOf(const Expression& expression);
    Result<Value> lookUp(const std::string& name);
    Result<std::vector<Value>> each(const Expression& expression, std::size_t from = 0);
    Result<Value> dictionary(const Expression& expression);
    Result<Value> arithmetic(const Expression& expression);
    Result<Value> joined(const Expression& expression);
    Result<Value> compared(const Expression& expression);
    Result<Value> logical(const Expression& expression);
    Result<Value> conditional(const Expression& expression);
    Result<Value> slice(const Expression& expression);
    Result<Value> call(const Expression& expression);
    Result<Value> callMacro(const Statement& macro, const Arguments& arguments);
    Result<Value> filter(const Expression& expression, const Value& value);
    Result<Arguments> argumentsOf(const Expression& expression);

    const Syntax& m_syntax;
    Environment& m_environment;
    Scope* m_scope = nullptr;
    Scope* m_root = nullptr;
    std::string* m_output = nullptr;
    int m_depth = 0;
    std::vector<const Statement*> m_macros;
    std::vector<std::shared_ptr<Namespace>> m_spaces;  // all that were made: their attributes may hold each other
};

/// Opens a scope of its own; with `output`, what is written goes there. Both are left when it goes.
class Interpreter::Inside {
public:
    Inside(Interpreter& interpreter, Scope* outer, std::string* output = nullptr)
        : m_interpreter(interpreter), m_scope{outer}, m_left(interpreter.m_scope), m_leftOutput(interpreter.m_output) {
        interpreter.m_scope = &m_scope;
        if (output) interpreter.m_output = output;
    }
    ~Inside() {
        m_interpreter.m_scope = m_left;
        m_interpreter.m_output = m_leftOutput;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    Interpreter& m_interpreter;
    Scope m_scope;
    Scope* m_left;
    std::string* m_leftOutput;
};

/// One level deeper while it lives.
class Interpreter::Deeper {
public:
    explicit Deeper(Interpreter& interpreter) : m_interpreter(interpreter) { ++m_interpreter.m_depth; }
    ~Deeper() { --m_interpreter.m_depth; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    /// A step taken, and a level that may be entered.
    Status check() {
        constexpr int kMostDepth = 400;
        if (m_interpreter.m_depth > kMostDepth) return refuse("calls itself too deep");
        return m_interpreter.m_environment.budget.step();
    }

private:
    Interpreter& m_interpreter;
};

}  // namespace trimtab::dataset::chat
