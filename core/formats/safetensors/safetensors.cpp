#include "core/formats/safetensors/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/json.h"

namespace trimtab::formats::safetensors {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;
constexpr std::size_t kMostAxes = 64;
constexpr std::string_view kMetadata = "__metadata__";

constexpr std::array<std::pair<std::string_view, DataType>, 19> kTypes{{{"F32", DataType::Float32},
                                                                        {"F16", DataType::Float16},
                                                                        {"BF16", DataType::BFloat16},
                                                                        {"F64", DataType::Float64},
                                                                        {"I8", DataType::Int8},
                                                                        {"U8", DataType::UInt8},
                                                                        {"I16", DataType::Int16},
                                                                        {"U16", DataType::UInt16},
                                                                        {"I32", DataType::Int32},
                                                                        {"U32", DataType::UInt32},
                                                                        {"I64", DataType::Int64},
                                                                        {"U64", DataType::UInt64},
                                                                        {"BOOL", DataType::Bool},
                                                                        {"F8_E4M3", DataType::Float8E4M3FN},
                                                                        {"F8_E5M2", DataType::Float8E5M2},
                                                                        {"F8_E8M0", DataType::Float8E8M0},
                                                                        {"F4", DataType::Float4E2M1},
                                                                        {"C64", DataType::Complex64},
                                                                        {"C128", DataType::Complex128}}};

struct Place {
    std::string name;
    DataType type;
    Shape shape;
    std::uint64_t begin, end;  // within the buffer
};

std::optional<std::uint64_t> unsignedIn(const Json& json) {
    if (!json.is_number_unsigned()) return std::nullopt;
    return json.get<std::uint64_t>();
}

Result<Shape> shapeIn(const Json& entry, const std::string& name) {
    const Json* const dims = base::memberAt(entry, "shape");
    if (dims == nullptr || !dims->is_array()) return fail(ErrorCode::Refused, fmt::format("{} has no shape", name));
    if (dims->size() > kMostAxes) return fail(ErrorCode::Refused, fmt::format("{} has more than {} axes", name, kMostAxes));
    std::vector<std::int64_t> extents;
    for (const Json& dim : *dims) {
        const auto extent = unsignedIn(dim);
        if (!extent || *extent > static_cast<std::uint64_t>(INT64_MAX))
            return fail(ErrorCode::Refused, fmt::format("the shape of {} holds {}, which is no extent", name, base::dumpJson(dim)));
        extents.push_back(static_cast<std::int64_t>(*extent));
    }
    return Shape(std::move(extents));
}

Result<Place> placeIn(const std::string& name, const Json& entry, std::uint64_t bufferBytes) {
    if (!entry.is_object()) return fail(ErrorCode::Refused, fmt::format("what the header says of {} is no object", name));
    TRIMTAB_TRY(const std::string word, base::stringAt(entry, "dtype"));
    const auto type = dataTypeOf(word);
    if (!type) return fail(ErrorCode::Refused, fmt::format("{} is of type {}, which is not known here", name, word));
    TRIMTAB_TRY(Shape shape, shapeIn(entry, name));
    const Json* const offsets = base::memberAt(entry, "data_offsets");
    const bool isPair = offsets != nullptr && offsets->is_array() && offsets->size() == 2;
    const auto begin = isPair ? unsignedIn((*offsets)[0]) : std::nullopt;
    const auto end = isPair ? unsignedIn((*offsets)[1]) : std::nullopt;
    if (!begin || !end || *begin > *end) return fail(ErrorCode::Refused, fmt::format("the data_offsets of {} are no begin and end", name));
    if (*end > bufferBytes)
        return fail(ErrorCode::Refused,
                    fmt::format("{} ends at byte {} of a buffer of {}: the file is truncated", name, *end, bufferBytes));
    const auto count = shape.checkedElementCount();
    const auto bytes = count ? tensor::byteSize(*type, *count) : std::nullopt;
    if (!bytes) return fail(ErrorCode::Refused, fmt::format("the shape {} of {} is too large", shape.text(), name));
    if (static_cast<std::uint64_t>(*bytes) != *end - *begin)
        return fail(ErrorCode::Refused,
                    fmt::format("{} {}{} takes {} bytes, and its data_offsets hold {}", name, word, shape.text(), *bytes, *end - *begin));
    return Place{name, *type, std::move(shape), *begin, *end};
}

Result<std::map<std::string, std::string>> metadataIn(const Json& entry) {
    if (!entry.is_object()) return fail(ErrorCode::Refused, "__metadata__ is no object");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return fail(ErrorCode::Refused, fmt::format("__metadata__.{} is no text", key));
        metadata[key] = value.get<std::string>();
    }
    return metadata;
}

