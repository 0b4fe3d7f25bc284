#include "core/formats/gguf/metadata.h"

#include <bit>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace trimtab::formats::gguf {
namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they stand");

template <class T>
T valueAt(std::span<const std::byte> bytes, std::uint64_t i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    return value;
}

/// nullopt for other types, and beyond int64.
std::optional<std::int64_t> integerAt(const Field& field, std::uint64_t i) {
    switch (field.type) {
        case FieldType::UInt8: return valueAt<std::uint8_t>(field.bytes, i);
        case FieldType::Int8: return valueAt<std::int8_t>(field.bytes, i);
        case FieldType::UInt16: return valueAt<std::uint16_t>(field.bytes, i);
        case FieldType::Int16: return valueAt<std::int16_t>(field.bytes, i);
        case FieldType::UInt32: return valueAt<std::uint32_t>(field.bytes, i);
        case FieldType::Int32: return valueAt<std::int32_t>(field.bytes, i);
        case FieldType::Int64: return valueAt<std::int64_t>(field.bytes, i);
        case FieldType::UInt64: {
            const auto value = valueAt<std::uint64_t>(field.bytes, i);
            if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
            return static_cast<std::int64_t>(value);
        }
        default: return std::nullopt;
    }
}

std::optional<double> numberAt(const Field& field, std::uint64_t i) {
    if (field.type == FieldType::Float32) return valueAt<float>(field.bytes, i);
    if (field.type == FieldType::Float64) return valueAt<double>(field.bytes, i);
    if (const auto whole = integerAt(field, i)) return static_cast<double>(*whole);
    return std::nullopt;
}

/// The string that begins `bytes`.
std::string_view textIn(std::span<const std::byte> bytes) {
    const auto length = valueAt<std::uint64_t>(bytes, 0);
    return {reinterpret_cast<const char*>(bytes.data()) + sizeof length, length};
}

tl::unexpected<Error> wrong(const std::string& key, std::string_view wanted) {
    return fail(ErrorCode::Refused, fmt::format("{} must be {}", key, wanted));
}

}  // namespace

std::size_t widthOf(FieldType type) {
    switch (type) {
        case FieldType::UInt8:
        case FieldType::Int8:
        case FieldType::Bool: return 1;
        case FieldType::UInt16:
        case FieldType::Int16: return 2;
        case FieldType::UInt32:
        case FieldType::Int32:
        case FieldType::Float32: return 4;
        case FieldType::UInt64:
        case FieldType::Int64:
        case FieldType::Float64: return 8;
        case FieldType::String:
        case FieldType::Array: break;
    }
    return 0;
}

Result<const Field*> Metadata::find(const std::string& key, bool isArray) const {
    const auto found = m_fields.find(key);
    if (found == m_fields.end()) return fail(ErrorCode::Refused, fmt::format("has no {}", key));
    if (found->second.isArray != isArray) return wrong(key, isArray ? "an array" : "one value");
    return &found->second;
}

Result<std::int64_t> Metadata::integer(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, false));
    const auto value = integerAt(*field, 0);
    if (!value) return wrong(key, "a whole number");
    return *value;
}

Result<std::int64_t> Metadata::integer(const std::string& key, std::int64_t fallback) const {
    if (!has(key)) return fallback;
    return integer(key);
}

Result<double> Metadata::number(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, false));
    const auto value = numberAt(*field, 0);
    if (!value) return wrong(key, "a number");
    return *value;
}

Result<double> Metadata::number(const std::string& key, double fallback) const {
    if (!has(key)) return fallback;
    return number(key);
}

Result<bool> Metadata::boolean(const std::string& key, bool fallback) const {
    if (!has(key)) return fallback;
    TRIMTAB_TRY(const Field* field, find(key, false));
    if (field->type != FieldType::Bool) return wrong(key, "true or false");
    return valueAt<std::uint8_t>(field->bytes, 0) != 0;
}

Result<std::string> Metadata::text(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, false));
    if (field->type != FieldType::String) return wrong(key, "a text");
    return std::string(textIn(field->bytes));
}

Result<std::string> Metadata::text(const std::string& key, std::string fallback) const {
    if (!has(key)) return fallback;
    return text(key);
}

Result<std::vector<std::int64_t>> Metadata::integers(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, true));
    std::vector<std::int64_t> values;
    for (std::uint64_t i = 0; i < field->count; ++i) {
        const auto value = integerAt(*field, i);
        if (!value) return wrong(key, "an array of whole numbers");
        values.push_back(*value);
    }
    return values;
}

Result<std::vector<double>> Metadata::numbers(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, true));
    std::vector<double> values;
    for (std::uint64_t i = 0; i < field->count; ++i) {
        const auto value = numberAt(*field, i);
        if (!value) return wrong(key, "an array of numbers");
        values.push_back(*value);
    }
    return values;
}

Result<std::vector<std::string_view>> Metadata::texts(const std::string& key) const {
    TRIMTAB_TRY(const Field* field, find(key, true));
    if (field->type != FieldType::String) return wrong(key, "an array of texts");
    std::vector<std::string_view> values;
    auto rest = field->bytes;
    for (std::uint64_t i = 0; i < field->count; ++i) {
        values.push_back(textIn(rest));
        rest = rest.subspan(sizeof(std::uint64_t) + values.back().size());
    }
    return values;
}

}  // namespace trimtab::formats::gguf
