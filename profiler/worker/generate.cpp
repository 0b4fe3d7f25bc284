// "generate": a language model continues prompts, the text of the first told as it grows.
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

using Prompts = std::vector<std::vector<std::int64_t>>;

/// What the template that comes with the tokenizer makes of each prompt as a user's message; nothing where no chat is asked for.
Result<std::vector<std::string>> renderedPrompts(const ipc::GenerateRequest& request) {
    std::vector<std::string> texts;
    if (!request.chat) return texts;
    TRIMTAB_TRY(const auto chat, dataset::chat::openChatTemplate(request.tokenizer.empty() ? request.model.model : request.tokenizer));
    for (const std::string& prompt : request.prompts) {
        std::vector<dataset::chat::Message> messages;
        if (!request.system.empty()) messages.push_back({"system", request.system});
        messages.push_back({"user", prompt});
        TRIMTAB_TRY(std::string text, chat.render(messages, {.now = dataset::chat::localTime()}));
        texts.push_back(std::move(text));
    }
    return texts;
}

/// A rendered text holds what begins and ends a text to the model: nothing is put around it again.
Result<Prompts> promptsOf(const ipc::GenerateRequest& request, const std::vector<std::string>& rendered,
                          const std::optional<Tokenizer>& tokenizer) {
    if (!request.promptTokens.empty()) return request.promptTokens;
    if (!tokenizer)
        return fail(ErrorCode::Refused,
                    "no tokenizer.json or tokenizer.model lies beside the model, nor does its file hold one: name one, or give "
                    "the prompt as tokens");
    Prompts prompts;
    for (const std::string& text : request.chat ? rendered : request.prompts) {
        TRIMTAB_TRY(const auto ids, tokenizer->encode(text, {.addSpecialTokens = !request.chat}));
        if (ids.empty()) return fail(ErrorCode::Refused, "the prompt is empty: there is nothing to go on from");
        prompts.emplace_back(ids.begin(), ids.end());
    }
    return prompts;
}

/// What a model wrote, and what that took.
struct Written {
    runtime::Generation made;
    std::vector<std::string> texts;
    ipc::GenerateAnswer figures;
};

using TextListener = std::function<void(const std::string& text)>;

/// A decoder and what it begins with: the prompts, or behind an encoder that has read the prompt its start token.
struct Opened {
    runtime::SourcedDecoder sourced;  // of a decoder alone its encoder's figures are 0
    Prompts beginnings;
};

Result<Opened> open(runtime::Engine& engine, const Graph& graph, const ipc::GenerateRequest& request, const Prompts& prompts) {
    const auto& asked = request.model.setting;
    Opened opened{.beginnings = prompts};
    if (runtime::isEncoderDecoder(graph)) {
        if (prompts.size() > 1) return fail(ErrorCode::Unsupported, "a model with an encoder reads one prompt at a time");
        TRIMTAB_TRY(const auto source, runtime::textSource(graph, prompts.front()));
        TRIMTAB_TRY(const std::int64_t start, formats::startToken(request.model.model));
        opened.beginnings = {{start}};
        TRIMTAB_TRY(opened.sourced, runtime::readSource(engine, graph, asked, source, request.tokens));
        return opened;
    }
    std::size_t longest = 0;
    for (const auto& prompt : prompts) longest = std::max(longest, prompt.size());
    const auto capacity = static_cast<std::int64_t>(longest) + request.tokens - 1;  // the last token is not fed
    TRIMTAB_TRY(opened.sourced.decoder, runtime::makeDecoder(engine, graph, asked, static_cast<std::int64_t>(prompts.size()), capacity,
                                                               runtime::Answer::Tokens));
    return opened;
}

