// The test data of ONNX backend tests: one TensorProto, SequenceProto or OptionalProto to a file.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <onnx/onnx-data_pb.h>
#pragma GCC diagnostic pop

#include <climits>
#include <exception>

#include "core/base/file.h"
#include "core/formats/onnx/reader.h"
#include "core/formats/onnx/tensor_loader.h"

namespace trimtab::formats::onnx {
namespace {

class File {
public:
    File(std::span<const std::byte> bytes, const std::filesystem::path& path)
        : m_bytes(bytes), m_loader(path.parent_path(), false, nullptr) {}

    Result<StoredValue> read(const graph::ValueType& type) {
        if (type.isOptional) return optional(type);
        return type.isSequence ? sequence() : tensor();
    }

private:
    template <class Proto>
    bool parse(Proto& proto) const {
        return proto.ParseFromArray(m_bytes.data(), static_cast<int>(m_bytes.size()));
    }

    Result<StoredValue> loaded(const ::onnx::TensorProto& proto) {
        StoredValue value;
        TRIMTAB_TRY(value.tensors.emplace_back(), m_loader.load(proto));
        return value;
    }

    Result<StoredValue> loaded(const ::onnx::SequenceProto& proto) {
        StoredValue value;
        value.isSequence = true;
        for (const auto& element : proto.tensor_values()) {
            TRIMTAB_TRY(value.tensors.emplace_back(), m_loader.load(element));
        }
        return value;
    }

    Result<StoredValue> tensor() {
        ::onnx::TensorProto proto;
        if (!parse(proto)) return fail(ErrorCode::Refused, "is truncated or holds no tensor");
        return loaded(proto);
    }

    Result<StoredValue> sequence() {
        ::onnx::SequenceProto proto;
        if (!parse(proto)) return fail(ErrorCode::Refused, "is truncated or holds no sequence of tensors");
        return loaded(proto);
    }

    /// Some files hold the tensor or the sequence itself.
    Result<StoredValue> optional(const graph::ValueType& type) {
        ::onnx::OptionalProto proto;
        if (!parse(proto)) return type.isSequence ? sequence() : tensor();
        if (proto.has_tensor_value()) return loaded(proto.tensor_value());
        if (proto.has_sequence_value()) return loaded(proto.sequence_value());
        if (proto.elem_type() == ::onnx::OptionalProto::UNDEFINED) return StoredValue{.isEmpty = true};
        return type.isSequence ? sequence() : tensor();
    }

    std::span<const std::byte> m_bytes;
    TensorLoader m_loader;
};

}  // namespace

Result<StoredValue> readValueFile(const std::filesystem::path& path, const graph::ValueType& type) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    if (file->bytes().size() > static_cast<std::size_t>(INT_MAX)) return fail(ErrorCode::Refused, "is larger than 2 GiB", path.string());
    try {
        auto value = File(file->bytes(), path).read(type);
        if (!value && value.error().context.empty()) value.error().context = path.string();
        if (!value) return value;
        for (Tensor& tensor : value->tensors)
            if (type.type == DataType::BFloat16 && tensor.type() == DataType::UInt16)
                tensor = Tensor::view(DataType::BFloat16, tensor.shape(), tensor.bytes(), std::make_shared<Tensor>(tensor));
        return value;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Refused, std::string("cannot be read: ") + error.what(), path.string());
    }
}

Result<Tensor> readTensorFile(const std::filesystem::path& path) {
    TRIMTAB_TRY(StoredValue value, readValueFile(path, {}));
    return std::move(value.tensors.front());
}

}  // namespace trimtab::formats::onnx
