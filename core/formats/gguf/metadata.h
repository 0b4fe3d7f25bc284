#pragma once
// What a GGUF file says beside its tensors: keys with values of thirteen types (ggml's docs/gguf.md, "File structure"). Values stay in the
// mapping and are read when they are asked for.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::formats::gguf {

/// By their numbers in a file.
enum class FieldType : std::uint32_t { UInt8, Int8, UInt16, Int16, UInt32, Int32, Float32, Bool, String, Array, UInt64, Int64, Float64 };

/// Bytes of one value; 0 for String and Array, whose values differ in length.
std::size_t widthOf(FieldType type);

struct Field {
    FieldType type = FieldType::UInt8;  // of an array: of its elements
    bool isArray = false;
    std::uint64_t count = 1;
    std::span<const std::byte> bytes;  // one value after the other, little endian; a string is its length in eight bytes, then its text
};

class Metadata {
public:
    /// False where the key is taken. REQUIRES: the field's bytes hold what it says.
    bool add(std::string key, Field field) { return m_fields.emplace(std::move(key), field).second; }

    bool has(const std::string& key) const { return m_fields.contains(key); }
    const std::map<std::string, Field>& fields() const { return m_fields; }

    /// Refused, naming the key, where it is missing or of another type. Any width and sign of integers is an integer; both floating types
    /// are numbers, and so are integers.
    Result<std::int64_t> integer(const std::string& key) const;
    Result<std::int64_t> integer(const std::string& key, std::int64_t fallback) const;
    Result<double> number(const std::string& key) const;
    Result<double> number(const std::string& key, double fallback) const;
    Result<bool> boolean(const std::string& key, bool fallback) const;
    Result<std::string> text(const std::string& key) const;
    Result<std::string> text(const std::string& key, std::string fallback) const;
    /// Arrays. Views last as long as the mapping.
    Result<std::vector<std::int64_t>> integers(const std::string& key) const;
    Result<std::vector<double>> numbers(const std::string& key) const;
    Result<std::vector<std::string_view>> texts(const std::string& key) const;

private:
    Result<const Field*> find(const std::string& key, bool isArray) const;

    std::map<std::string, Field> m_fields;
};

}  // namespace trimtab::formats::gguf
