#include <fmt/format.h>

#include <algorithm>

#include "core/base/checked.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::runtime {
namespace {

enum Place : std::size_t { kIds, kLengths, kTotal, kLast, kFirstCache };

}  // namespace

Result<std::unique_ptr<Decoder>> Decoder::make(Engine& engine, CachedDecoder model, const recipe::RunSetting& setting, std::int64_t batch,
                                               std::int64_t capacity) {
    if (batch < 1 || capacity < 1)
        return fail(ErrorCode::Usage, fmt::format("{} sequences of {} tokens leave nothing to generate", batch, capacity));
    if (model.positions > 0 && capacity > model.positions)
        return fail(ErrorCode::Refused, fmt::format("the model has {} positions, {} tokens were asked for", model.positions, capacity));
    auto decoder = std::unique_ptr<Decoder>(new Decoder(std::move(model), batch, capacity));
    TRIMTAB_TRY(decoder->m_compiled, engine.compile(decoder->m_model.graph, setting));
    TRIMTAB_REQUIRE(decoder->allocate());
    return decoder;
}

Status Decoder::allocate() {
    m_inputs = {{m_model.ids, {}}, {m_model.lengths, {}}, {m_model.total, {}}, {m_model.last, {}}};
    TRIMTAB_TRY(m_inputs[kLengths].tensor, Tensor::zeros(DataType::Int32, Shape{batch()}));
    TRIMTAB_TRY(m_inputs[kTotal].tensor, Tensor::zeros(DataType::Int32, Shape{}));
    TRIMTAB_TRY(m_inputs[kLast].tensor, Tensor::zeros(DataType::Int64, Shape{batch(), 2}));
    for (const CacheInput& cache : m_model.caches) {
        const Shape shape{batch(), cache.heads, m_capacity, cache.size};
        for (const std::string& name : {cache.key, cache.value}) {
            TRIMTAB_TRY(Tensor made, Tensor::zeros(cache.type, shape));
            m_inputs.push_back({name, std::move(made)});
        }
    }
    return {};
}

void Decoder::clear() { std::ranges::fill(m_lengths, 0); }

std::int64_t Decoder::cacheBytesPerToken() const {
    std::int64_t bytes = 0;
    for (const CacheInput& cache : m_model.caches) bytes += 2 * cache.heads * cache.size * (bitWidth(cache.type) / 8);
    return bytes;
}

Status Decoder::checkTokens(std::span<const std::vector<std::int64_t>> tokens) const {
    if (tokens.size() != m_lengths.size())
        return fail(ErrorCode::Usage, fmt::format("{} sequences were fed where there are {}", tokens.size(), m_lengths.size()));
    const bool isFirst = std::ranges::all_of(m_lengths, [](std::int64_t length) { return length == 0; });
    for (std::size_t b = 0; b < tokens.size(); ++b) {
        if (tokens[b].empty()) return fail(ErrorCode::Refused, fmt::format("sequence {} was fed no tokens", b));
        if (!isFirst && tokens[b].size() != tokens[0].size())
            return fail(ErrorCode::Usage, "later tokens must be equally many for each sequence");
        const std::int64_t length = m_lengths[b] + static_cast<std::int64_t>(tokens[b].size());
        if (length > m_capacity)
            return fail(ErrorCode::Refused, fmt::format("{} tokens do not fit the {} that there is room for", length, m_capacity));
        for (const std::int64_t token : tokens[b])
            if (token < 0 || token >= m_model.vocabulary)
                return fail(ErrorCode::Refused, fmt::format("token {} is outside the vocabulary of {}", token, m_model.vocabulary));
    }
    return {};
}

Status Decoder::shapeInputs(std::int64_t tokens) {
    const Shape shape{batch(), tokens};
    if (m_inputs[kIds].tensor.defined() && m_inputs[kIds].tensor.shape() == shape) return {};
    TRIMTAB_TRY(m_inputs[kIds].tensor, Tensor::zeros(DataType::Int64, shape));
    return {};
}

Status Decoder::prepare(std::int64_t tokens) {
    TRIMTAB_REQUIRE(shapeInputs(tokens));
    return m_compiled->prepare(m_inputs);
}

Result<std::span<const float>> Decoder::feed(std::span<const std::vector<std::int64_t>> tokens) {
    TRIMTAB_REQUIRE(checkTokens(tokens));
    std::size_t longest = 0;
    for (const auto& each : tokens) longest = std::max(longest, each.size());
    TRIMTAB_REQUIRE(shapeInputs(static_cast<std::int64_t>(longest)));
    const auto ids = m_inputs[kIds].tensor.mutableData<std::int64_t>();
    const auto lengths = m_inputs[kLengths].tensor.mutableData<std::int32_t>();
    const auto last = m_inputs[kLast].tensor.mutableData<std::int64_t>();
    std::int64_t total = 0;
    for (std::size_t b = 0; b < tokens.size(); ++b) {
        // Shorter prompts are filled up at their end, behind what their lengths let attention see.
        const auto rest = std::ranges::copy(tokens[b], ids.begin() + static_cast<std::ptrdiff_t>(b * longest)).out;
        std::fill_n(rest, longest - tokens[b].size(), 0);
        const std::int64_t length = m_lengths[b] + static_cast<std::int64_t>(tokens[b].size());
        lengths[b] = static_cast<std::int32_t>(length - 1);
        last[2 * b] = static_cast<std::int64_t>(b);
        last[2 * b + 1] = static_cast<std::int64_t>(tokens[b].size()) - 1;
        total = std::max(total, length);
    }
    m_inputs[kTotal].tensor.mutableData<std::int32_t>()[0] = static_cast<std::int32_t>(total);
    TRIMTAB_TRY(m_outputs, m_compiled->run(m_inputs));
    for (std::size_t b = 0; b < tokens.size(); ++b) m_lengths[b] += static_cast<std::int64_t>(tokens[b].size());
    return m_outputs.front().tensor.data<float>();
}

}  // namespace trimtab::runtime
