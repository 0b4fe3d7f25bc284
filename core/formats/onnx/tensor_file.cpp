// The test data of ONNX backend tests: one TensorProto or SequenceProto to a file.
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

Result<std::vector<Tensor>> readUnguarded(std::span<const std::byte> bytes, const std::filesystem::path& path, bool isSequence) {
    TensorLoader loader(path.parent_path(), false, nullptr);
    std::vector<Tensor> tensors;
    const auto size = static_cast<int>(bytes.size());
    if (!isSequence) {
        ::onnx::TensorProto proto;
        if (!proto.ParseFromArray(bytes.data(), size)) return fail(ErrorCode::Refused, "is truncated or holds no tensor", path.string());
        TRIMTAB_TRY(Tensor tensor, loader.load(proto));
        tensors.push_back(std::move(tensor));
        return tensors;
    }
    ::onnx::SequenceProto proto;
    if (!proto.ParseFromArray(bytes.data(), size))
        return fail(ErrorCode::Refused, "is truncated or holds no sequence of tensors", path.string());
    for (const auto& element : proto.tensor_values()) {
        TRIMTAB_TRY(Tensor tensor, loader.load(element));
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

}  // namespace

Result<std::vector<Tensor>> readTensorFile(const std::filesystem::path& path, bool isSequence) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    if (file->bytes().size() > static_cast<std::size_t>(INT_MAX)) return fail(ErrorCode::Refused, "is larger than 2 GiB", path.string());
    try {
        auto tensors = readUnguarded(file->bytes(), path, isSequence);
        if (!tensors && tensors.error().context.empty()) tensors.error().context = path.string();
        return tensors;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Refused, std::string("cannot be read: ") + error.what(), path.string());
    }
}

}  // namespace trimtab::formats::onnx
