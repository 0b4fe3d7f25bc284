#include "core/formats/huggingface/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/formats/huggingface/turn.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

bool isWeightType(DataType type) { return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16; }

/// Rows are a view, columns a copy. REQUIRES: the tensor has the piece's shape.
Result<Tensor> partOf(const Tensor& tensor, const Piece& piece) {
    if (piece.count == 0) return tensor;
    const Shape& shape = tensor.shape();
    const auto element = static_cast<std::size_t>(bitWidth(tensor.type()) / 8);
    const std::size_t row = element * static_cast<std::size_t>(shape.rank() == 2 ? shape[1] : 1);
    const auto first = static_cast<std::size_t>(piece.first), count = static_cast<std::size_t>(piece.count);
    if (piece.axis == 0)
        return Tensor::view(tensor.type(), piece.part(), tensor.bytes().subspan(first * row, count * row),
                            std::make_shared<const Tensor>(tensor));
    TRIMTAB_TRY(Tensor made, Tensor::allocate(tensor.type(), piece.part()));
    for (std::size_t r = 0; r < static_cast<std::size_t>(shape[0]); ++r)
        std::memcpy(made.mutableBytes().data() + r * count * element, tensor.bytes().data() + r * row + first * element, count * element);
    return made;
}

/// Elements of a mapping may stand at any byte, and loops want whole ones.
Result<Tensor> alignedCopy(const Tensor& tensor, DataType type) {
    if (tensor.type() != type) return tensor::convert(tensor, type);
    if (tensor.aligned(8)) return tensor;
    return tensor.clone();
}

Result<Tensor> plusOne(const Tensor& tensor) {
    TRIMTAB_TRY(const Tensor wide, alignedCopy(tensor, DataType::Float32));
    TRIMTAB_TRY(Tensor made, wide.clone());
    for (float& value : made.mutableData<float>()) value += 1;
    return made;
}

}  // namespace

Shape Piece::part() const {
    if (count == 0) return shape;
    std::vector<std::int64_t> dims(shape.begin(), shape.end());
    dims[static_cast<std::size_t>(axis)] = count;
    return Shape(std::move(dims));
}

graph::Value Piece::declared(DataType type) const {
    const Shape stands = part();
    graph::Value value{.name = called.empty() ? tensor : called};
    value.type = graph::ValueType::of(plusOne ? DataType::Float32 : type, isTurned ? Shape{stands[1], stands[0]} : stands);
    value.weightsUnread = true;
    return value;
}

Result<DataType> CheckpointWeights::typeOf(const std::string& tensor) const {
    const auto found = m_checkpoint.tensors.find(tensor);
    if (found == m_checkpoint.tensors.end()) return fail(ErrorCode::Refused, fmt::format("the checkpoint has no {}", tensor));
    const DataType type = found->second.type();
    if (!isWeightType(type))
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is of type {}; float32, float16 and bfloat16 are read", tensor, tensor::name(type)));
    return type;
}

Result<const Tensor*> CheckpointWeights::find(const Piece& piece) const {
    TRIMTAB_REQUIRE(typeOf(piece.tensor));
    const Tensor& tensor = m_checkpoint.tensors.at(piece.tensor);
    if (tensor.shape() != piece.shape)
        return fail(ErrorCode::Refused,
                    fmt::format("{} is {}, and the config asks for {}", piece.tensor, tensor.shape().text(), piece.shape.text()));
    return &tensor;
}

std::optional<ModuleTensors> CheckpointWeights::codesOf(const Piece& piece) const {
    constexpr std::string_view weight = ".weight";
    if (m_packing == nullptr || !piece.tensor.ends_with(weight)) return std::nullopt;
    ModuleTensors module(m_checkpoint, piece.tensor.substr(0, piece.tensor.size() - weight.size()));
    if (!m_packing->holds(module)) return std::nullopt;
    return module;
}

Result<graph::Value> CheckpointWeights::takeCodes(const ModuleTensors& module, const Piece& piece, DataType type) {
    if (!piece.isTurned || piece.axis != 0)
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} stands as codes, which only a product of [outputs, inputs] reads", piece.tensor));
    TRIMTAB_TRY(tensor::QuantizedWeight codes, m_packing->codes(module, piece.shape, m_read));
    if (piece.count > 0) codes = outputsOf(codes, piece.first, piece.count);
    markTaken(module);
    graph::Value value = piece.declared(type);
    value.weightsUnread = !m_read;
    value.quantized = std::make_shared<const tensor::QuantizedWeight>(std::move(codes));
    return value;
}

/// With a bias of zeros, which packers write where the architecture has none.
void CheckpointWeights::markTaken(const ModuleTensors& module) {
    m_taken.insert(module.nameOf("weight"));
    for (const std::string& part : m_packing->parts())
        if (module.has(part)) m_taken.insert(module.nameOf(part));
    const Tensor* const bias = module.find("bias");
    if (bias != nullptr && std::ranges::all_of(bias->bytes(), [](std::byte byte) { return byte == std::byte{0}; }))
        m_taken.insert(module.nameOf("bias"));
}

Result<std::vector<std::int64_t>> CheckpointWeights::inputOrder(const Piece& piece) const {
    const auto module = codesOf(piece);
    return module ? m_packing->inputOrder(*module, piece.shape) : std::vector<std::int64_t>();
}

Result<graph::Value> CheckpointWeights::take(const Piece& piece, DataType type) {
    if (const auto module = codesOf(piece)) return takeCodes(*module, piece, type);
    TRIMTAB_TRY(const Tensor* tensor, find(piece));
    m_taken.insert(piece.tensor);
    graph::Value value = piece.declared(type);
    if (!m_read) return value;
    value.weightsUnread = false;
    TRIMTAB_TRY(const Tensor part, partOf(*tensor, piece));
    if (piece.plusOne) {
        TRIMTAB_TRY(value.constant, plusOne(part));
        return value;
    }
    TRIMTAB_TRY(value.constant, alignedCopy(part, type));
    if (!piece.isTurned) return value;
    TRIMTAB_TRY(value.constant, turnedMatrix(*value.constant));
    tensor->releasePages();
    return value;
}

}  // namespace trimtab::formats::huggingface
