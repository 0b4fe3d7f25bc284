// "phases": prefill and decode of a language model, timed apart.
#include <algorithm>
#include <chrono>

#include "core/base/statistics.h"
#include "core/ipc/phases_request.h"
#include "core/runtime/generation/decoder.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/host/span_recorder.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/seeded_tokens.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

using Clock = std::chrono::steady_clock;
using Tokens = std::vector<std::vector<std::int64_t>>;

constexpr std::size_t kFewestRounds = 3;
constexpr std::size_t kTracedSteps = 9;

double millisecondsSince(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

class Rounds {
public:
    Rounds(runtime::Decoder& decoder, const ipc::PhasesRequest& request, const Call& call)
        : m_decoder(decoder),
          m_request(request),
          m_call(call),
          m_likeliest(static_cast<std::size_t>(decoder.batch())),
          m_random(request.model.setting.seed) {}

    /// One round that is not kept, then rounds until the time is up.
    Status run(ipc::PhasesAnswer& answer) {
        std::vector<double> ignored;
        TRIMTAB_TRY([[maybe_unused]] const double first, round(std::min<std::int64_t>(m_request.generate, 2), ignored));
        const auto start = Clock::now();
        while (answer.prefillMs.size() < kFewestRounds || millisecondsSince(start) < m_request.seconds * 1000) {
            m_call.progress(std::min(0.95, millisecondsSince(start) / (m_request.seconds * 1000 + 1)), "timing");
            std::vector<double> steps;
            TRIMTAB_TRY(const double prefill, round(m_request.generate, steps));
            answer.prefillMs.push_back(prefill);
            answer.stepMs.push_back(std::move(steps));
        }
        return {};
    }

    /// The layers of a step with their times, from steps of their own.
    Result<std::vector<trace::LayerRecord>> traced() {
        m_decoder.clear();
        TRIMTAB_REQUIRE(step(drawn(m_request.prompt)));
        const auto steps = static_cast<std::size_t>(std::clamp<std::int64_t>(m_request.generate - 1, 1, kTracedSteps));
        TRIMTAB_REQUIRE(step(drawn(1)));
        std::vector<trace::LayerRecord> records = m_decoder.compiled().layers();
        profiler::SpanRecorder recorder(records.size(), steps);
        m_decoder.listen(&recorder);
        for (std::size_t i = 0; i < steps; ++i) {
            if (i > 0) recorder.nextRun();
            TRIMTAB_REQUIRE(step(drawn(1)));
        }
        m_decoder.listen(nullptr);
        recorder.fill(records);
        return records;
    }

private:
    /// To the likeliest token that follows; what is fed next is drawn, so that every engine and configuration runs the same.
    Status step(const Tokens& tokens) {
        TRIMTAB_REQUIRE(m_decoder.choose(tokens, m_likeliest));
        return {};
    }
    Tokens drawn(std::int64_t count) { return seededTokens(m_decoder, count, m_random); }

    Result<double> round(std::int64_t steps, std::vector<double>& stepMs) {
        m_decoder.clear();
        TRIMTAB_REQUIRE(m_decoder.prepare(m_request.prompt));  // its plan may have been given up for those of steps
        const Tokens prompt = drawn(m_request.prompt);
        auto start = Clock::now();
        TRIMTAB_REQUIRE(step(prompt));
        const double prefill = millisecondsSince(start);
        for (std::int64_t i = 0; i < steps; ++i) {
            if (m_call.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
            const Tokens next = drawn(1);
            start = Clock::now();
            TRIMTAB_REQUIRE(step(next));
            stepMs.push_back(millisecondsSince(start));
        }
        return prefill;
    }

    runtime::Decoder& m_decoder;
    const ipc::PhasesRequest& m_request;
    const Call& m_call;
    std::vector<runtime::TokenChoice> m_likeliest;
    base::Random m_random;
};

/// Steps of each round against those at the same place of other rounds: a step behind more tokens takes longer, and is no slower for that.
std::vector<double> pace(const std::vector<std::vector<double>>& rounds) {
    std::vector<double> usual;
    for (std::size_t i = 0; i < rounds.front().size(); ++i) {
        std::vector<double> same;
        for (const auto& round : rounds) same.push_back(round[i]);
        usual.push_back(base::median(same));
    }
    std::vector<double> ratios;
    for (const auto& round : rounds)
        for (std::size_t i = 0; i < round.size(); ++i) ratios.push_back(usual[i] > 0 ? round[i] / usual[i] : 1);
    return ratios;
}

}  // namespace

Result<Json> phases(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::phasesRequestFromJson(params));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    const auto& setting = request.model.setting;
    TRIMTAB_TRY(const auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    const std::int64_t batch = std::max<std::int64_t>(setting.batch, 1);
    TRIMTAB_TRY(const auto decoder,
                runtime::makeDecoder(*engine, compressed->graph, setting, batch,
                                     request.prompt + std::max<std::int64_t>(request.generate, 2), runtime::Answer::Tokens));
    const profiler::ThrottleWatch watch;
    Rounds rounds(*decoder, request, call);
    ipc::PhasesAnswer answer;
    TRIMTAB_REQUIRE(rounds.run(answer));
    answer.throttled = watch.throttled(pace(answer.stepMs));
    call.progress(0.95, "timing the layers");
    TRIMTAB_TRY(answer.layers, rounds.traced());
    answer.batch = batch;
    answer.prompt = request.prompt;
    answer.generate = request.generate;
    answer.weightBytes = decoder->compiled().heldWeightBytes();
    answer.arenaBytes = decoder->largestArena();
    answer.cacheBytes = decoder->cacheBytes();
    answer.cacheBytesPerToken = decoder->cacheBytesPerToken();
    answer.caching = decoder->caching();
    answer.plansEachStep = decoder->plansEachStep();
    answer.environment = environmentOf(engine->info());
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