/// Every byte of the buffer belongs to one tensor.
Status checkFilled(const std::vector<Place>& places, std::uint64_t bufferBytes) {
    std::uint64_t reached = 0;
    for (const Place& place : places) {
        if (place.begin != reached)
            return fail(ErrorCode::Refused, fmt::format("{} begins at byte {} of the buffer, and what is before it ends at {}", place.name,
                                                        place.begin, reached));
        reached = place.end;
    }
    if (reached != bufferBytes)
        return fail(ErrorCode::Refused, fmt::format("the buffer has {} bytes, of which tensors take {}", bufferBytes, reached));
    return {};
}

Result<std::span<const std::byte>> headerIn(std::span<const std::byte> bytes) {
    if (bytes.size() < kLengthBytes) return fail(ErrorCode::Refused, "is too short to be a safetensors file");
    std::uint64_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    if (length > kLongestHeader)
        return fail(ErrorCode::Refused, fmt::format("says that its header has {} bytes; at most {} are allowed", length, kLongestHeader));
    if (length > bytes.size() - kLengthBytes)
        return fail(ErrorCode::Refused,
                    fmt::format("says that its header has {} bytes, and the file holds {}", length, bytes.size() - kLengthBytes));
    const auto header = bytes.subspan(kLengthBytes, length);
    if (header.empty() || header.front() != std::byte{'{'}) return fail(ErrorCode::Refused, "has a header that does not begin with {");
    return header;
}

}  // namespace

std::optional<DataType> dataTypeOf(std::string_view word) {
    const auto* const found = std::ranges::find(kTypes, word, [](const auto& pair) { return pair.first; });
    if (found == kTypes.end()) return std::nullopt;
    return found->second;
}

Result<Content> read(std::shared_ptr<const base::MappedFile> file) {
    const auto bytes = file->bytes();
    TRIMTAB_TRY(const auto header, headerIn(bytes));
    const auto buffer = bytes.subspan(kLengthBytes + header.size());
    TRIMTAB_TRY(const Json json, base::parseJson({reinterpret_cast<const char*>(header.data()), header.size()}, "the header"));
    Content content;
    std::vector<Place> places;
    for (const auto& [name, entry] : json.items()) {
        if (name == kMetadata) {
            TRIMTAB_TRY(content.metadata, metadataIn(entry));
            continue;
        }
        TRIMTAB_TRY(Place place, placeIn(name, entry, buffer.size()));
        places.push_back(std::move(place));
    }
    std::ranges::stable_sort(places, {}, [](const Place& place) { return std::pair(place.begin, place.end); });
    TRIMTAB_REQUIRE(checkFilled(places, buffer.size()));
    for (Place& place : places)
        content.tensors.push_back({std::move(place.name), Tensor::mapped(place.type, std::move(place.shape),
                                                                         buffer.subspan(place.begin, place.end - place.begin), file)});
    return content;
}

Result<Content> read(const std::filesystem::path& path) {
    TRIMTAB_TRY(auto file, base::MappedFile::open(path));
    auto content = read(std::move(file));
    if (!content && content.error().context.empty()) content.error().context = path.string();
    return content;
}

}  // namespace trimtab::formats::safetensors
