// "generate": a language model continues a prompt, its text told as it grows.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "core/dataset/chat/chat_template.h"
#include "core/dataset/tokenizers/tokenizer.h"
#include "core/formats/model_file.h"
#include "core/ipc/generate_request.h"
#include "core/runtime/generation/encoder_decoder.h"
#include "core/runtime/generation/generate.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

using dataset::tokenizers::StreamDecoder;
using dataset::tokenizers::Tokenizer;

/// Nothing where none was asked for and none comes with the model.
Result<std::optional<Tokenizer>> tokenizerFor(const ipc::GenerateRequest& request) {
    const std::string path = request.tokenizer.empty() ? tokenizerOf(request.model.model) : request.tokenizer;
    if (path.empty()) return std::optional<Tokenizer>();
    using dataset::tokenizers::Controls;
    TRIMTAB_TRY(Tokenizer tokenizer, dataset::tokenizers::openTokenizer(path, request.chat ? Controls::Found : Controls::Passed));
    return std::optional(std::move(tokenizer));
}

/// What the template that comes with the tokenizer makes of the prompt as a user's message; nothing where no chat is asked for.
Result<std::optional<std::string>> renderedPrompt(const ipc::GenerateRequest& request) {
    if (!request.chat) return std::optional<std::string>();
    TRIMTAB_TRY(const auto chat, dataset::chat::openChatTemplate(request.tokenizer.empty() ? request.model.model : request.tokenizer));
    std::vector<dataset::chat::Message> messages;
    if (!request.system.empty()) messages.push_back({"system", request.system});
    messages.push_back({"user", request.prompt});
    TRIMTAB_TRY(std::string text, chat.render(messages, {.now = dataset::chat::localTime()}));
    return std::optional(std::move(text));
}

/// A rendered text holds what begins and ends a text to the model: nothing is put around it again.
Result<std::vector<std::int64_t>> promptOf(const ipc::GenerateRequest& request, const std::optional<std::string>& rendered,
                                           const std::optional<Tokenizer>& tokenizer) {
    if (!request.promptTokens.empty()) return request.promptTokens;
    if (!tokenizer)
        return fail(ErrorCode::Refused,
                    "no tokenizer.json or tokenizer.model lies beside the model, nor does its file hold one: name one, or give "
                    "the prompt as tokens");
    TRIMTAB_TRY(const auto ids, tokenizer->encode(rendered.value_or(request.prompt), {.addSpecialTokens = !rendered}));
    if (ids.empty()) return fail(ErrorCode::Refused, "the prompt is empty: there is nothing to go on from");
    return std::vector<std::int64_t>(ids.begin(), ids.end());
}

/// What a model wrote, and what that took.
struct Written {
    runtime::Generation made;
    std::string text;
    ipc::GenerateAnswer figures;
};

using TextListener = std::function<void(const std::string& text)>;

/// A decoder and what it begins with: the prompt, or behind an encoder that has read the prompt its start token.
struct Opened {
    runtime::SourcedDecoder sourced;  // of a decoder alone its encoder's figures are 0
    std::vector<std::int64_t> beginning;
};

Result<Opened> open(runtime::Engine& engine, const Graph& graph, const ipc::GenerateRequest& request,
                    const std::vector<std::int64_t>& prompt) {
    const auto& asked = request.model.setting;
    Opened opened{.beginning = prompt};
    if (runtime::isEncoderDecoder(graph)) {
        TRIMTAB_TRY(const auto source, runtime::textSource(graph, prompt));
        TRIMTAB_TRY(const std::int64_t start, formats::startToken(request.model.model));
        opened.beginning = {start};
        TRIMTAB_TRY(opened.sourced, runtime::readSource(engine, graph, asked, source, request.tokens));
        return opened;
    }
    const auto capacity = static_cast<std::int64_t>(prompt.size()) + request.tokens - 1;  // the last token is not fed
    TRIMTAB_TRY(opened.sourced.decoder, runtime::makeDecoder(engine, graph, asked, 1, capacity));
    return opened;
}

