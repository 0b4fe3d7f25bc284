#pragma once
// A decoder as exporters write it: caches that grow are outputs of one run and inputs of the next (past_key_values.0.key → present.0.key,
// the names that Optimum gives them), or there are none and every step reads the whole text again.
//
// Engines that plan for shapes would plan anew at every step. So that many steps have the same shapes, caches begin with rows that the
// attention mask hides, one fewer at each step, and whole texts behind the prompt end with tokens of which nobody reads the logits. Never
// more rows than the capacity; and only where a short text is answered the same, to rounding.
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::runtime {

/// What such a graph's inputs and outputs mean; names are empty where it has none.
struct GrowingModel {
    struct Cache {
        std::string past, present;
        DataType type = DataType::Undefined;
        std::int64_t heads = 0, size = 0;
        bool rowsLast = false;  // [batch, heads, size, rows], else [batch, heads, rows, size]
    };
    Graph graph;
    std::string ids, mask, positions, logits;  // int64 [batch, tokens], [batch, all tokens], [batch, tokens]; [batch, tokens, vocabulary]
    std::string cacheBranch;                   // bool [1] of a merged decoder: whether there is a past
    std::vector<Cache> caches;
    std::int64_t vocabulary = 0;
    std::string text;                 // int64 [batch, all tokens], of which the extents alone are read
    std::int64_t mostTokens = 0;      // rows of the smallest table that its tokens' places choose from; 0: none is known
    std::vector<std::string> source;  // inputs that are the same at every step: what an encoder made
};

/// Unsupported, naming the input, for a graph with inputs that are none of these.
Result<GrowingModel> growingDecoder(const Graph& graph);

class GrowingDecoder final : public Decoder {
public:
    /// `source`: tensors for model.source, by their names.
    static Result<std::unique_ptr<Decoder>> make(Engine& engine, GrowingModel model, const recipe::RunSetting& setting, std::int64_t batch,
                                                 std::int64_t capacity, std::vector<NamedTensor> source = {});

    Status prepare(std::int64_t tokens) override;
    void clear() override;
    std::int64_t cacheBytesPerToken() const override;
    const CompiledModel& compiled() const override { return *m_compiled; }
    Result<std::unique_ptr<LibraryRecording>> recordItself() override { return m_compiled->recordItself(); }
    std::string_view caching() const override { return m_model.caches.empty() ? "recomputed" : "handed on"; }
    bool plansEachStep() const override { return m_plansForShapes && !m_keepsShapes; }

private:
    GrowingDecoder(GrowingModel model, std::int64_t batch, std::int64_t capacity)
        : Decoder(batch, capacity, model.vocabulary), m_model(std::move(model)), m_texts(static_cast<std::size_t>(batch)) {}
    /// Keys and values of so many tokens behind rows that the mask hides.
    struct Past {
        std::int64_t hidden = 0, tokens = 0;
        std::vector<Tensor> caches;  // none: zeros
    };
    using Outputs = std::vector<NamedTensor>;

    Result<std::span<const float>> append(std::span<const std::vector<std::int64_t>> tokens) override;
    Result<std::vector<NamedTensor>> inputsFor(std::span<const std::vector<std::int64_t>> tokens, const Past& past);
    Result<Outputs> run(std::span<const std::vector<std::int64_t>> tokens, const Past& past, trace::NodeListener* listener);
    /// Of the last token that has `behind` others behind it.
    Result<std::vector<float>> logitsOf(const Outputs& outputs, std::int64_t behind) const;
    /// What `outputs` hand on of all the caches' rows, the first `dropped` of them left out, behind `hidden` others.
    Result<Past> pastOf(const Outputs& outputs, std::int64_t tokens, std::int64_t dropped, std::int64_t hidden) const;
    /// As pastOf(), with as many hidden rows as keep the next step's shapes.
    Result<Past> nextPast(const Outputs& outputs, const Past& before, std::int64_t tokens) const;
    /// Rows to hide before so many tokens.
    std::int64_t hiddenBefore(std::int64_t tokens) const;
    /// Of a whole text of so many tokens, as a step runs it.
    std::int64_t lengthFor(std::int64_t tokens) const;
    /// With shapes that are kept or with those of its length.
    Result<std::vector<float>> logitsOfShortText(bool keepsShapes);
    /// Some graphs count rows, read no mask, or let tokens see later ones.
    Result<bool> answersTheSameWithKeptShapes();

    GrowingModel m_model;
    std::unique_ptr<CompiledModel> m_compiled;
    std::vector<NamedTensor> m_source;
    std::vector<std::vector<std::int64_t>> m_texts;  // fed so far, where there are no caches
    Past m_past;
    bool m_plansForShapes = true, m_keepsShapes = false;
    std::vector<float> m_logits;
};

}  // namespace trimtab::runtime
