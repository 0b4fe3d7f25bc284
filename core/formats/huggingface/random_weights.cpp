#include "core/formats/huggingface/random_weights.h"

#include <fmt/format.h>

#include "core/base/counter_random.h"
#include "core/base/parallel.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr float kDeviation = 0.02F;  // initializer_range of transformers' configurations

std::uint64_t streamOf(std::uint64_t seed, const std::string& name) {
    std::uint64_t key = base::mixedBits(seed + 0x632be59bd9b4e019ULL);
    for (const char c : name) key = base::mixedBits(key ^ static_cast<unsigned char>(c));
    return key;
}

void put(DataType type, std::byte* bytes, std::int64_t at, float value) {
    if (type == DataType::Float32)
        reinterpret_cast<float*>(bytes)[at] = value;
    else
        reinterpret_cast<std::uint16_t*>(bytes)[at] =
            type == DataType::BFloat16 ? tensor::floatToBfloat(value) : tensor::floatToHalf(value);
}

}  // namespace

Result<Tensor> RandomWeights::draw(const std::string& name, const Shape& shape, std::int64_t rows, std::int64_t columns,
                                   bool isTurned) const {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(m_type, shape));
    std::byte* bytes = made.mutableBytes().data();
    const std::uint64_t key = streamOf(m_seed, name);
    const bool isBias = name.ends_with(".bias"), isNorm = name.ends_with("norm.weight");
    // By rows of the tensor as it stands, so that each part is written from end to end.
    const std::int64_t outer = isTurned ? columns : rows, inner = isTurned ? rows : columns;
    base::parallelFor(static_cast<std::size_t>(outer), [&](std::size_t o) {
        for (std::int64_t i = 0; i < inner; ++i) {
            const std::int64_t at = static_cast<std::int64_t>(o) * inner + i;
            const std::int64_t number = isTurned ? i * columns + static_cast<std::int64_t>(o) : at;
            put(m_type, bytes, at, isBias ? 0.0F : isNorm ? 1.0F : kDeviation * base::nearNormal(key, static_cast<std::uint64_t>(number)));
        }
    });
    return made;
}

Result<graph::Value> RandomWeights::plain(const std::string& name, const Shape& shape) const {
    graph::Value value{.name = name, .type = graph::ValueType::of(m_type, shape)};
    value.weightsUnread = !m_read;
    if (!m_read) return value;
    const std::int64_t columns = shape.rank() == 2 ? shape[1] : 1;
    TRIMTAB_TRY(value.constant, draw(name, shape, shape[0], columns, false));
    return value;
}

Result<graph::Value> RandomWeights::turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const {
    const Shape shape{inputs, outputs};
    graph::Value value{.name = name, .type = graph::ValueType::of(m_type, shape)};
    value.weightsUnread = !m_read;
    if (!m_read) return value;
    TRIMTAB_TRY(value.constant, draw(name, shape, outputs, inputs, true));
    return value;
}

Result<DataType> weightTypeOf(const Json& config) {
    for (const char* key : {"torch_dtype", "dtype"}) {
        const Json* member = base::memberAt(config, key);
        if (!member || member->is_null()) continue;
        const std::string word = member->is_string() ? member->get<std::string>() : member->dump();
        const auto type = tensor::dataTypeFromName(word);
        if (type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16) return *type;
        return fail(ErrorCode::Unsupported, fmt::format("{} is {:.40}; float32, float16 and bfloat16 are drawn", key, word));
    }
    return DataType::Float32;
}

}  // namespace trimtab::formats::huggingface