Result<Written> write(const Graph& graph, const ipc::GenerateRequest& request, const std::vector<std::int64_t>& prompt,
                      const runtime::GenerationSetting& setting, const std::optional<Tokenizer>& tokenizer, const Call& call,
                      const TextListener& listener) {
    const auto& asked = request.model.setting;
    TRIMTAB_TRY(const auto engine, makeEngine(asked.engine, asked.threads, asked.device));
    TRIMTAB_TRY(const Opened opened, open(*engine, graph, request, prompt));
    runtime::Decoder& decoder = *opened.sourced.decoder;
    Written written;
    std::optional<StreamDecoder> stream;
    if (tokenizer) stream.emplace(*tokenizer);
    const auto tell = [&](std::size_t, std::int64_t token) {
        if (stream) written.text += stream->put(static_cast<std::int32_t>(token));
        listener(written.text);
        return !call.cancelled();
    };
    TRIMTAB_TRY(written.made, runtime::generateTokens(decoder, std::vector<std::vector<std::int64_t>>{opened.beginning}, setting, tell));
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    if (stream) written.text += stream->finish();
    written.made.firstTokenMs += opened.sourced.encoderMs;
    ipc::GenerateAnswer& figures = written.figures;
    figures.weightBytes = decoder.compiled().heldWeightBytes() + opened.sourced.encoderWeightBytes;
    figures.arenaBytes = decoder.largestArena();
    figures.execution = trace::overall(decoder.compiled().layers());
    figures.caching = decoder.caching();
    figures.cacheBytes = decoder.cacheBytes();
    figures.cacheBytesPerToken = decoder.cacheBytesPerToken();
    figures.environment = environmentOf(engine->info());
    return written;
}

/// Where the reference's text departs from the other.
ipc::ReferenceText heldAgainst(const std::vector<std::int64_t>& tokens, Written reference, const std::optional<Tokenizer>& tokenizer) {
    ipc::ReferenceText text{std::move(reference.text), std::move(reference.made.tokens.front()), reference.made.stopped.front(), {}, {}};
    const auto [own, others] = std::ranges::mismatch(tokens, text.tokens);
    if (own != tokens.end() || others != text.tokens.end()) text.firstDifference = own - tokens.begin();
    if (!tokenizer) return text;
    StreamDecoder stream(*tokenizer);
    for (auto token = tokens.begin(); token != own; ++token) text.common += stream.put(static_cast<std::int32_t>(*token));
    return text;
}

}  // namespace

Result<Json> generate(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::generateRequestFromJson(params));
    TRIMTAB_TRY(const auto tokenizer, tokenizerFor(request));
    TRIMTAB_TRY(const auto rendered, renderedPrompt(request));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    TRIMTAB_TRY(const auto prompt, promptOf(request, rendered, tokenizer));
    runtime::GenerationSetting setting;
    setting.tokens = request.tokens;
    setting.sampling = {request.temperature, request.topK, request.topP, request.model.setting.seed};
    if (!request.goOn) {
        TRIMTAB_TRY(setting.stops, formats::endTokens(request.model.model));
    }
    constexpr double kNobodyKnows = -1;
    const auto tell = [&](const std::string& text) { call.progress(kNobodyKnows, text); };
    TRIMTAB_TRY(auto written, write(compressed->graph, request, prompt, setting, tokenizer, call, tell));
    ipc::GenerateAnswer answer = std::move(written.figures);
    answer.promptTokens = prompt;
    answer.renderedPrompt = rendered;
    answer.text = std::move(written.text);
    answer.tokens = std::move(written.made.tokens.front());
    answer.stopped = written.made.stopped.front();
    answer.firstTokenMs = written.made.firstTokenMs;
    answer.stepMs = std::move(written.made.stepMs);
    if (request.besideReference) {
        ipc::ModelRequest untouched = request.model;
        untouched.recipe = {};
        TRIMTAB_TRY(const auto stored, bench.compressed(untouched, call));
        TRIMTAB_TRY(auto reference, write(stored->graph, request, prompt, setting, tokenizer, call, [](const std::string&) {}));
        answer.reference = heldAgainst(answer.tokens, std::move(reference), tokenizer);
    }
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