Result<Written> write(const Graph& graph, const ipc::GenerateRequest& request, const Prompts& prompts,
                      const runtime::GenerationSetting& setting, const std::optional<Tokenizer>& tokenizer, const Call& call,
                      const TextListener& listener) {
    const auto& asked = request.model.setting;
    TRIMTAB_TRY(const auto engine, makeEngine(asked.engine, asked.threads, asked.device));
    TRIMTAB_TRY(const Opened opened, open(*engine, graph, request, prompts));
    runtime::Decoder& decoder = *opened.sourced.decoder;
    Written written;
    written.texts.resize(prompts.size());
    std::vector<StreamDecoder> streams;
    if (tokenizer) streams.assign(prompts.size(), StreamDecoder(*tokenizer));
    const auto tell = [&](std::size_t sequence, std::int64_t token) {
        if (!streams.empty()) written.texts[sequence] += streams[sequence].put(static_cast<std::int32_t>(token));
        if (sequence == 0) listener(written.texts.front());
        return !call.cancelled();
    };
    TRIMTAB_TRY(written.made, runtime::generateTokens(decoder, opened.beginnings, setting, tell));
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    for (std::size_t i = 0; i < streams.size(); ++i) written.texts[i] += streams[i].finish();
    written.made.firstTokenMs += opened.sourced.encoderMs;
    ipc::GenerateAnswer& figures = written.figures;
    figures.weightBytes = decoder.compiled().heldWeightBytes() + opened.sourced.encoderWeightBytes;
    figures.arenaBytes = decoder.largestArena();
    figures.execution = trace::overall(decoder.compiled().layers());
    figures.caching = decoder.caching();
    figures.plansEachStep = decoder.plansEachStep();
    figures.cacheBytes = decoder.cacheBytes();
    figures.cacheBytesPerToken = decoder.cacheBytesPerToken();
    figures.environment = environmentOf(engine->info());
    return written;
}

/// Where the reference's text number `i` departs from the other.
ipc::ReferenceText heldAgainst(const std::vector<std::int64_t>& tokens, const Written& reference, std::size_t i,
                               const std::optional<Tokenizer>& tokenizer) {
    ipc::ReferenceText text{reference.texts[i], reference.made.tokens[i], reference.made.stopped[i], {}, {}};
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
    if (request.chat && !request.promptTokens.empty())
        return fail(ErrorCode::Usage, "a chat puts texts into words: it takes no prompts as tokens");
    TRIMTAB_TRY(const auto tokenizer, tokenizerFor(request));
    TRIMTAB_TRY(const auto rendered, renderedPrompts(request));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    TRIMTAB_TRY(const auto prompts, promptsOf(request, rendered, tokenizer));
    if (prompts.empty()) return fail(ErrorCode::Usage, "there is no prompt to go on from");
    runtime::GenerationSetting setting;
    setting.tokens = request.tokens;
    setting.sampling = {request.temperature, request.topK, request.topP, request.model.setting.seed};
    if (!request.goOn) {
        TRIMTAB_TRY(setting.stops, formats::endTokens(request.model.model));
    }
    constexpr double kNobodyKnows = -1;
    const auto tell = [&](const std::string& text) { call.progress(kNobodyKnows, text); };
    TRIMTAB_TRY(auto written, write(compressed->graph, request, prompts, setting, tokenizer, call, tell));
    ipc::GenerateAnswer answer = std::move(written.figures);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        ipc::GeneratedText& text = answer.texts.emplace_back();
        text.promptTokens = prompts[i];
        if (request.chat) text.renderedPrompt = rendered[i];
        text.text = std::move(written.texts[i]);
        text.tokens = std::move(written.made.tokens[i]);
        text.stopped = written.made.stopped[i];
    }
    answer.firstTokenMs = written.made.firstTokenMs;
    answer.stepMs = std::move(written.made.stepMs);
    if (request.besideReference) {
        ipc::ModelRequest untouched = request.model;
        untouched.recipe = {};
        TRIMTAB_TRY(const auto stored, bench.compressed(untouched, call));
        TRIMTAB_TRY(const auto reference, write(stored->graph, request, prompts, setting, tokenizer, call, [](const std::string&) {}));
        for (std::size_t i = 0; i < prompts.size(); ++i)
            answer.texts[i].reference = heldAgainst(answer.texts[i].tokens, reference, i, tokenizer);
    }
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
