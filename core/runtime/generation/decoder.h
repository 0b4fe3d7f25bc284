#pragma once
// A language model that is fed tokens and answers with the next one of each sequence, or with its logits.
#include <memory>
#include <span>
#include <vector>

#include "core/runtime/engine.h"
#include "core/runtime/generation/token_choice.h"

namespace trimtab::runtime {

/// Not thread-safe. The engine outlives the decoder.
class Decoder {
public:
    virtual ~Decoder() = default;

    /// Plans for so many tokens of each sequence at once, and packs the weights; feed() and choose() do it by themselves.
    virtual Status prepare(std::int64_t tokens) = 0;
    /// Appends tokens to every sequence: prompts of any lengths at first, later equally many for each. The logits of the token that
    /// follows, [batch][vocabulary], valid until the next call. Refused: no tokens, tokens outside the vocabulary, or more than there is
    /// room for. Usage: it was made to answer with tokens.
    Result<std::span<const float>> feed(std::span<const std::vector<std::int64_t>> tokens);
    /// As feed(), with the token of each sequence that is chosen so, or kNotANumber or kInfinite in its place, valid until the next call.
    /// Unsupported for vocabularies of more than kMostLogits.
    Result<std::span<const std::int64_t>> choose(std::span<const std::vector<std::int64_t>> tokens, std::span<const TokenChoice> choices);
    /// Hears of every node that they run, by the rows of compiled().layers(); nullptr: nobody. REQUIRES: it lives until it is replaced.
    void listen(trace::NodeListener* listener) { m_listener = listener; }
    /// Forgets all tokens.
    virtual void clear();

    std::int64_t batch() const { return static_cast<std::int64_t>(m_lengths.size()); }
    std::int64_t capacity() const { return m_capacity; }
    std::int64_t vocabulary() const { return m_vocabulary; }
    /// Tokens of each sequence so far.
    const std::vector<std::int64_t>& lengths() const { return m_lengths; }

    /// Keys and values of one token of one sequence; 0 where none are kept.
    virtual std::int64_t cacheBytesPerToken() const = 0;
    std::int64_t cacheBytes() const { return cacheBytesPerToken() * m_capacity * batch(); }
    /// Of the current plan: kernels and times of a step, packed weights, activations.
    virtual const CompiledModel& compiled() const = 0;
    /// To listen() with, as CompiledModel::recordItself(): each feed() or choose() is one run of it.
    virtual Result<std::unique_ptr<LibraryRecording>> recordItself() = 0;
    /// Bytes of the largest arena of activations that a call so far wanted.
    std::int64_t largestArena() const { return m_largestArena; }
    /// How keys and values are kept: "in place", "handed on", "recomputed".
    virtual std::string_view caching() const = 0;
    /// Whether the engine plans anew at every step.
    virtual bool plansEachStep() const { return false; }

protected:
    Decoder(std::int64_t batch, std::int64_t capacity, std::int64_t vocabulary)
        : m_capacity(capacity), m_vocabulary(vocabulary), m_lengths(static_cast<std::size_t>(batch), 0) {}

    trace::NodeListener* listener() const { return m_listener; }
    /// As feed(), for tokens that were checked; lengths() are those before.
    virtual Result<std::span<const float>> append(std::span<const std::vector<std::int64_t>> tokens) = 0;
    /// As choose(), for tokens that were checked. Unless an engine does, the host chooses by what append() answers.
    virtual Result<std::span<const std::int64_t>> appendAndChoose(std::span<const std::vector<std::int64_t>> tokens,
                                                                  std::span<const TokenChoice> choices);

private:
    Status check(std::span<const std::vector<std::int64_t>> tokens) const;
    void noteFed(std::span<const std::vector<std::int64_t>> tokens);

    std::int64_t m_capacity, m_vocabulary;
    std::vector<std::int64_t> m_lengths;
    std::vector<std::int64_t> m_chosen;
    trace::NodeListener* m_listener = nullptr;
    std::int64_t m_largestArena = 0;
};

/// For `batch` sequences of up to `capacity` tokens. Models whose attention is GroupQueryAttention write keys and values where they stand,
/// and a step allocates and plans nothing. Exports that hand caches from outputs to inputs, or have none, copy or compute more, and some
/// are planned anew at every step (growing_decoder.h); made for tokens they give logits all the same. Unsupported, saying why, for graphs
/// that are no decoders, and for encoder-decoders, which readSource() takes; Refused when the model has fewer positions; OutOfMemory when
/// caches do not fit.
Result<std::unique_ptr<Decoder>> makeDecoder(Engine& engine, const Graph& graph, const recipe::RunSetting& setting, std::int64_t batch,
                                             std::int64_t capacity, Answer answer = Answer::Logits);

}  // namespace trimtab::runtime
