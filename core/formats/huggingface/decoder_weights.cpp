#include "core/formats/huggingface/decoder_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/parallel.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr const char* kEmbedding = "model.embed_tokens.weight";
constexpr std::int64_t kTile = 64;  // rows and columns that are turned together, within a processor's cache

template <class T>
void turn(const Tensor& from, Tensor& to) {
    const std::int64_t rows = from.shape()[0], columns = from.shape()[1];
    const auto* const source = reinterpret_cast<const T*>(from.bytes().data());
    auto* const target = reinterpret_cast<T*>(to.mutableBytes().data());
    base::parallelFor(static_cast<std::size_t>((columns + kTile - 1) / kTile), [&](std::size_t tile) {
        const std::int64_t first = static_cast<std::int64_t>(tile) * kTile, last = std::min(first + kTile, columns);
        for (std::int64_t row = 0; row < rows; row += kTile)
            for (std::int64_t c = first; c < last; ++c)
                for (std::int64_t r = row; r < std::min(row + kTile, rows); ++r) target[c * rows + r] = source[r * columns + c];
    });
}

bool isWeightType(DataType type) { return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16; }

/// Elements of a mapping may stand at any byte, and loops want whole ones.
Result<Tensor> alignedCopy(const Tensor& tensor, DataType type) {
    if (tensor.type() != type) return tensor::convert(tensor, type);
    if (tensor.aligned(8)) return tensor;
    return tensor.clone();
}

}  // namespace

Result<DataType> CheckpointWeights::type() const {
    const auto found = m_checkpoint.tensors.find(kEmbedding);
    if (found == m_checkpoint.tensors.end()) return fail(ErrorCode::Refused, fmt::format("the checkpoint has no {}", kEmbedding));
    const DataType type = found->second.type();
    if (!isWeightType(type))
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is of type {}; float32, float16 and bfloat16 are read", kEmbedding, tensor::name(type)));
    return type;
}

Result<const Tensor*> CheckpointWeights::find(const std::string& name, const Shape& shape) const {
    const auto found = m_checkpoint.tensors.find(name);
    if (found == m_checkpoint.tensors.end()) return fail(ErrorCode::Refused, fmt::format("the checkpoint has no {}", name));
    const Tensor& tensor = found->second;
    if (tensor.shape() != shape)
        return fail(ErrorCode::Refused, fmt::format("{} is {}, and the config asks for {}", name, tensor.shape().text(), shape.text()));
    if (!isWeightType(tensor.type()))
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is of type {}; float32, float16 and bfloat16 are read", name, tensor::name(tensor.type())));
    return &tensor;
}

Result<graph::Value> CheckpointWeights::plain(const std::string& name, const Shape& shape) const {
    TRIMTAB_TRY(const Tensor* tensor, find(name, shape));
    TRIMTAB_TRY(const DataType type, this->type());
    graph::Value value{.name = name, .type = graph::ValueType::of(type, shape)};
    value.weightsUnread = !m_read;
    if (m_read) {
        TRIMTAB_TRY(value.constant, alignedCopy(*tensor, type));
    }
    return value;
}

Result<graph::Value> CheckpointWeights::turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const {
    TRIMTAB_TRY(const Tensor* tensor, find(name, Shape{outputs, inputs}));
    TRIMTAB_TRY(const DataType type, this->type());
    const Shape shape{inputs, outputs};
    graph::Value value{.name = name, .type = graph::ValueType::of(type, shape)};
    value.weightsUnread = !m_read;
    if (!m_read) return value;
    TRIMTAB_TRY(const Tensor aligned, alignedCopy(*tensor, type));
    TRIMTAB_TRY(Tensor turnedTensor, Tensor::allocate(type, shape));
    if (type == DataType::Float32)
        turn<std::uint32_t>(aligned, turnedTensor);
    else
        turn<std::uint16_t>(aligned, turnedTensor);
    tensor->releasePages();
    value.constant = std::move(turnedTensor);
    return value;
}

}  // namespace trimtab::formats::huggingface
