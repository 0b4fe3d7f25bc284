// trimtab generate MODEL --prompt TEXT [--prompt TEXT]…
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/progress.h"
#include "app/cli/table.h"
#include "app/cli/timing_figure.h"
#include "core/base/statistics.h"
#include "core/base/units.h"
#include "core/ipc/generate_request.h"

namespace trimtab::cli {
namespace {

struct GenerateOptions {
    ModelOptions model;
    std::vector<std::string> tokenLists;  // as they were written
    ipc::GenerateRequest request;
};

/// "5,17,3"
Result<std::vector<std::int64_t>> tokensIn(const std::string& list) {
    std::vector<std::int64_t> tokens;
    const char* at = list.data();
    const char* const end = at + list.size();
    while (true) {
        std::int64_t token = 0;
        const auto [behind, problem] = std::from_chars(at, end, token);
        if (problem != std::errc() || token < 0) break;
        tokens.push_back(token);
        if (behind == end) return tokens;
        if (*behind != ',') break;
        at = behind + 1;
    }
    return fail(ErrorCode::Usage, fmt::format("--prompt-tokens: \"{}\" is no list of token ids such as 5,17,3", printable(list)));
}

/// Prints a text that grows, each part once.
class GrowingText {
public:
    explicit GrowingText(bool shown) : m_shown(shown) {}
    void show(const std::string& text) {
        if (!m_shown || text.size() <= m_printed.size() || !text.starts_with(m_printed)) return;
        fmt::print("{}", printable(text.substr(m_printed.size()), "\n\t"));
        std::fflush(stdout);
        m_printed = text;
    }

private:
    bool m_shown;
    std::string m_printed;
};

Json referenceDocument(const ipc::ReferenceText& reference) {
    return {{"text", reference.text}, {"tokens", reference.tokens}, {"stopped", reference.stopped}};
}

Json documentOf(const ipc::GeneratedText& text) {
    const bool differs = text.reference && text.reference->firstDifference;
    return {{"text", text.text},
            {"rendered_prompt", text.renderedPrompt ? Json(*text.renderedPrompt) : Json()},
            {"prompt_tokens", text.promptTokens},
            {"tokens", text.tokens},
            {"stopped", text.stopped},
            {"reference", text.reference ? referenceDocument(*text.reference) : Json()},
            {"first_difference", differs ? Json(*text.reference->firstDifference) : Json()}};
}

Json figuresDocument(const ipc::GenerateAnswer& answer, const ipc::ModelRequest& model) {
    const TimingFigure step = figureOf(answer.stepMs);
    const Json decode = step.n > 0 ? Json(answer.tokensPerSecond(step.median)) : Json();
    return {{"time_to_first_token_ms", answer.firstTokenMs},
            {"time_per_token_ms", toJson(step)},
            {"prefill_tokens_per_s", perSecond(static_cast<double>(answer.promptTokens()), answer.firstTokenMs)},
            {"decode_tokens_per_s", decode},
            {"weight_bytes", answer.weightBytes},
            {"cache_bytes", answer.cacheBytes},
            {"cache_bytes_per_token", answer.cacheBytesPerToken},
            {"caching", answer.caching},
            {"plans_each_step", answer.plansEachStep},
            {"arena_bytes", answer.arenaBytes},
            {"execution", std::string(trace::name(answer.execution))},
            {"basis", "measured"},
            {"random_weights", randomWeightsOf(model)},
            {"recipe", recipe::toJson(model.recipe)},
            {"setting", recipe::toJson(model.setting)},
            {"environment", trial::toJson(answer.environment)}};
}

/// One prompt's text stands beside the figures, several are a list.
Json documentOf(const ipc::GenerateAnswer& answer, const ipc::ModelRequest& model) {
    Json document = figuresDocument(answer, model);
    if (answer.texts.size() == 1) {
        document.update(documentOf(answer.texts.front()));
        return document;
    }
    Json& texts = document["texts"] = Json::array();
    for (const ipc::GeneratedText& text : answer.texts) texts.push_back(documentOf(text));
    return document;
}

std::string words(const std::vector<std::int64_t>& tokens) { return fmt::format("{}", fmt::join(tokens, " ")); }

/// A text with a mark where it departs from another: behind `common`, or before that token where there is no text.
std::string marked(const std::string& text, const std::string& common, const std::vector<std::int64_t>& tokens,
                   std::optional<std::int64_t> at) {
    constexpr std::string_view kMark = "≠";
    if (!text.empty() || tokens.empty()) {
        if (!at || !text.starts_with(common)) return printable(text, "\n\t");
        return printable(common, "\n\t") + std::string(kMark) + printable(text.substr(common.size()), "\n\t");
    }
    const auto split = tokens.begin() + at.value_or(0);
    const std::string before = words({tokens.begin(), split}), after = words({split, tokens.end()});
    return at ? fmt::format("{} {}{}", before, kMark, after) : after;
}

void printBesideReference(const ipc::GeneratedText& text) {
    const ipc::ReferenceText& reference = *text.reference;
    const auto at = reference.firstDifference;
    fmt::print("reference: {}\n", marked(reference.text, reference.common, reference.tokens, at));
    fmt::print("recipe: {}\n", marked(text.text, reference.common, text.tokens, at));
    if (at)
        fmt::print("first difference: new token {}\n", *at + 1);
    else
        fmt::print("no difference in {} new tokens\n", text.tokens.size());
}

/// Of several prompts each text under its number.
void printTexts(const ipc::GenerateAnswer& answer, GrowingText& shown) {
    const bool one = answer.texts.size() == 1;
    for (std::size_t i = 0; i < answer.texts.size(); ++i) {
        const ipc::GeneratedText& text = answer.texts[i];
        if (!one) fmt::print("[{}]{}", i + 1, text.reference ? "\n" : " ");
        if (text.reference) {
            printBesideReference(text);
            continue;
        }
        if (one) shown.show(text.text);
        fmt::print("{}\n", text.text.empty() ? words(text.tokens) : one ? std::string() : printable(text.text, "\n\t"));
    }
}

/// Figures go to standard error, so that standard output is the text alone.
void printFigures(const ipc::GenerateAnswer& answer, const ipc::ModelRequest& model) {
    const auto& where = answer.environment;
    fmt::print(stderr, "\n{:<12}{} {}, {}, {} thread{}, {}\n", "engine", where.engine, where.engineVersion, where.instructionSet,
               where.threads, where.threads == 1 ? "" : "s", where.device);
    const std::string prompts = answer.texts.size() == 1 ? std::string() : fmt::format(" of {} prompts", answer.texts.size());
    fmt::print(stderr, "{:<12}{} tokens{}, first token after {} ({:.4g} tokens/s)\n", "prefill", answer.promptTokens(), prompts,
               base::formatMilliseconds(answer.firstTokenMs), perSecond(static_cast<double>(answer.promptTokens()), answer.firstTokenMs));
    if (const TimingFigure step = figureOf(answer.stepMs); step.n > 0) {
        fmt::print(stderr, "{:<12}{:.4g} tokens/s, {} a {}", "decode", answer.tokensPerSecond(step.median),
                   base::formatMilliseconds(step.median), answer.texts.size() == 1 ? "token" : "step");
        if (step.p95) fmt::print(stderr, ", p95 {}", base::formatMilliseconds(*step.p95));
        fmt::print(stderr, ", median of {}\n", step.n);
    }
    fmt::print(stderr, "{:<12}{} of weights, {} of keys and values ({} a token), {} of activations\n", "memory",
               base::formatBytes(static_cast<double>(answer.weightBytes)), base::formatBytes(static_cast<double>(answer.cacheBytes)),
               base::formatBytes(static_cast<double>(answer.cacheBytesPerToken)),
               base::formatBytes(static_cast<double>(answer.arenaBytes)));
    printRandomWeights(stderr, model);
    if (answer.execution == trace::Execution::Emulated)
        fmt::print(stderr, "{:<12}some layers are emulated: these times are not those of the format asked for\n", "mark");
    if (answer.caching != "in place")
        fmt::print(stderr, "{:<12}keys and values are {}{}: another export of the model would be faster\n", "mark", answer.caching,
                   answer.plansEachStep ? ", and every step is planned anew" : "");
}

Result<Json> callWorker(Program& program, const ipc::GenerateRequest& request, GrowingText& shown) {
    TRIMTAB_TRY(const auto worker, program.startWorker());
    auto progress = std::make_optional<Progress>(program.quiet());
    const auto listen = [&](double share, const std::string& what) {
        if (share >= 0) {
            if (progress) progress->show(share, printable(what));
            return;
        }
        progress.reset();  // its line gives way to the text
        shown.show(what);
    };
    return worker->call("generate", ipc::toJson(request), listen, program.stop.get_token());
}

Status work(Program& program, const GenerateOptions& options) {
    ipc::GenerateRequest request = options.request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    for (const std::string& list : options.tokenLists) {
        TRIMTAB_TRY(auto tokens, tokensIn(list));
        request.promptTokens.push_back(std::move(tokens));
    }
    const std::size_t count = std::max(request.prompts.size(), request.promptTokens.size());
    if (count == 0 || std::ranges::any_of(request.prompts, [](const std::string& text) { return text.empty(); }))
        return fail(ErrorCode::Usage, "give a text with --prompt, or tokens with --prompt-tokens");
    if (!request.tokenizer.empty()) request.tokenizer = absolutePath(request.tokenizer);
    GrowingText shown(!program.options.json && !request.besideReference && count == 1);
    TRIMTAB_TRY(const Json json, callWorker(program, request, shown));
    TRIMTAB_TRY(const auto answer, ipc::generateAnswerFromJson(json));
    if (program.options.json) {
        program.printJson(documentOf(answer, request.model));
        return {};
    }
    printTexts(answer, shown);
    for (const ipc::GeneratedText& text : answer.texts)
        if (program.options.verbosity > 0 && text.renderedPrompt)
            fmt::print(stderr, "\nprompt\n{}\n", printable(*text.renderedPrompt, "\n\t"));
    if (!program.quiet()) printFigures(answer, request.model);
    return {};
}

}  // namespace

void addGenerate(CLI::App& app, Program& program) {
    auto options = std::make_shared<GenerateOptions>();
    CLI::App* command = addCommand(app, program, "generate", "Text from a language model, and how fast it comes",
                                   [&program, options] { return work(program, *options); });
    ipc::GenerateRequest& request = options->request;
    addModel(*command, options->model);
    addRandomWeights(*command, options->model);
    addRecipe(*command, options->model);
    addEngine(*command, options->model.engine, options->model.device);
    auto* prompt =
        command->add_option("--prompt", request.prompts,
                            "The text to go on from; of an encoder-decoder the text that it reads. Several go on side by side, of "
                                       "any lengths where keys and values are kept in place");
    prompt->allow_extra_args(false);
    auto* tokens = command->add_option("--prompt-tokens", options->tokenLists, "The same as token ids, 5,17,3");
    tokens->allow_extra_args(false)->excludes(prompt);
    auto* chat = command->add_flag("--chat", request.chat, "Each prompt is a user's message, put into words by the model's chat template");
    chat->excludes(tokens);
    command->add_option("--system", request.system, "Of a chat: the system's message before it")->needs(chat);
    command->add_option("--tokenizer", request.tokenizer, "tokenizer.json or tokenizer.model (default: the one beside the model)");
    command->add_option("--tokens", request.tokens, "New tokens at most (default: 64)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    command->add_option("--temperature", request.temperature, "0 takes the likeliest token each time (default: 0)")
        ->check(realBetween(0, 1e6));
    command->add_option("--top-k", request.topK, "Draw among the likeliest so many (default: 0, all)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30));
    command->add_option("--top-p", request.topP, "Draw among the likeliest of this probability together (default: 1)")
        ->check(realBetween(1e-9, 1));
    command->add_flag("--beside-reference", request.besideReference,
                      "Also from the model as it is stored: both texts, the first token that differs marked");
    command->add_flag("--go-on", request.goOn, "Go on past the tokens that end a text");
}

}  // namespace trimtab::cli
