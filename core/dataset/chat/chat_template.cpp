#include "core/dataset/chat/chat_template.h"

#include <chrono>

#include "core/dataset/chat/interpreter.h"
#include "core/dataset/chat/parser.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

/// In the order in which transformers has them.
Result<Value> valueOf(const Message& message, Environment& environment) {
    const auto text = [](const std::string& bytes) { return Value::given(tokenizers::repaired(bytes)); };
    return makeDictionary({{text("role"), text(message.role)}, {text("content"), text(message.content)}}, environment);
}

Result<std::string> rendered(const Syntax& syntax, Variables variables, const std::map<std::string, Json>& tokens,
                             Environment& environment) {
    for (const auto& [name, token] : tokens) {
        TRIMTAB_TRY(Value value, valueOf(token, environment));
        variables.emplace(name, std::move(value));
    }
    return Interpreter(syntax, environment).render(std::move(variables));
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, std::map<std::string, Json> tokens) {
    TRIMTAB_TRY(Syntax syntax, chat::parse(source));
    return ChatTemplate(std::make_shared<const Syntax>(std::move(syntax)), std::move(tokens));
}

Result<std::string> ChatTemplate::render(const std::vector<Message>& messages, const RenderOptions& options) const {
    Environment environment{Budget(options.limits), options.now};
    std::vector<Value> list;
    for (const Message& message : messages) {
        TRIMTAB_TRY(Value value, valueOf(message, environment));
        list.push_back(std::move(value));
    }
    Variables variables{{"tools", Value()}, {"documents", Value()}, {"add_generation_prompt", Value::of(options.addGenerationPrompt)}};
    TRIMTAB_TRY(variables["messages"], makeSequence(Sequence::Kind::List, std::move(list), environment));
    return rendered(*m_syntax, std::move(variables), m_tokens, environment);
}

Result<std::string> ChatTemplate::renderWith(const Json& variables, const RenderOptions& options) const {
    Environment environment{Budget(options.limits), options.now};
    Variables given;
    for (const auto& [name, member] : variables.items()) {
        TRIMTAB_TRY(given[name], chat::valueOf(member, environment));
    }
    return rendered(*m_syntax, std::move(given), m_tokens, environment);
}

std::tm localTime() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm local{};
    localtime_r(&now, &local);
    return local;
}

}  // namespace trimtab::dataset::chat
