#pragma once
// Files composed byte by byte, sound and otherwise.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace trimtab::formats::safetensors {

inline std::string lengthOf(std::uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
    return bytes;
}
inline std::string composed(const std::string& header, const std::string& buffer) { return lengthOf(header.size()) + header + buffer; }

inline void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace trimtab::formats::safetensors
