#include "core/runtime/generation/growing_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "core/tensor/convert.h"

namespace trimtab::runtime {
namespace {

using Ids = std::vector<std::int64_t>;

constexpr std::int64_t kFewestTokens = 16;  // what less would hide, or fill up, might not be noticed when it is tried

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
    if (bitWidth(cache.type) % 8 != 0) return cannot("its cache " + past.name + " is of parts of bytes");
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

/// Whether what is computed of a token depends on other tokens' values through scales that are formed as it runs, as far as can be seen.
bool scalesLookAtAllTokens(const Graph& graph) {
    return std::ranges::any_of(graph.nodes, [](const graph::Node& node) {
        const graph::Treatment& treatment = node.treatment;
        const bool isDynamic = treatment.activationBits < 32 && !treatment.activationStep && !treatment.scalesEachToken();
        return isDynamic || treatment.kvPerChannel || treatment.compute == graph::ComputeType::Float8 ||
               node.op.starts_with("DynamicQuantize") || node.captures > 0;
    });
}

/// Whether other orders of its sums are seen in more than the last bits of float32.
bool roundsCoarsely(const Graph& graph) {
    const auto isNarrow = [](const graph::Value& value) {
        return tensor::isFloatingPoint(value.type.type) && bitWidth(value.type.type) < 32;
    };
    const auto isCoarse = [](const graph::Node& node) {
        return node.treatment.compute != graph::ComputeType::Float32 || node.treatment.activationBits < 32;
    };
    return std::ranges::any_of(graph.values, isNarrow) || std::ranges::any_of(graph.nodes, isCoarse);
}

const Tensor& named(const std::vector<NamedTensor>& tensors, const std::string& name) {
    return std::ranges::find(tensors, name, &NamedTensor::name)->tensor;
}

/// A cache's rows from `first` on behind `hidden` rows of zeros.
Result<Tensor> rowsBehind(const Tensor& cache, bool rowsLast, std::int64_t first, std::int64_t hidden) {
    if (first == 0 && hidden == 0) return cache.clone();
    const int axis = rowsLast ? 3 : 2;
    if (cache.shape().rank() != 4 || cache.shape()[axis] < first)
        return fail(ErrorCode::Refused, "a cache came as " + cache.shape().text());
    std::vector<std::int64_t> extents(cache.shape().begin(), cache.shape().end());
    const std::int64_t rows = extents[static_cast<std::size_t>(axis)];
    extents[static_cast<std::size_t>(axis)] = hidden + rows - first;
    TRIMTAB_TRY(Tensor made, Tensor::allocate(cache.type(), Shape(extents)));
    const std::size_t rowBytes = static_cast<std::size_t>(bitWidth(cache.type()) / 8 * (rowsLast ? 1 : cache.shape()[3]));
    const std::size_t from = static_cast<std::size_t>(rows) * rowBytes, skipped = static_cast<std::size_t>(first) * rowBytes;
    const std::size_t to = static_cast<std::size_t>(hidden + rows - first) * rowBytes, zeros = static_cast<std::size_t>(hidden) * rowBytes;
    const std::span<const std::byte> bytes = cache.bytes();
    const std::span<std::byte> result = made.mutableBytes();
    for (std::size_t box = 0; from > 0 && box * from < bytes.size(); ++box) {
        std::ranges::fill(result.subspan(box * to, zeros), std::byte{0});
        std::ranges::copy(bytes.subspan(box * from + skipped, from - skipped), result.subspan(box * to + zeros).begin());
    }
    return made;
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
        if (!tensor::isFloatingPoint(value.type.type) || !dims || dims->size() != 3 || !dims->back().isKnown() || dims->back().extent < 1)
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
    decoder->m_plansForShapes = engine.plansForShapes();
    if (decoder->m_plansForShapes) decoder->m_keepsShapes = decoder->answersTheSameWithKeptShapes().value_or(false);
    return decoder;
}

void GrowingDecoder::clear() {
    Decoder::clear();
    m_past = {};
    for (auto& text : m_texts) text.clear();
}

std::int64_t GrowingDecoder::cacheBytesPerToken() const {
    std::int64_t bytes = 0;
    for (const auto& cache : m_model.caches) bytes += cache.heads * cache.size * (bitWidth(cache.type) / 8);
    return bytes;
}

Status GrowingDecoder::prepare(std::int64_t tokens) {
    // Other lengths come with later steps: only the first can be planned for, and where shapes are kept the one behind it.
    if (lengths().front() > 0) return {};
    const auto zeros = [&](std::int64_t count) {
        return std::vector(static_cast<std::size_t>(batch()), Ids(static_cast<std::size_t>(count), 0));
    };
    if (m_keepsShapes && tokens < capacity()) {
        const bool isKept = !m_model.caches.empty();
        TRIMTAB_TRY(const auto step, isKept ? inputsFor(zeros(1), {.hidden = hiddenBefore(tokens), .tokens = tokens})
                                            : inputsFor(zeros(lengthFor(tokens + 1)), {}));
        const Status ignored = m_compiled->prepare(step);  // a step that comes says itself what it lacks
    }
    TRIMTAB_TRY(const auto inputs, inputsFor(zeros(tokens), {}));
    return m_compiled->prepare(inputs);
}

std::int64_t GrowingDecoder::hiddenBefore(std::int64_t tokens) const {
    constexpr std::int64_t kSteps = 64;
    return std::clamp<std::int64_t>(capacity() - 1 - tokens, 0, kSteps - tokens % kSteps);
}

std::int64_t GrowingDecoder::lengthFor(std::int64_t tokens) const {
    if (!m_keepsShapes) return tokens;
    const auto step = std::max<std::int64_t>(8, static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(tokens))) / 4);
    return std::min((tokens + step - 1) / step * step, capacity());
}

