#pragma once
// The chat template of a language model: how the messages of a conversation become the text that it was trained to read. A template is
// Jinja2, as Hugging Face's transformers runs it (an immutable sandbox with trim_blocks and lstrip_blocks, loop controls, {% generation %},
// raise_exception(), strftime_now() and a tojson that keeps HTML); it comes with a checkpoint and is not trusted: it can only write text,
// in bounded steps. What of Jinja2 is not supported is refused, never passed over.
//
// The way of a template: lexer → parser → hidden_names → interpreter. A ChatTemplate is immutable; any number of threads may use it at
// once.
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/dataset/chat/environment.h"

namespace trimtab::dataset::chat {

struct Message {
    std::string role;  // "system", "user", "assistant"
    std::string content;
};

struct RenderOptions {
    bool addGenerationPrompt = true;  // the beginning of the assistant's answer is written too
    std::tm now{};                    // local time, for templates that tell the date
    Limits limits{};
};

struct Syntax;

class ChatTemplate {
public:
    /// `tokens` are the variables that a tokenizer brings beside the messages: "bos_token", "eos_token", … Refused, with the line.
    static Result<ChatTemplate> parse(std::string_view source, std::map<std::string, Json> tokens = {});

    /// The template sees `messages`, `add_generation_prompt` and the tokens; `tools` and `documents` are none. Refused, with the line:
    /// what the template itself raises, word for word, and what it does that is not supported.
    Result<std::string> render(const std::vector<Message>& messages, const RenderOptions& options) const;
    /// Whatever the template may be told: the variables of an object, and the tokens.
    Result<std::string> renderWith(const Json& variables, const RenderOptions& options) const;

private:
    ChatTemplate(std::shared_ptr<const Syntax> syntax, std::map<std::string, Json> tokens)
        : m_syntax(std::move(syntax)), m_tokens(std::move(tokens)) {}
    std::shared_ptr<const Syntax> m_syntax;
    std::map<std::string, Json> m_tokens;
};

/// The template that comes with a model: of a GGUF file its "tokenizer.chat_template", of a folder, or the folder that holds the file, its
/// chat_template.jinja, else the "chat_template" of its tokenizer_config.json (of several the one named "default"). Refused where there is
/// none.
Result<ChatTemplate> openChatTemplate(const std::filesystem::path& model);

/// The local time of this moment.
std::tm localTime();

}  // namespace trimtab::dataset::chat
