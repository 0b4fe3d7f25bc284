#include "core/formats/gguf/decoder_weights.h"

#include <cassert>
#include <optional>

#include <fmt/format.h>

#include "core/formats/gguf/names.h"
#include "core/formats/huggingface/turn.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::gguf {

DataType computedType(const Content& content) {
    std::optional<DataType> shared;
    for (const auto& [name, tensor] : content.tensors) {
        if (tensor.shape.rank() != 2) continue;
        const DataType type = plainType(tensor.type).value_or(DataType::Float32);
        if (shared && *shared != type) return DataType::Float32;
        shared = type;
    }
    return shared.value_or(DataType::Float32);
}

GgufWeights::GgufWeights(const Content& content, const huggingface::DecoderConfig& config, bool read)
    : m_content(content),
      m_config(config),
      m_isPaired(config.architecture == kPairedArchitecture),
      m_read(read),
      m_type(computedType(content)) {}

Result<const StoredTensor*> GgufWeights::find(const std::string& name, const Shape& shape) const {
    const std::string stored = storedName(name);
    const auto found = m_content.tensors.find(stored);
    if (found == m_content.tensors.end()) return fail(ErrorCode::Refused, fmt::format("has no tensor {}", stored));
    if (found->second.shape != shape)
        return fail(ErrorCode::Refused,
                    fmt::format("{} is {}, and the metadata ask for {}", stored, found->second.shape.text(), shape.text()));
    if (shape.rank() == 1 && !plainType(found->second.type))
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is a vector of {}; vectors of plain numbers are read", stored, gguf::name(found->second.type)));
    return &found->second;
}

RowOrder GgufWeights::orderOf(const std::string& name) const {
    if (!m_isPaired) return {};
    if (name.find(".q_proj.") != std::string::npos) return pairedRows(m_config.heads, m_config.headSize);
    if (name.find(".k_proj.") != std::string::npos) return pairedRows(m_config.kvHeads, m_config.headSize);
    return {};
}

bool GgufWeights::has(const std::string& tensor) const { return m_content.tensors.contains(storedName(tensor)); }

Result<graph::Value> GgufWeights::take(const huggingface::Piece& piece, DataType type) {
    assert(piece.count == 0 && !piece.plusOne);
    TRIMTAB_TRY(const StoredTensor* stored, find(piece.tensor, piece.shape));
    const RowOrder order = orderOf(piece.tensor);
    graph::Value value = piece.declared(type);
    value.weightsUnread = !m_read;
    if (piece.isTurned && isOfCodes(stored->type)) {
        value.quantized = std::make_shared<const tensor::QuantizedWeight>(codesOf(*stored, order, m_read));
        return value;
    }
    if (!m_read) return value;
    StoredTensor rows = *stored;
    if (piece.shape.rank() == 1 && !order.empty()) rows.shape = Shape{piece.shape[0], 1};  // biases are ordered one by one
    TRIMTAB_TRY(const Tensor values, valuesOf(rows, order));
    TRIMTAB_TRY(value.constant, tensor::convert(values.reshaped(piece.shape), type));
    if (!piece.isTurned) return value;
    TRIMTAB_TRY(value.constant, huggingface::turnedMatrix(*value.constant));
    return value;
}

}  // namespace trimtab::formats::gguf
