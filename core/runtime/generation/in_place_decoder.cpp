#include "core/runtime/generation/in_place_decoder.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>

namespace trimtab::runtime {
namespace {

enum Place : std::size_t { kIds, kLengths, kTotal, kLast, kFirstCache };

/// A tensor of which nobody reads or writes more than the shape: addresses without memory behind them.
Result<Tensor> shapeAlone(DataType type, const Shape& shape) {
    const auto count = shape.checkedElementCount();
    const auto bytes = count ? tensor::byteSize(type, *count) : std::nullopt;
    if (!bytes) return fail(ErrorCode::OutOfMemory, "caches of " + shape.text() + " cannot be counted");
    if (*bytes == 0) return Tensor::zeros(type, shape);
    const auto size = static_cast<std::size_t>(*bytes);
    void* space = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) return fail(ErrorCode::OutOfMemory, fmt::format("no {} bytes of addresses are free for a cache", size));
    const std::shared_ptr<const void> owner(space, [size](const void* begin) { ::munmap(const_cast<void*>(begin), size); });
    return Tensor::view(type, shape, {static_cast<const std::byte*>(space), size}, owner);
}

}  // namespace

Result<std::unique_ptr<Decoder>> InPlaceDecoder::make(Engine& engine, CachedDecoder model, const recipe::RunSetting& setting,
                                                      std::int64_t batch, std::int64_t capacity) {
    if (model.positions > 0 && capacity > model.positions)
        return fail(ErrorCode::Refused, fmt::format("the model has {} positions, {} tokens were asked for", model.positions, capacity));
    auto decoder = std::unique_ptr<InPlaceDecoder>(new InPlaceDecoder(std::move(model), batch, capacity));
    TRIMTAB_TRY(decoder->m_compiled, engine.compile(decoder->m_model.graph, setting));
    TRIMTAB_REQUIRE(decoder->allocate(engine.keepsCaches()));
    return decoder;
}

Status InPlaceDecoder::allocate(bool cachesAreKept) {
    m_inputs = {{m_model.ids, {}}, {m_model.lengths, {}}, {m_model.total, {}}, {m_model.last, {}}};
    TRIMTAB_TRY(m_inputs[kLengths].tensor, Tensor::zeros(DataType::Int32, Shape{batch()}));
    TRIMTAB_TRY(m_inputs[kTotal].tensor, Tensor::zeros(DataType::Int32, Shape{}));
    TRIMTAB_TRY(m_inputs[kLast].tensor, Tensor::zeros(DataType::Int64, Shape{batch(), 2}));
    for (const CacheInput& cache : m_model.caches) {
        const Shape shape{batch(), cache.heads, capacity(), cache.size};
        for (const std::string& name : {cache.key, cache.value}) {
            TRIMTAB_TRY(Tensor made, cachesAreKept ? shapeAlone(cache.type, shape) : Tensor::zeros(cache.type, shape));
            m_inputs.push_back({name, std::move(made)});
        }
    }
    m_positionsAt = m_inputs.size();
    if (readsPositions()) m_inputs.push_back({m_model.positionIds, {}});
    m_choicesAt = m_inputs.size();
    if (!chooses()) return {};
    m_inputs.push_back({m_model.choices, {}});
    TRIMTAB_TRY(m_inputs.back().tensor, Tensor::zeros(DataType::Float64, Shape{batch(), 4}));
    return {};
}

std::int64_t InPlaceDecoder::cacheBytesPerToken() const {
    std::int64_t bytes = 0;
    for (const CacheInput& cache : m_model.caches) bytes += 2 * cache.heads * cache.size * (bitWidth(cache.type) / 8);
    return bytes;
}

Status InPlaceDecoder::shapeInputs(std::int64_t tokens) {
    const Shape shape{batch(), tokens};
    if (m_inputs[kIds].tensor.defined() && m_inputs[kIds].tensor.shape() == shape) return {};
    TRIMTAB_TRY(m_inputs[kIds].tensor, Tensor::zeros(DataType::Int64, shape));
    if (readsPositions()) {
        TRIMTAB_TRY(m_inputs[m_positionsAt].tensor, Tensor::zeros(DataType::Int64, shape));
    }
    return {};
}

Status InPlaceDecoder::prepare(std::int64_t tokens) {
    TRIMTAB_REQUIRE(shapeInputs(tokens));
    return m_compiled->prepare(m_inputs);
}

/// Of the padding too, at the last one that there is.
void InPlaceDecoder::writePositions(std::size_t tokens) {
    const auto positions = m_inputs[m_positionsAt].tensor.mutableData<std::int64_t>();
    for (std::size_t i = 0; i < positions.size(); ++i)
        positions[i] = std::min(lengths()[i / tokens] + static_cast<std::int64_t>(i % tokens), capacity() - 1);
}

Status InPlaceDecoder::run(std::span<const std::vector<std::int64_t>> tokens) {
    std::size_t longest = 0;
    for (const auto& each : tokens) longest = std::max(longest, each.size());
    TRIMTAB_REQUIRE(shapeInputs(static_cast<std::int64_t>(longest)));
    const auto ids = m_inputs[kIds].tensor.mutableData<std::int64_t>();
    const auto ends = m_inputs[kLengths].tensor.mutableData<std::int32_t>();
    const auto last = m_inputs[kLast].tensor.mutableData<std::int64_t>();
    std::int64_t total = 0;
    for (std::size_t b = 0; b < tokens.size(); ++b) {
        // Shorter prompts are filled up at their end, behind what their lengths let attention see.
        const auto rest = std::ranges::copy(tokens[b], ids.begin() + static_cast<std::ptrdiff_t>(b * longest)).out;
        std::fill_n(rest, longest - tokens[b].size(), 0);
        const std::int64_t length = lengths()[b] + static_cast<std::int64_t>(tokens[b].size());
        ends[b] = static_cast<std::int32_t>(length - 1);
        last[2 * b] = static_cast<std::int64_t>(b);
        last[2 * b + 1] = static_cast<std::int64_t>(tokens[b].size()) - 1;
        total = std::max(total, length);
    }
    if (readsPositions()) writePositions(longest);
    m_inputs[kTotal].tensor.mutableData<std::int32_t>()[0] = static_cast<std::int32_t>(total);
    TRIMTAB_TRY(m_outputs, m_compiled->run(m_inputs, listener()));
    return {};
}

Result<std::span<const float>> InPlaceDecoder::append(std::span<const std::vector<std::int64_t>> tokens) {
    if (chooses()) return fail(ErrorCode::Usage, "a decoder that answers with tokens has no logits to give");
    TRIMTAB_REQUIRE(run(tokens));
    return m_outputs.front().tensor.data<float>();
}

Result<std::span<const std::int64_t>> InPlaceDecoder::appendAndChoose(std::span<const std::vector<std::int64_t>> tokens,
                                                                      std::span<const TokenChoice> choices) {
    if (!chooses()) return Decoder::appendAndChoose(tokens, choices);
    auto row = m_inputs[m_choicesAt].tensor.mutableData<double>().begin();
    for (const TokenChoice& choice : choices) row = std::ranges::copy(rowOf(choice), row).out;
    TRIMTAB_REQUIRE(run(tokens));
    return m_outputs.front().tensor.data<std::int64_t>();
}

}  // namespace trimtab::runtime
