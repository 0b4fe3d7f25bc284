#pragma once
// A language model that is fed tokens and answers with the logits of the next one. Keys and values of all tokens so far stay in caches that
// are allocated once; a step allocates and plans nothing.
#include <memory>
#include <span>
#include <vector>

#include "core/runtime/engine.h"
#include "core/runtime/generation/cached_decoder.h"

namespace trimtab::runtime {

/// Not thread-safe. The engine outlives the decoder.
class Decoder {
public:
    /// Caches for `batch` sequences of up to `capacity` tokens. Refused when the model has fewer positions; OutOfMemory when caches do not
    /// fit.
    static Result<std::unique_ptr<Decoder>> make(Engine& engine, CachedDecoder model, const recipe::RunSetting& setting, std::int64_t batch,
                                                 std::int64_t capacity);

    /// Plans for so many tokens of each sequence at once, and packs the weights; feed() does it by itself.
    Status prepare(std::int64_t tokens);

    /// Appends tokens to every sequence: prompts of any lengths at first, later equally many for each. The logits of the token that
    /// follows, [batch][vocabulary], valid until the next call. Refused: no tokens, tokens outside the vocabulary, or more than there is
    /// room for.
    Result<std::span<const float>> feed(std::span<const std::vector<std::int64_t>> tokens);
    /// Forgets all tokens; caches stay allocated.
    void clear();

    std::int64_t batch() const { return static_cast<std::int64_t>(m_lengths.size()); }
    std::int64_t capacity() const { return m_capacity; }
    std::int64_t vocabulary() const { return m_model.vocabulary; }
    /// Tokens of each sequence so far.
    const std::vector<std::int64_t>& lengths() const { return m_lengths; }

    /// Keys and values of one token of one sequence.
    std::int64_t cacheBytesPerToken() const;
    std::int64_t cacheBytes() const { return cacheBytesPerToken() * m_capacity * batch(); }
    /// Of the current plan: kernels and times of a step, packed weights, activations.
    const CompiledModel& compiled() const { return *m_compiled; }

private:
    Decoder(CachedDecoder model, std::int64_t batch, std::int64_t capacity)
        : m_model(std::move(model)), m_capacity(capacity), m_lengths(static_cast<std::size_t>(batch), 0) {}
    Status allocate();
    Status checkTokens(std::span<const std::vector<std::int64_t>> tokens) const;
    Status shapeInputs(std::int64_t tokens);

    CachedDecoder m_model;
    std::int64_t m_capacity;
    std::vector<std::int64_t> m_lengths;
    std::unique_ptr<CompiledModel> m_compiled;
    std::vector<NamedTensor> m_inputs;  // ids, lengths, total, last, then the caches
    std::vector<NamedTensor> m_outputs;
};

}  // namespace trimtab::runtime
