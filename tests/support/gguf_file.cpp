#include "tests/support/gguf_file.h"

#include <fstream>

namespace trimtab::support {
namespace {

constexpr std::uint32_t kWhole = 4, kWholeSigned = 5, kNumber = 6, kFlag = 7, kText = 8, kArray = 9;

std::string arrayOf(std::uint32_t type, std::uint64_t count) { return bytesOf(type) + bytesOf(count); }

}  // namespace

std::string lengthAndText(std::string_view text) { return bytesOf(static_cast<std::uint64_t>(text.size())) + std::string(text); }

void GgufFile::field(std::string_view key, std::uint32_t type, std::string_view bytes) {
    m_metadata += lengthAndText(key) + bytesOf(type);
    m_metadata += bytes;
    ++m_fields;
}

void GgufFile::whole(std::string_view key, std::uint32_t value) { field(key, kWhole, bytesOf(value)); }
void GgufFile::number(std::string_view key, float value) { field(key, kNumber, bytesOf(value)); }
void GgufFile::flag(std::string_view key, bool value) { field(key, kFlag, bytesOf(static_cast<std::uint8_t>(value))); }
void GgufFile::text(std::string_view key, std::string_view value) { field(key, kText, lengthAndText(value)); }

void GgufFile::texts(std::string_view key, const std::vector<std::string>& values) {
    std::string bytes = arrayOf(kText, values.size());
    for (const std::string& value : values) bytes += lengthAndText(value);
    field(key, kArray, bytes);
}
void GgufFile::numbers(std::string_view key, const std::vector<float>& values) {
    std::string bytes = arrayOf(kNumber, values.size());
    for (const float value : values) bytes += bytesOf(value);
    field(key, kArray, bytes);
}
void GgufFile::wholes(std::string_view key, const std::vector<std::int32_t>& values) {
    std::string bytes = arrayOf(kWholeSigned, values.size());
    for (const std::int32_t value : values) bytes += bytesOf(value);
    field(key, kArray, bytes);
}

void GgufFile::entry(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type, std::uint64_t offset) {
    m_table += lengthAndText(name) + bytesOf(static_cast<std::uint32_t>(extents.size()));
    for (const std::uint64_t extent : extents) m_table += bytesOf(extent);
    m_table += bytesOf(type) + bytesOf(offset);
    ++m_entries;
}

void GgufFile::tensor(std::string_view name, const std::vector<std::uint64_t>& extents, std::uint32_t type, std::string bytes) {
    entry(name, extents, type, m_offset);
    m_offset += bytes.size();
    bytes += padding(m_offset);
    m_offset += padding(m_offset).size();
    m_tensors.push_back(std::move(bytes));
}

std::string GgufFile::padding(std::uint64_t position) const { return std::string((alignment - position % alignment) % alignment, '\0'); }

std::string GgufFile::head() const {
    std::string head = "GGUF" + bytesOf(version) + bytesOf(m_entries) + bytesOf(m_fields) + m_metadata + m_table;
    return head + padding(head.size());
}

std::string GgufFile::composed() const {
    std::string bytes = head();
    for (const std::string& tensor : m_tensors) bytes += tensor;
    return bytes;
}

Status GgufFile::write(const std::filesystem::path& path) const {
    std::ofstream file(path, std::ios::binary);
    file << head();
    for (const std::string& tensor : m_tensors) file << tensor;
    file.flush();
    return file ? Status() : fail(ErrorCode::Io, "cannot be written", path.string());
}

}  // namespace trimtab::support
