#include "core/formats/numpy/npy.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/formats/numpy/npy_header.h"
#include "core/formats/numpy/npy_view.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::numpy {
namespace {

/// Complex numbers swap each half.
std::size_t swapUnit(DataType type) {
    const auto width = static_cast<std::size_t>(tensor::bitWidth(type)) / 8;
    return type == DataType::Complex64 || type == DataType::Complex128 ? width / 2 : width;
}

void swapBytes(std::span<std::byte> bytes, std::size_t unit) {
    if (unit < 2) return;
    for (std::size_t at = 0; at + unit <= bytes.size(); at += unit)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + unit));
}

/// Column-major `from` into row-major `to`: walks `to` in order and keeps the position in `from` by an odometer.
void fromFortranOrder(const Shape& shape, std::size_t width, const std::byte* from, std::byte* to) {
    const int rank = shape.rank();
    std::vector<std::int64_t> stride(static_cast<std::size_t>(rank), 1), index(static_cast<std::size_t>(rank), 0);
    for (int axis = 1; axis < rank; ++axis)
        stride[static_cast<std::size_t>(axis)] = stride[static_cast<std::size_t>(axis - 1)] * shape[axis - 1];
    const std::int64_t count = shape.elementCount();
    std::int64_t source = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        std::memcpy(to + static_cast<std::size_t>(i) * width, from + static_cast<std::size_t>(source) * width, width);
        for (int axis = rank - 1; axis >= 0; --axis) {
            const auto a = static_cast<std::size_t>(axis);
            source += stride[a];
            if (++index[a] < shape[axis]) break;
            source -= stride[a] * shape[axis];
            index[a] = 0;
        }
    }
}

}  // namespace

Result<Tensor> viewNpy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& what) {
    TRIMTAB_TRY(const NpyHeader header, parseHeader(bytes, what));
    const auto count = header.shape.checkedElementCount();
    const auto size = count ? tensor::byteSize(header.type, *count) : std::nullopt;
    if (!size) return fail(ErrorCode::Refused, fmt::format("declares the impossible shape {}", header.shape.text()), what);
    const std::span<const std::byte> data = bytes.subspan(header.dataOffset);
    if (static_cast<std::size_t>(*size) > data.size())
        return fail(ErrorCode::Refused,
                    fmt::format("declares the shape {} ({} bytes) but holds {} bytes", header.shape.text(), *size, data.size()), what);

    const auto width = static_cast<std::size_t>(tensor::bitWidth(header.type)) / 8;
    const std::span<const std::byte> used = data.first(static_cast<std::size_t>(*size));
    const bool rowMajor = !header.fortranOrder || header.shape.rank() < 2;
    const bool isAligned = reinterpret_cast<std::uintptr_t>(used.data()) % std::max<std::size_t>(width, 1) == 0;
    if (owner && rowMajor && isAligned && !header.bigEndian && header.type != DataType::Bool)
        return Tensor::view(header.type, header.shape, used, std::move(owner));

    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(header.type, header.shape));
    if (used.empty()) return tensor;
    if (rowMajor) std::memcpy(tensor.mutableBytes().data(), used.data(), used.size());
    else fromFortranOrder(header.shape, width, used.data(), tensor.mutableBytes().data());
    if (header.bigEndian) swapBytes(tensor.mutableBytes(), swapUnit(header.type));
    if (header.type == DataType::Bool)
        for (std::byte& value : tensor.mutableBytes()) value = std::byte(value != std::byte{0});
    return tensor;
}

Result<Tensor> parseNpy(std::span<const std::byte> bytes, const std::string& what) { return viewNpy(bytes, nullptr, what); }

Result<Tensor> readNpy(const std::filesystem::path& path) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    return viewNpy(file->bytes(), file, path.string());
}

Status writeNpy(const std::filesystem::path& path, const Tensor& tensor) {
    Tensor plain = tensor;
    if (tensor.type() == DataType::Int4 || tensor.type() == DataType::UInt4) {
        const DataType wide = tensor.type() == DataType::Int4 ? DataType::Int8 : DataType::UInt8;
        TRIMTAB_TRY(plain, tensor::convert(tensor, wide));
    }
    if (!plain.defined()) return fail(ErrorCode::Refused, "there is no tensor to write", path.string());
    std::string content = makeHeader(plain.type(), plain.shape());
    content.append(reinterpret_cast<const char*>(plain.bytes().data()), plain.bytes().size());
    return base::writeFileAtomically(path, content);
}

}  // namespace trimtab::formats::numpy
