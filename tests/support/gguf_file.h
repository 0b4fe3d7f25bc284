#pragma once
// GGUF files composed value by value, sound and otherwise, as ggml's docs/gguf.md states them.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::support {

class GgufFile {
public:
    std::uint32_t version = 3;
    std::uint64_t alignment = 32;  // of tensors; said by who chooses another

    void whole(std::string_view key, std::uint32_t value);
    void number(std::string_view key, float value);
    void flag(std::string_view key, bool value);
    void text(std::string_view key, std::string_view value);
    void texts(std::string_view key, const std::vector<std::string>& values);
    void numbers(std::string_view key, const std::vector<float>& values);
    void wholes(std::string_view key, const std::vector<std::int32_t>& values);
    /// Any key, type and bytes.
    void field(std::string_view key, std::uint32_t type, std::string_view bytes);

    /// Extents as the file lists them, the innermost first; `bytes` where the last tensor's padding ends.
    void tensor(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type, std::string bytes);
    /// An entry of the table alone, whatever it says.
    void entry(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type, std::uint64_t offset);

    std::string composed() const;
    Status write(const std::filesystem::path& path) const;

private:
    std::string head() const;
    std::string padding(std::uint64_t position) const;

    std::uint64_t m_fields = 0, m_entries = 0, m_offset = 0;
    std::string m_metadata, m_table;
    std::vector<std::string> m_tensors;
};

template <class T>
std::string bytesOf(T value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
/// Its length, then the text.
std::string lengthAndText(std::string_view text);

}  // namespace trimtab::support
