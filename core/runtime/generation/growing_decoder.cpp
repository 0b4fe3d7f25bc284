#include "core/runtime/generation/growing_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/tensor/convert.h"

namespace trimtab::runtime {
namespace {

tl::unexpected<Error> cannot(std::string why) {
    return fail(ErrorCode::Unsupported, "nor without keeping caches in place: " + std::move(why));
}

/// Named by what follows the first dot: ".0.key".
std::string placeOf(const std::string& name) {
    const auto dot = name.find('.');
    return dot == std::string::npos ? std::string() : name.substr(dot);
}

Result<GrowingModel::Cache> cacheOf(const Graph& graph, const graph::Value& past) {
    GrowingModel::Cache cache{past.name, {}, past.type.type};
    for (const graph::ValueId id : graph.outputs) {
        const std::string& name = graph.value(id).name;
        if (name.starts_with("present") && placeOf(name) == placeOf(past.name)) cache.present = name;
    }
    if (cache.present.empty()) return cannot("no output goes on from its input " + past.name);
    const auto& dims = past.type.dims;
    if (!dims || dims->size() != 4 || !(*dims)[1].isKnown() || !(*dims)[3].isKnown())
        return cannot("its cache " + past.name + " is not [batch, heads, rows, values]");
    cache.heads = (*dims)[1].extent;
    cache.size = (*dims)[3].extent;
    return cache;
}

Status takeInput(const Graph& graph, const graph::Value& value, GrowingModel& model) {
    const bool isInteger = value.type.type == DataType::Int64;
    if (value.name == "attention_mask" && isInteger)
        model.mask = value.name;
    else if (value.name == "position_ids" && isInteger)
        model.positions = value.name;
    else if (value.name == "use_cache_branch" && value.type.type == DataType::Bool)
        model.cacheBranch = value.name;
    else if (value.name.starts_with("past")) {
        TRIMTAB_TRY(auto cache, cacheOf(graph, value));
        model.caches.push_back(std::move(cache));
    } else if (isInteger && model.ids.empty() && value.type.dims && value.type.dims->size() == 2)
        model.ids = value.name;
    else
        return cannot("what its input " + value.name + " takes is not known");
    return {};
}

}  // namespace

Result<GrowingModel> growingDecoder(const Graph& graph) {
    GrowingModel model;
    for (const graph::ValueId id : graph.inputs) TRIMTAB_REQUIRE(takeInput(graph, graph.value(id), model));
    if (model.ids.empty()) return cannot("none of its inputs takes token ids");
    for (const graph::ValueId id : graph.outputs) {
        const graph::Value& value = graph.value(id);
        if (value.name.starts_with("present")) continue;
        if (!model.logits.empty()) return cannot("which of its outputs are logits is not known");
        const auto& dims = value.type.dims;
        if (!tensor::isFloatingPoint(value.type.type) || !dims || dims->size() != 3 || !dims->back().isKnown())
            return cannot("its output " + value.name + " is not [batch, tokens, vocabulary]");
        model.logits = value.name;
        model.vocabulary = dims->back().extent;
    }
    if (model.logits.empty()) return cannot("it has no logits");
    model.graph = graph;
    return model;
}

Result<std::unique_ptr<Decoder>> GrowingDecoder::make(Engine& engine, GrowingModel model, const recipe::RunSetting& setting,
                                                      std::int64_t batch, std::int64_t capacity, std::vector<NamedTensor> source) {
    if (model.mostTokens > 0 && capacity > model.mostTokens)
        return fail(ErrorCode::Refused, fmt::format("the model has {} positions, {} tokens were asked for", model.mostTokens, capacity));
    auto decoder = std::unique_ptr<GrowingDecoder>(new GrowingDecoder(std::move(model), batch, capacity));
    decoder->m_source = std::move(source);
    TRIMTAB_TRY(decoder->m_compiled, engine.compile(decoder->m_model.graph, setting));
    return decoder;
}

void GrowingDecoder::clear() {
    Decoder::clear();
    m_past.clear();
    for (auto& text : m_texts) text.clear();
}

std::int64_t GrowingDecoder::cacheBytesPerToken() const {
    std::int64_t bytes = 0;
    for (const auto& cache : m_model.caches) bytes += cache.heads * cache.size * (bitWidth(cache.type) / 8);
    return bytes;
}

Status GrowingDecoder::prepare(std::int64_t tokens) {
    // Other lengths come with every step: only the first can be planned for.
    if (lengths().front() > 0) return {};
    const std::vector<std::vector<std::int64_t>> zeros(static_cast<std::size_t>(batch()),
                                                       std::vector<std::int64_t>(static_cast<std::size_t>(tokens), 0));
    TRIMTAB_TRY(const auto inputs, inputsFor(zeros, 0));
    return m_compiled->prepare(inputs);
}

Result<std::vector<NamedTensor>> GrowingDecoder::inputsFor(std::span<const std::vector<std::int64_t>> tokens, std::int64_t past) {
    const auto count = static_cast<std::int64_t>(tokens[0].size());
    std::vector<std::int64_t> ids, positions;
    for (const auto& sequence : tokens) {
        ids.insert(ids.end(), sequence.begin(), sequence.end());
        for (std::int64_t i = 0; i < count; ++i) positions.push_back(past + i);
    }
    std::vector<NamedTensor> inputs{{m_model.ids, Tensor::fromInt64s(Shape{batch(), count}, ids)}};
    if (!m_model.positions.empty()) inputs.push_back({m_model.positions, Tensor::fromInt64s(Shape{batch(), count}, positions)});
    if (!m_model.mask.empty()) {
        const std::vector<std::int64_t> ones(static_cast<std::size_t>(batch() * (past + count)), 1);
        inputs.push_back({m_model.mask, Tensor::fromInt64s(Shape{batch(), past + count}, ones)});
    }
    if (!m_model.cacheBranch.empty())
        inputs.push_back({m_model.cacheBranch, Tensor::fromValues(DataType::Bool, Shape{1}, std::vector<std::uint8_t>{past > 0})});
    for (std::size_t i = 0; i < m_model.caches.size(); ++i) {
        const auto& cache = m_model.caches[i];
        Tensor rows = i < m_past.size() ? m_past[i] : Tensor();
        if (past == 0) {
            const Shape none = cache.rowsLast ? Shape{batch(), cache.heads, cache.size, 0} : Shape{batch(), cache.heads, 0, cache.size};
            TRIMTAB_TRY(rows, Tensor::zeros(cache.type, none));
        }
        inputs.push_back({cache.past, std::move(rows)});
    }
    if (!m_model.text.empty()) {
        TRIMTAB_TRY(Tensor text, Tensor::zeros(DataType::Int64, Shape{batch(), past + count}));
        inputs.push_back({m_model.text, std::move(text)});
    }
    inputs.insert(inputs.end(), m_source.begin(), m_source.end());
    return inputs;
}

Status GrowingDecoder::takeLogits(const Tensor& logits) {
    const Shape& shape = logits.shape();
    if (shape.rank() != 3 || shape[0] != batch() || shape[1] < 1 || shape[2] != vocabulary())
        return fail(ErrorCode::Refused, "its logits came as " + shape.text(), m_model.logits);
    const std::vector<float> all = tensor::toFloats(logits);
    m_logits.clear();
    for (std::int64_t b = 0; b < batch(); ++b) {
        const auto row = all.begin() + ((b + 1) * shape[1] - 1) * shape[2];
        m_logits.insert(m_logits.end(), row, row + shape[2]);
    }
    return {};
}

Result<std::span<const float>> GrowingDecoder::append(std::span<const std::vector<std::int64_t>> tokens) {
    for (const auto& sequence : tokens)
        if (sequence.size() != tokens[0].size())
            return fail(ErrorCode::Unsupported, "prompts of different lengths need a model whose attention is GroupQueryAttention");
    const bool isKept = !m_model.caches.empty();
    std::vector<std::vector<std::int64_t>> texts = m_texts;
    for (std::size_t b = 0; b < tokens.size(); ++b) texts[b].insert(texts[b].end(), tokens[b].begin(), tokens[b].end());
    TRIMTAB_TRY(const auto inputs, isKept ? inputsFor(tokens, lengths().front()) : inputsFor(texts, 0));
    TRIMTAB_TRY(const auto outputs, m_compiled->run(inputs, listener()));
    const auto named = [&](const std::string& name) { return std::ranges::find(outputs, name, &NamedTensor::name)->tensor; };
    std::vector<Tensor> present;
    for (const auto& cache : m_model.caches) {
        TRIMTAB_TRY(Tensor rows, named(cache.present).clone());  // outputs are the model's until its next run
        present.push_back(std::move(rows));
    }
    TRIMTAB_REQUIRE(takeLogits(named(m_model.logits)));
    m_past = std::move(present);
    if (!isKept) m_texts = std::move(texts);
    return std::span<const float>(m_logits);
}

}  // namespace trimtab::runtime
