#include <fmt/format.h>

#include "core/dataset/chat/cursor.h"
#include "core/dataset/chat/interpreter.h"
#include "core/dataset/chat/lexer.h"
#include "core/dataset/chat/loop.h"
#include "core/dataset/chat/printed.h"

namespace trimtab::dataset::chat {
namespace {

using Kind = Statement::Kind;

/// An error without a place is of this line.
template <class T>
Result<T> placed(Result<T> result, int line) {
    if (!result && result.error().context.empty()) return refuseAt(line, result.error().message);
    return result;
}

}  // namespace

Interpreter::~Interpreter() {
    for (const auto& space : m_spaces) space->attributes.clear();
}

Result<std::string> Interpreter::render(Variables context) {
    std::string output;
    Scope given{.variables = std::move(context)};
    const Inside inside(*this, &given, &output);
    m_root = m_scope;
    TRIMTAB_REQUIRE(runFrame(m_syntax.frame));
    return output;
}

void Interpreter::hide(const Frame& frame) {
    for (const std::string& name : frame.hidden) m_scope->variables[name] = Value::undefined(fmt::format("'{}' is undefined", name));
}

Status Interpreter::runFrame(const Frame& frame) {
    TRIMTAB_REQUIRE(m_environment.budget.step(static_cast<std::int64_t>(frame.hidden.size())));
    hide(frame);
    return run(frame.body).map([](Flow) {});
}

Result<Interpreter::Flow> Interpreter::run(const Body& body) {
    for (const Statement& statement : body) {
        TRIMTAB_TRY(const Flow flow, placed(run(statement), statement.line));
        if (flow != Flow::Next) return flow;
    }
    return Flow::Next;
}

Result<Interpreter::Flow> Interpreter::run(const Statement& statement) {
    Deeper deeper(*this);
    TRIMTAB_REQUIRE(deeper.check());
    switch (statement.kind) {
        case Kind::Text: TRIMTAB_REQUIRE(write(statement.text)); break;
        case Kind::Print: {
            TRIMTAB_TRY(const Value value, evaluate(*statement.value));
            TRIMTAB_TRY(const std::string text, printed(value, m_environment));
            TRIMTAB_REQUIRE(write(text));
            break;
        }
        case Kind::Set: {
            TRIMTAB_TRY(const Value value, evaluate(*statement.value));
            TRIMTAB_REQUIRE(assign(statement.target, value));
            break;
        }
        case Kind::If: return runBranches(statement);
        case Kind::For: return runLoop(statement);
        case Kind::Macro: {
            m_macros.push_back(&statement);
            const Callable macro{Callable::Kind::Macro, statement.text, {}, m_macros.size() - 1};
            m_scope->variables[statement.text] = Value(Value::Content(std::make_shared<const Callable>(macro)));
            break;
        }
        case Kind::Break: return Flow::Break;
        case Kind::Continue: return Flow::Continue;
        case Kind::SetBlock: TRIMTAB_REQUIRE(runBlock(statement)); break;
        case Kind::Generation: {
            const Inside inside(*this, m_scope);
            TRIMTAB_REQUIRE(runFrame(statement.frame));
            break;
        }
    }
    return Flow::Next;
}

Status Interpreter::write(std::string_view text) {
    const std::int64_t most = m_environment.budget.limits().output;
    if (static_cast<std::int64_t>(m_output->size() + text.size()) > most) return refuse(fmt::format("writes more than {} bytes", most));
    TRIMTAB_REQUIRE(m_environment.budget.make(static_cast<std::int64_t>(text.size())));
    *m_output += text;
    return {};
}

Status Interpreter::assign(const Target& target, const Value& value) {
    if (target.name.empty()) {
        TRIMTAB_TRY(const auto elements, elementsOf(value, m_environment));
        if (elements.size() != target.parts.size())
            return refuse(fmt::format("{} values are given to {} names", elements.size(), target.parts.size()));
        for (std::size_t i = 0; i < elements.size(); ++i) TRIMTAB_REQUIRE(assign(target.parts[i], elements[i]));
        return {};
    }
    if (target.attribute.empty()) {
        m_scope->variables[target.name] = value;
        return {};
    }
    TRIMTAB_TRY(const Value object, lookUp(target.name));
    if (!object.space()) return refuse(fmt::format("'{}' is no namespace, so '{}' can't be given to it", target.name, target.attribute));
    object.space()->attributes[target.attribute] = value;
    return {};
}

Result<Interpreter::Flow> Interpreter::runBranches(const Statement& statement) {
    for (const Branch& branch : statement.branches) {
        TRIMTAB_TRY(const Value condition, evaluate(*branch.condition));
        if (isTrue(condition)) return run(branch.body);
    }
    return run(statement.otherwise);
}

Status Interpreter::runBlock(const Statement& statement) {
    std::string text;
    {
        const Inside inside(*this, m_scope, &text);
        TRIMTAB_REQUIRE(runFrame(statement.frame));
    }
    Value value = Value::given(std::move(text));
    for (const ExpressionPtr& one : statement.filters) {
        TRIMTAB_TRY(value, filter(*one, value));
    }
    return assign(statement.target, value);
}

/// The next element for which the loop's condition holds.
Result<std::optional<Value>> Interpreter::drawn(const Statement& statement, Cursor& cursor) {
    while (auto element = cursor.next()) {
        TRIMTAB_REQUIRE(m_environment.budget.step());
        if (!statement.condition) return element;
        const Inside inside(*this, m_scope);
        TRIMTAB_REQUIRE(assign(statement.target, *element));
        TRIMTAB_TRY(const Value condition, evaluate(*statement.condition));
        if (isTrue(condition)) return element;
    }
    return std::optional<Value>();
}

Result<Interpreter::Flow> Interpreter::runLoop(const Statement& statement) {
    TRIMTAB_TRY(const Value source, evaluate(*statement.value));
    TRIMTAB_TRY(Cursor cursor, Cursor::over(source, m_environment));
    Scope* const outer = m_scope;
    const auto draw = [&, outer]() -> Result<std::optional<Value>> {
        const Inside around(*this, outer);  // whoever asks the loop, its condition sees what stands around it
        return drawn(statement, cursor);
    };
    const auto loop = std::make_shared<Loop>(draw, statement.condition ? std::nullopt : cursor.length());
    auto completed = runIterations(statement, *loop, Value(Value::Content(loop)));
    loop->end();
    if (!completed) return fail(completed.error());
    if (*completed || !statement.hasNone) return Flow::Next;
    const Inside inside(*this, m_scope);
    hide(statement.none);
    return run(statement.none.body);
}

/// Whether any iteration came to the end of its body: Jinja2 runs `else` where none did, be it that break or continue left them all.
Result<bool> Interpreter::runIterations(const Statement& statement, Loop& loop, const Value& variable) {
    bool anyCompleted = false;
    while (true) {
        TRIMTAB_TRY(const bool more, loop.advance());
        if (!more) return anyCompleted;
        TRIMTAB_REQUIRE(m_environment.budget.step(1 + static_cast<std::int64_t>(statement.frame.hidden.size())));
        const Inside inside(*this, m_scope);
        hide(statement.frame);
        m_scope->variables["loop"] = variable;
        TRIMTAB_REQUIRE(assign(statement.target, loop.current()));
        TRIMTAB_TRY(const Flow flow, run(statement.frame.body));
        if (flow == Flow::Break) return anyCompleted;
        if (flow == Flow::Next) anyCompleted = true;
    }
}

}  // namespace trimtab::dataset::chat