Result<std::vector<float>> GrowingDecoder::logitsOfShortText(bool keepsShapes) {
    const auto tokensOf = [&](Ids ids) {
        for (std::int64_t& id : ids) id %= vocabulary();
        return std::vector(static_cast<std::size_t>(batch()), ids);
    };
    if (m_model.caches.empty()) {
        // Many different ones behind it, so that some would be noticed if they were seen.
        const std::int64_t behind = keepsShapes ? kFewestTokens - 3 : 0;
        Ids ids{1, 2, 5};
        for (std::int64_t i = 0; i < behind; ++i) ids.push_back(7 + 11 * i);
        TRIMTAB_TRY(const auto outputs, run(tokensOf(ids), {}, nullptr));
        return logitsOf(outputs, behind);
    }
    TRIMTAB_TRY(const auto prompt, run(tokensOf({1, 2, 5}), {}, nullptr));
    TRIMTAB_TRY(const Past past, pastOf(prompt, 3, 0, keepsShapes ? hiddenBefore(3) : 0));
    TRIMTAB_TRY(const auto outputs, run(tokensOf({3, 8}), past, nullptr));
    return logitsOf(outputs, 0);
}

Result<bool> GrowingDecoder::answersTheSameWithKeptShapes() {
    const bool isKept = !m_model.caches.empty();
    if (capacity() < kFewestTokens || (isKept ? m_model.mask.empty() : scalesLookAtAllTokens(m_model.graph))) return false;
    TRIMTAB_TRY(const auto wanted, logitsOfShortText(false));
    TRIMTAB_TRY(const auto got, logitsOfShortText(true));
    const auto width = static_cast<std::size_t>(vocabulary());
    double difference = 0, size = 0;
    for (std::size_t begin = 0; begin < wanted.size(); begin += width) {
        const std::span<const float> row = std::span(wanted).subspan(begin, width);
        const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(width);  // means nothing to a softmax
        for (std::size_t i = 0; i < width; ++i) {
            difference += std::pow(double{got[begin + i]} - double{row[i]}, 2);
            size += std::pow(double{row[i]} - mean, 2);
        }
    }
    // Other shapes sum in another order; rows that are seen, or counted, change far more.
    const double rounding = roundsCoarsely(m_model.graph) ? 1e-2 : 1e-4;
    return difference <= rounding * rounding * size;
}

Result<std::vector<NamedTensor>> GrowingDecoder::inputsFor(std::span<const std::vector<std::int64_t>> tokens, const Past& past) {
    const auto count = static_cast<std::int64_t>(tokens[0].size());
    const std::int64_t rows = past.hidden + past.tokens;
    std::vector<std::int64_t> ids, positions, seen;
    for (const auto& sequence : tokens) {
        ids.insert(ids.end(), sequence.begin(), sequence.end());
        for (std::int64_t i = 0; i < count; ++i) positions.push_back(past.tokens + i);
        seen.insert(seen.end(), static_cast<std::size_t>(past.hidden), 0);
        seen.insert(seen.end(), static_cast<std::size_t>(past.tokens + count), 1);
    }
    std::vector<NamedTensor> inputs{{m_model.ids, Tensor::fromInt64s(Shape{batch(), count}, ids)}};
    if (!m_model.positions.empty()) inputs.push_back({m_model.positions, Tensor::fromInt64s(Shape{batch(), count}, positions)});
    if (!m_model.mask.empty()) inputs.push_back({m_model.mask, Tensor::fromInt64s(Shape{batch(), rows + count}, seen)});
    if (!m_model.cacheBranch.empty())
        inputs.push_back({m_model.cacheBranch, Tensor::fromValues(DataType::Bool, Shape{1}, std::vector<std::uint8_t>{rows > 0})});
    for (std::size_t i = 0; i < m_model.caches.size(); ++i) {
        const auto& cache = m_model.caches[i];
        Tensor handedOn = i < past.caches.size() ? past.caches[i] : Tensor();
        if (!handedOn.defined()) {
            const Shape shape =
                cache.rowsLast ? Shape{batch(), cache.heads, cache.size, rows} : Shape{batch(), cache.heads, rows, cache.size};
            TRIMTAB_TRY(handedOn, Tensor::zeros(cache.type, shape));
        }
        inputs.push_back({cache.past, std::move(handedOn)});
    }
    if (!m_model.text.empty()) {
        TRIMTAB_TRY(Tensor text, Tensor::zeros(DataType::Int64, Shape{batch(), rows + count}));
        inputs.push_back({m_model.text, std::move(text)});
    }
    inputs.insert(inputs.end(), m_source.begin(), m_source.end());
    return inputs;
}

