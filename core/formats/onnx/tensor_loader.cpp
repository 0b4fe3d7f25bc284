#include "core/formats/onnx/tensor_loader.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "core/base/checked.h"

namespace trimtab::formats::onnx {
namespace {

using ::onnx::TensorProto;

bool isExternal(const TensorProto& proto) { return proto.data_location() == TensorProto::EXTERNAL; }

Result<std::int64_t> decimal(const std::string& text, const char* key) {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0)
        return fail(ErrorCode::Refused, fmt::format("has an external {} that is no byte count: {}", key, cited(text)));
    return value;
}

template <class To, class Field>
Result<Tensor> fromField(const TensorLoader::Header& header, const Field& field, std::int64_t perElement = 1) {
    const std::int64_t wanted = header.count * perElement;
    if (field.size() != wanted)
        return fail(ErrorCode::Refused,
                    fmt::format("has the shape {} but holds {} numbers instead of {}", header.shape.text(), field.size(), wanted));
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(header.type, header.shape));
    auto* to = reinterpret_cast<To*>(tensor.mutableBytes().data());
    for (int i = 0; i < field.size(); ++i) to[i] = static_cast<To>(field.Get(i));
    return tensor;
}

/// Two elements a byte, one byte to each int32 entry.
Result<Tensor> fromPackedField(const TensorLoader::Header& header, const TensorProto& proto) {
    if (proto.int32_data_size() != header.bytes)
        return fail(ErrorCode::Refused, fmt::format("has the shape {} but holds {} packed bytes instead of {}", header.shape.text(),
                                                    proto.int32_data_size(), header.bytes));
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(header.type, header.shape));
    for (int i = 0; i < proto.int32_data_size(); ++i)
        tensor.mutableBytes()[static_cast<std::size_t>(i)] = static_cast<std::byte>(proto.int32_data(i));
    return tensor;
}

Result<Tensor> fromTypedFields(const TensorProto& proto, const TensorLoader::Header& header) {
    switch (header.type) {
        case DataType::Float32: return fromField<float>(header, proto.float_data());
        case DataType::Complex64: return fromField<float>(header, proto.float_data(), 2);
        case DataType::Float64: return fromField<double>(header, proto.double_data());
        case DataType::Complex128: return fromField<double>(header, proto.double_data(), 2);
        case DataType::Int64: return fromField<std::int64_t>(header, proto.int64_data());
        case DataType::UInt64: return fromField<std::uint64_t>(header, proto.uint64_data());
        case DataType::UInt32: return fromField<std::uint32_t>(header, proto.uint64_data());
        case DataType::Int32: return fromField<std::int32_t>(header, proto.int32_data());
        case DataType::Int16: return fromField<std::int16_t>(header, proto.int32_data());
        case DataType::UInt16:
        case DataType::Float16:
        case DataType::BFloat16: return fromField<std::uint16_t>(header, proto.int32_data());
        case DataType::Int8: return fromField<std::int8_t>(header, proto.int32_data());
        case DataType::UInt8: return fromField<std::uint8_t>(header, proto.int32_data());
        case DataType::Bool: {
            TRIMTAB_TRY(Tensor tensor, fromField<std::uint8_t>(header, proto.int32_data()));
            for (std::size_t i = 0; i < tensor.bytes().size(); ++i)
                tensor.mutableBytes()[i] = std::byte(proto.int32_data(static_cast<int>(i)) != 0);
            return tensor;
        }
        default: return fromPackedField(header, proto);
    }
}

std::int64_t typedFieldCount(const TensorProto& proto) {
    return std::int64_t{proto.float_data_size()} + proto.double_data_size() + proto.int32_data_size() + proto.int64_data_size() +
           proto.uint64_data_size();
}

}  // namespace

Result<TensorLoader::Header> TensorLoader::header(const TensorProto& proto) {
    Header header;
    TRIMTAB_TRY(header.type, fromOnnxType(proto.data_type()));
    if (proto.has_segment()) return fail(ErrorCode::Unsupported, "is split into segments, which nothing here joins");
    if (proto.dims_size() > 64) return fail(ErrorCode::Refused, fmt::format("has {} dimensions", proto.dims_size()));
    header.shape = Shape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
    const auto count = header.shape.checkedElementCount();
    const auto bytes = count ? tensor::byteSize(header.type, *count) : std::nullopt;
    if (!bytes) return fail(ErrorCode::Refused, fmt::format("has the impossible shape {}", header.shape.text()));
    header.count = *count;
    header.bytes = *bytes;
    return header;
}

