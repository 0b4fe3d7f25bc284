#pragma once
// A decoder whose keys and values stay in caches that are allocated once: a step allocates and plans nothing.
#include "core/runtime/generation/cached_decoder.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::runtime {

class InPlaceDecoder final : public Decoder {
public:
    static Result<std::unique_ptr<Decoder>> make(Engine& engine, CachedDecoder model, const recipe::RunSetting& setting, std::int64_t batch,
                                                 std::int64_t capacity);

    Status prepare(std::int64_t tokens) override;
    std::int64_t cacheBytesPerToken() const override;
    const CompiledModel& compiled() const override { return *m_compiled; }
    Result<std::unique_ptr<LibraryRecording>> recordItself() override { return m_compiled->recordItself(); }
    std::string_view caching() const override { return "in place"; }

private:
    InPlaceDecoder(CachedDecoder model, std::int64_t batch, std::int64_t capacity)
        : Decoder(batch, capacity, model.vocabulary), m_model(std::move(model)) {}
    Result<std::span<const float>> append(std::span<const std::vector<std::int64_t>> tokens) override;
    Result<std::span<const std::int64_t>> appendAndChoose(std::span<const std::vector<std::int64_t>> tokens,
                                                          std::span<const TokenChoice> choices) override;
    /// → m_outputs.
    Status run(std::span<const std::vector<std::int64_t>> tokens);
    Status allocate(bool cachesAreKept);
    Status shapeInputs(std::int64_t tokens);
    bool readsPositions() const { return !m_model.positionIds.empty(); }
    bool chooses() const { return !m_model.choices.empty(); }
    void writePositions(std::size_t tokens);

    CachedDecoder m_model;
    std::unique_ptr<CompiledModel> m_compiled;
    std::vector<NamedTensor> m_inputs;  // ids, lengths, total, last, the caches; then positions and choices where they are read
    std::size_t m_positionsAt = 0, m_choicesAt = 0;  // in m_inputs
    std::vector<NamedTensor> m_outputs;
};

}  // namespace trimtab::runtime