Result<GrowingDecoder::Outputs> GrowingDecoder::run(std::span<const std::vector<std::int64_t>> tokens, const Past& past,
                                                    trace::NodeListener* listener) {
    TRIMTAB_TRY(const auto inputs, inputsFor(tokens, past));
    return m_compiled->run(inputs, listener);
}

Result<GrowingDecoder::Past> GrowingDecoder::pastOf(const Outputs& outputs, std::int64_t tokens, std::int64_t dropped,
                                                    std::int64_t hidden) const {
    Past past{.hidden = hidden, .tokens = tokens};
    for (const auto& cache : m_model.caches) {
        TRIMTAB_TRY(Tensor rows, rowsBehind(named(outputs, cache.present), cache.rowsLast, dropped, hidden));
        past.caches.push_back(std::move(rows));
    }
    return past;
}

Result<GrowingDecoder::Past> GrowingDecoder::nextPast(const Outputs& outputs, const Past& before, std::int64_t tokens) const {
    const std::int64_t all = before.tokens + tokens;
    if (!m_keepsShapes) return pastOf(outputs, all, 0, 0);
    if (before.hidden < tokens) return pastOf(outputs, all, before.hidden, hiddenBefore(all));
    TRIMTAB_TRY(Past past, pastOf(outputs, all, tokens, 0));
    past.hidden = before.hidden - tokens;
    return past;
}

Result<std::vector<float>> GrowingDecoder::logitsOf(const Outputs& outputs, std::int64_t behind) const {
    const Tensor& logits = named(outputs, m_model.logits);
    const Shape& shape = logits.shape();
    if (shape.rank() != 3 || shape[0] != batch() || shape[1] <= behind || shape[2] != vocabulary())
        return fail(ErrorCode::Refused, "its logits came as " + shape.text(), m_model.logits);
    const std::vector<float> all = tensor::toFloats(logits);
    std::vector<float> last;
    for (std::int64_t b = 0; b < batch(); ++b) {
        const auto row = all.begin() + ((b + 1) * shape[1] - 1 - behind) * shape[2];
        last.insert(last.end(), row, row + shape[2]);
    }
    return last;
}

Result<std::span<const float>> GrowingDecoder::append(std::span<const std::vector<std::int64_t>> tokens) {
    for (const auto& sequence : tokens)
        if (sequence.size() != tokens[0].size())
            return fail(ErrorCode::Unsupported, "prompts of different lengths need a model whose attention is GroupQueryAttention");
    if (!m_model.caches.empty()) {
        TRIMTAB_TRY(const auto outputs, run(tokens, m_past, listener()));
        TRIMTAB_TRY(m_logits, logitsOf(outputs, 0));
        TRIMTAB_TRY(m_past, nextPast(outputs, m_past, static_cast<std::int64_t>(tokens[0].size())));
        return std::span<const float>(m_logits);
    }
    std::vector<Ids> texts = m_texts;
    for (std::size_t b = 0; b < tokens.size(); ++b) texts[b].insert(texts[b].end(), tokens[b].begin(), tokens[b].end());
    const auto count = static_cast<std::int64_t>(texts[0].size());
    const std::int64_t length = m_texts[0].empty() ? count : lengthFor(count);  // a prompt's time is that of its own tokens
    std::vector<Ids> filled = texts;
    for (Ids& text : filled) text.resize(static_cast<std::size_t>(length), 0);
    TRIMTAB_TRY(const auto outputs, run(filled, {}, listener()));
    TRIMTAB_TRY(m_logits, logitsOf(outputs, length - count));
    m_texts = std::move(texts);
    return std::span<const float>(m_logits);
}

}  // namespace trimtab::runtime
