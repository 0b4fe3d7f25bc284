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

/// Element (r, c) of the whole tensor is number r · columns + c of its stream, whatever part is taken and however it stands.
Result<Tensor> draw(const Piece& piece, DataType type, const Shape& stands, std::uint64_t seed) {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(type, stands));
    std::byte* bytes = made.mutableBytes().data();
    const std::uint64_t key = streamOf(seed, piece.tensor);
    const Shape part = piece.part();
    const std::int64_t rows = part[0], columns = part.elementCount() / rows, width = piece.shape.elementCount() / piece.shape[0];
    const std::int64_t start = piece.axis == 0 ? piece.first * width : piece.first;
    // By rows of the tensor as it stands, so that each part is written from end to end.
    const std::int64_t outer = piece.isTurned ? columns : rows, inner = piece.isTurned ? rows : columns;
    base::parallelFor(static_cast<std::size_t>(outer), [&](std::size_t o) {
        for (std::int64_t i = 0; i < inner; ++i) {
            const auto row = static_cast<std::int64_t>(o);
            const std::int64_t number = start + (piece.isTurned ? i * width + row : row * width + i);
            const float drawn = piece.role == Piece::Role::Scale   ? 1.0F
                                : piece.role == Piece::Role::Shift ? 0.0F
                                                                   : kDeviation * base::nearNormal(key, static_cast<std::uint64_t>(number));
            put(type, bytes, row * inner + i, piece.plusOne ? 1 + drawn : drawn);
        }
    });
    return made;
}

}  // namespace

Result<graph::Value> RandomWeights::take(const Piece& piece, DataType type) {
    graph::Value value = piece.declared(type);
    if (!m_read) return value;
    value.weightsUnread = false;
    TRIMTAB_TRY(value.constant, draw(piece, value.type.type, *value.type.shape(), m_seed));
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