Result<std::shared_ptr<const base::MappedFile>> TensorLoader::externalFile(const std::string& location) {
    const auto known = m_files.find(location);
    if (known != m_files.end()) return known->second;
    const auto opened = [&]() -> Result<std::shared_ptr<const base::MappedFile>> {
        TRIMTAB_TRY(const int descriptor, base::openBeneath(m_folder, location, m_trustLinks));
        return base::MappedFile::adopt(descriptor, location);
    }();
    if (opened) m_externalBytes += static_cast<std::int64_t>((*opened)->bytes().size());
    return m_files.emplace(location, opened).first->second;
}

Result<TensorLoader::Place> TensorLoader::externalPlace(const TensorProto& proto, const Header& header) {
    std::string location;
    std::int64_t offset = 0, length = header.bytes;
    for (const auto& entry : proto.external_data()) {
        if (entry.key() == "location") location = entry.value();
        if (entry.key() == "offset") { TRIMTAB_TRY(offset, decimal(entry.value(), "offset")); }
        if (entry.key() == "length") { TRIMTAB_TRY(length, decimal(entry.value(), "length")); }
    }
    if (location.empty()) return fail(ErrorCode::Refused, "is external but names no file");
    if (length != header.bytes)
        return fail(ErrorCode::Refused, fmt::format("has the shape {} ({} bytes) but an external length of {} bytes", header.shape.text(),
                                                    header.bytes, length));
    auto opened = externalFile(location);
    if (!opened) return fail(opened.error().code, fmt::format("has its data in {}, which {}", cited(location), opened.error().message));
    const auto bytes = (*opened)->bytes();
    const auto end = base::checkedAdd(offset, length);
    if (!end || *end > static_cast<std::int64_t>(bytes.size()))
        return fail(ErrorCode::Refused,
                    fmt::format("wants {} bytes at {} of {}, which has {} bytes", length, offset, cited(location), bytes.size()));
    return Place{bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)), *opened};
}

Result<TensorLoader::Place> TensorLoader::rawPlace(const TensorProto& proto, const Header& header, std::span<const std::byte> payload) {
    Place place{payload, m_mapping};
    if (!payload.data()) place = {std::as_bytes(std::span(proto.raw_data())), nullptr};
    if (static_cast<std::int64_t>(place.bytes.size()) != header.bytes)
        return fail(ErrorCode::Refused,
                    fmt::format("has the shape {} ({} bytes) but holds {} bytes", header.shape.text(), header.bytes, place.bytes.size()));
    return place;
}

Status TensorLoader::check(const TensorProto& proto, std::span<const std::byte> payload) {
    TRIMTAB_TRY(const Header head, header(proto));
    if (isExternal(proto)) {
        TRIMTAB_TRY(const Place place, externalPlace(proto, head));
    } else if (payload.data() || proto.has_raw_data()) {
        TRIMTAB_TRY(const Place place, rawPlace(proto, head, payload));
    } else if (typedFieldCount(proto) < std::min(head.count, head.bytes)) {  // types below a byte have fewer numbers than elements
        return fail(ErrorCode::Refused, fmt::format("has the shape {} but holds {} numbers", head.shape.text(), typedFieldCount(proto)));
    }
    return {};
}

Result<Tensor> TensorLoader::load(const TensorProto& proto, std::span<const std::byte> payload) {
    TRIMTAB_TRY(const Header head, header(proto));
    Place place;
    if (isExternal(proto)) {
        TRIMTAB_TRY(place, externalPlace(proto, head));
    } else if (payload.data() || proto.has_raw_data()) {
        TRIMTAB_TRY(place, rawPlace(proto, head, payload));
    } else {
        return fromTypedFields(proto, head);
    }
    const std::size_t width = std::max<std::size_t>(static_cast<std::size_t>(tensor::bitWidth(head.type)) / 8, 1);
    const bool isAligned = reinterpret_cast<std::uintptr_t>(place.bytes.data()) % width == 0;
    if (place.owner && isAligned && head.bytes > 0 && head.type != DataType::Bool)
        return Tensor::mapped(head.type, head.shape, place.bytes, place.owner);
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(head.type, head.shape));
    if (head.bytes > 0) std::memcpy(tensor.mutableBytes().data(), place.bytes.data(), place.bytes.size());
    if (head.type == DataType::Bool)
        for (std::byte& value : tensor.mutableBytes()) value = std::byte(value != std::byte{0});
    return tensor;
}

}  // namespace trimtab::formats::onnx
