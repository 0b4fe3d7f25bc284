#pragma once
// Files as torch.save writes them, composed opcode by opcode, sound and otherwise.
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace trimtab::formats::torch {

/// A zip archive of entries, stored as they are or compressed.
void writeArchive(const std::filesystem::path& path, const std::vector<std::pair<std::string, std::string>>& entries,
                  bool compressed = false);

inline std::string text(const std::string& word) {
    std::string bytes = "X";
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(word.size() >> (8 * i) & 0xFF);
    return bytes + word;
}
/// A whole number of eight bytes.
inline std::string whole(std::int64_t value) {
    std::string bytes = "\x8a\x08";
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
    return bytes;
}
inline std::string named(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }
inline std::string tuple(const std::vector<std::string>& items) {
    std::string bytes = "(";
    for (const std::string& item : items) bytes += item;
    return bytes + "t";
}
inline std::string numbers(const std::vector<std::int64_t>& values) {
    std::vector<std::string> items;
    for (const std::int64_t value : values) items.push_back(whole(value));
    return tuple(items);
}
inline std::string storage(const std::string& key, std::int64_t elements, const std::string& type = "FloatStorage") {
    return tuple({text("storage"), named("torch", type), text(key), text("cpu"), whole(elements)}) + "Q";
}
inline std::string tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& size,
                          const std::vector<std::int64_t>& stride) {
    return named("torch._utils", "_rebuild_tensor_v2") +
           tuple({storage, whole(offset), numbers(size), numbers(stride), "\x89", named("collections", "OrderedDict") + ")R"}) + "R";
}
/// A dictionary of pairs, from its protocol to its end.
inline std::string dictionary(const std::vector<std::pair<std::string, std::string>>& items) {
    std::string bytes = "\x80\x02}(";
    for (const auto& [key, value] : items) bytes += text(key) + value;
    return bytes + "u.";
}

}  // namespace trimtab::formats::torch
