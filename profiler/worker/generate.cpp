// "generate": a language model continues a prompt, its text told as it grows.
#include <fmt/format.h>

#include "core/dataset/tokenizers/tokenizer.h"
#include "core/formats/model_file.h"
#include "core/ipc/generate_request.h"
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
    TRIMTAB_TRY(Tokenizer tokenizer, dataset::tokenizers::openTokenizer(path));
    return std::optional(std::move(tokenizer));
}

Result<std::vector<std::int64_t>> promptOf(const ipc::GenerateRequest& request, const std::optional<Tokenizer>& tokenizer) {
    if (!request.promptTokens.empty()) return request.promptTokens;
    if (!tokenizer)
        return fail(ErrorCode::Refused,
                    "no tokenizer.json or tokenizer.model lies beside the model, nor does its file hold one: name one, or give the prompt as tokens");
    TRIMTAB_TRY(const auto ids, tokenizer->encode(request.prompt));
    if (ids.empty()) return fail(ErrorCode::Refused, "the prompt is empty: there is nothing to go on from");
    return std::vector<std::int64_t>(ids.begin(), ids.end());
}

}  // namespace

Result<Json> generate(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::generateRequestFromJson(params));
    TRIMTAB_TRY(const auto tokenizer, tokenizerFor(request));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    ipc::GenerateAnswer answer;
    TRIMTAB_TRY(answer.promptTokens, promptOf(request, tokenizer));
    runtime::GenerationSetting setting;
    setting.tokens = request.tokens;
    setting.sampling = {request.temperature, request.topK, request.topP, request.model.setting.seed};
    if (!request.goOn) {
        TRIMTAB_TRY(setting.stops, formats::endTokens(request.model.model));
    }
    const auto capacity = static_cast<std::int64_t>(answer.promptTokens.size()) + request.tokens - 1;  // the last token is not fed
    const auto& asked = request.model.setting;
    TRIMTAB_TRY(const auto engine, makeEngine(asked.engine, asked.threads, asked.device));
    TRIMTAB_TRY(const auto decoder, runtime::makeDecoder(*engine, compressed->graph, asked, 1, capacity));
    std::optional<StreamDecoder> stream;
    if (tokenizer) stream.emplace(*tokenizer);
    constexpr double kNobodyKnows = -1;
    const auto tell = [&](std::size_t, std::int64_t token) {
        if (stream) answer.text += stream->put(static_cast<std::int32_t>(token));
        call.progress(kNobodyKnows, answer.text);
        return !call.cancelled();
    };
    TRIMTAB_TRY(auto text, runtime::generateTokens(*decoder, std::vector<std::vector<std::int64_t>>{answer.promptTokens}, setting, tell));
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    if (stream) answer.text += stream->finish();
    answer.tokens = std::move(text.tokens.front());
    answer.stopped = text.stopped.front();
    answer.firstTokenMs = text.firstTokenMs;
    answer.stepMs = std::move(text.stepMs);
    answer.weightBytes = decoder->compiled().heldWeightBytes();
    answer.arenaBytes = decoder->largestArena();
    answer.execution = trace::overall(decoder->compiled().layers());
    answer.caching = decoder->caching();
    answer.cacheBytes = decoder->cacheBytes();
    answer.cacheBytesPerToken = decoder->cacheBytesPerToken();
    answer.environment = environmentOf(engine->info());
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
