#include "profiler/worker/phase_run.h"

#include <algorithm>

#include "core/runtime/generation/decoder.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/seeded_tokens.h"

namespace trimtab::worker {
namespace {

class PhaseRun final : public TimedRun {
public:
    PhaseRun(const recipe::RunSetting& setting, std::shared_ptr<const compress::Compressed> compressed,
             std::unique_ptr<runtime::Engine> engine, std::unique_ptr<runtime::Decoder> decoder)
        : m_setting(setting),
          m_compressed(std::move(compressed)),
          m_engine(std::move(engine)),
          m_decoder(std::move(decoder)),
          m_likeliest(static_cast<std::size_t>(m_decoder->batch())),
          m_random(setting.seed) {}

    Status makeReady() override {
        const bool decodes = m_setting.generate > 0;
        if (decodes && m_stepsLeft > 0) {
            m_next = seededTokens(*m_decoder, 1, m_random);
            return {};
        }
        m_decoder->clear();
        TRIMTAB_REQUIRE(m_decoder->prepare(m_setting.prompt));
        m_next = seededTokens(*m_decoder, m_setting.prompt, m_random);
        if (!decodes) return {};
        TRIMTAB_REQUIRE(m_decoder->choose(m_next, m_likeliest));
        TRIMTAB_REQUIRE(m_decoder->prepare(1));
        m_stepsLeft = m_setting.generate;
        m_next = seededTokens(*m_decoder, 1, m_random);
        return {};
    }

    Status once(trace::NodeListener* listener) override {
        m_decoder->listen(listener);
        const auto chosen = m_decoder->choose(m_next, m_likeliest);
        m_decoder->listen(nullptr);
        if (!chosen) return fail(chosen.error());
        --m_stepsLeft;
        return {};
    }

    Result<std::unique_ptr<runtime::LibraryRecording>> recordItself() override { return m_decoder->recordItself(); }
    std::vector<trace::LayerRecord> layers() const override { return withSqnr(m_decoder->compiled().layers(), *m_compressed); }
    std::int64_t batch() const override { return m_decoder->batch(); }
    std::int64_t weightBytes() const override { return m_decoder->compiled().weightBytes(); }
    std::int64_t arenaBytes() const override { return m_decoder->largestArena(); }
    trial::Environment environment() const override { return environmentOf(m_engine->info()); }

private:
    recipe::RunSetting m_setting;
    std::shared_ptr<const compress::Compressed> m_compressed;
    std::unique_ptr<runtime::Engine> m_engine;
    std::unique_ptr<runtime::Decoder> m_decoder;
    std::vector<runtime::TokenChoice> m_likeliest;  // a prompt's and a step's time ends with the token that follows
    base::Random m_random;
    std::vector<std::vector<std::int64_t>> m_next;
    std::int64_t m_stepsLeft = 0;
};

}  // namespace

Result<std::shared_ptr<TimedRun>> phaseRun(const ipc::ModelRequest& request, Workbench& bench, const Call& call) {
    const recipe::RunSetting& setting = request.setting;
    TRIMTAB_TRY(auto compressed, bench.compressed(request, call));
    TRIMTAB_TRY(auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    TRIMTAB_TRY(auto decoder, runtime::makeDecoder(*engine, compressed->graph, setting, std::max<std::int64_t>(setting.batch, 1),
                                                   setting.prompt + setting.generate, runtime::Answer::Tokens));
    return std::make_shared<PhaseRun>(setting, std::move(compressed), std::move(engine), std::move(decoder));
}

}  // namespace trimtab::worker
