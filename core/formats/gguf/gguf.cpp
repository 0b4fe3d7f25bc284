#include "core/formats/gguf/gguf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "core/base/checked.h"

namespace trimtab::formats::gguf {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint64_t kLongestKey = 65535, kLongestName = 64;
constexpr std::uint64_t kShortestField = 8 + 1 + 4 + 1, kShortestEntry = 8 + 1 + 4 + 4 + 8;
constexpr std::uint64_t kMostValues = 64 << 20;  // of an array
constexpr std::uint32_t kMostAxes = 4;
constexpr std::int64_t kUsualAlignment = 32, kLargestAlignment = 1 << 20;

/// One value after another of the head of a file.
class Cursor {
public:
    explicit Cursor(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    std::uint64_t left() const { return m_bytes.size() - m_at; }
    std::uint64_t position() const { return m_at; }
    std::span<const std::byte> since(std::uint64_t begin) const { return m_bytes.subspan(begin, m_at - begin); }

    Status skip(std::uint64_t count) {
        if (count > left())
            return fail(ErrorCode::Refused, fmt::format("ends at byte {}, within its head: it is truncated", m_bytes.size()));
        m_at += count;
        return {};
    }
    template <class T>
    Result<T> value() {
        const std::uint64_t begin = m_at;
        TRIMTAB_REQUIRE(skip(sizeof(T)));
        T read;
        std::memcpy(&read, m_bytes.data() + begin, sizeof read);
        return read;
    }
    Result<std::string_view> text() {
        TRIMTAB_TRY(const auto length, value<std::uint64_t>());
        const std::uint64_t begin = m_at;
        TRIMTAB_REQUIRE(skip(length));
        return std::string_view(reinterpret_cast<const char*>(m_bytes.data()) + begin, length);
    }

private:
    std::span<const std::byte> m_bytes;
    std::uint64_t m_at = 0;
};

bool isPrintable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

/// A key or a tensor's name.
Result<std::string> nameAt(Cursor& cursor, std::string_view what, std::uint64_t longest) {
    TRIMTAB_TRY(const std::string_view text, cursor.text());
    if (text.empty() || text.size() > longest || !isPrintable(text))
        return fail(ErrorCode::Refused, fmt::format("{} at byte {} is not 1 to {} printable characters of ASCII", what,
                                                    cursor.position() - text.size(), longest));
    return std::string(text);
}

Result<FieldType> fieldTypeAt(Cursor& cursor) {
    TRIMTAB_TRY(const auto number, cursor.value<std::uint32_t>());
    if (number > static_cast<std::uint32_t>(FieldType::Float64))
        return fail(ErrorCode::Refused, fmt::format("has a value of type {}, which there is not", number));
    return static_cast<FieldType>(number);
}

Result<Field> fieldAt(Cursor& cursor) {
    Field field;
    TRIMTAB_TRY(field.type, fieldTypeAt(cursor));
    if (field.type == FieldType::Array) {
        field.isArray = true;
        TRIMTAB_TRY(field.type, fieldTypeAt(cursor));
        if (field.type == FieldType::Array) return fail(ErrorCode::Unsupported, "is an array of arrays, which is not read");
        TRIMTAB_TRY(field.count, cursor.value<std::uint64_t>());
    }
    const std::uint64_t width = std::max<std::uint64_t>(widthOf(field.type), 1);
    if (field.count > cursor.left() / width)
        return fail(ErrorCode::Refused, fmt::format("has {} values, more than the file has bytes for: it is truncated", field.count));
    if (field.count > kMostValues)
        return fail(ErrorCode::Refused, fmt::format("has {} values; at most {} are read", field.count, kMostValues));
    const std::uint64_t begin = cursor.position();
    if (field.type == FieldType::String)
        for (std::uint64_t i = 0; i < field.count; ++i) TRIMTAB_REQUIRE(cursor.text());
    else
        TRIMTAB_REQUIRE(cursor.skip(field.count * width));
    field.bytes = cursor.since(begin);
    const bool isOff = field.type == FieldType::Bool && std::ranges::any_of(field.bytes, [](std::byte b) { return b > std::byte{1}; });
    if (isOff) return fail(ErrorCode::Refused, "is neither true nor false");
    return field;
}

Error named(Error error, const std::string& name) {
    error.message = name + " " + error.message;
    return error;
}

Status readMetadata(Cursor& cursor, std::uint64_t count, Metadata& metadata) {
    if (count > cursor.left() / kShortestField)
        return fail(ErrorCode::Refused, fmt::format("says that it has {} keys, more than its {} bytes hold", count, cursor.left()));
    for (std::uint64_t i = 0; i < count; ++i) {
        TRIMTAB_TRY(std::string key, nameAt(cursor, "the key", kLongestKey));
        auto field = fieldAt(cursor);
        if (!field) return fail(named(std::move(field).error(), key));
        if (metadata.has(key)) return fail(ErrorCode::Refused, fmt::format("{} stands twice", key));
        metadata.add(std::move(key), *field);
    }
    return {};
}

struct Entry {
    std::string name;
    StoredTensor tensor;
    std::uint64_t offset = 0, size = 0;
};

Status readEntry(Cursor& cursor, Entry& entry) {
    TRIMTAB_TRY(const auto rank, cursor.value<std::uint32_t>());
    if (rank < 1 || rank > kMostAxes) return fail(ErrorCode::Refused, fmt::format("has {} axes; 1 to {} are allowed", rank, kMostAxes));
    std::vector<std::int64_t> extents;
    for (std::uint32_t i = 0; i < rank; ++i) {
        TRIMTAB_TRY(const auto extent, cursor.value<std::uint64_t>());
        if (extent < 1 || extent > static_cast<std::uint64_t>(INT64_MAX))
            return fail(ErrorCode::Refused, fmt::format("has an axis of {}, which is no extent", extent));
        extents.insert(extents.begin(), static_cast<std::int64_t>(extent));
    }
    entry.tensor.shape = Shape(std::move(extents));
    TRIMTAB_TRY(const auto number, cursor.value<std::uint32_t>());
    TRIMTAB_TRY(entry.tensor.type, blockTypeOf(number));
    TRIMTAB_TRY(entry.offset, cursor.value<std::uint64_t>());
    const Shape& shape = entry.tensor.shape;
    const std::int64_t elements = elementsOf(entry.tensor.type), columns = shape[shape.rank() - 1];
    if (columns % elements != 0)
        return fail(ErrorCode::Refused,
                    fmt::format("has rows of {}, which are no whole blocks of {} ({})", columns, elements, name(entry.tensor.type)));
    const auto count = shape.checkedElementCount();
    const auto size = count ? base::checkedMultiply(*count / elements, bytesOf(entry.tensor.type)) : std::nullopt;
    if (!size) return fail(ErrorCode::Refused, fmt::format("is too large: {}", shape.text()));
    entry.size = static_cast<std::uint64_t>(*size);
    return {};
}

Result<std::vector<Entry>> readTable(Cursor& cursor, std::uint64_t count) {
    if (count > cursor.left() / kShortestEntry)
        return fail(ErrorCode::Refused, fmt::format("says that it has {} tensors, more than its {} bytes hold", count, cursor.left()));
    std::vector<Entry> entries(count);
    for (Entry& entry : entries) {
        TRIMTAB_TRY(entry.name, nameAt(cursor, "the name of a tensor", kLongestName));
        if (auto status = readEntry(cursor, entry); !status) return fail(named(std::move(status).error(), entry.name));
    }
    return entries;
}

Result<std::uint64_t> alignmentIn(const Metadata& metadata) {
    TRIMTAB_TRY(const std::int64_t alignment, metadata.integer("general.alignment", kUsualAlignment));
    if (alignment < 1 || alignment > kLargestAlignment || !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
        return fail(ErrorCode::Refused,
                    fmt::format("general.alignment is {}, which is no power of two up to {}", alignment, kLargestAlignment));
    return static_cast<std::uint64_t>(alignment);
}

/// Finds each tensor's bytes behind the head.
Status place(std::vector<Entry>& entries, std::span<const std::byte> buffer, std::uint64_t alignment, Content& content) {
    for (Entry& entry : entries) {
        if (entry.offset % alignment != 0)
            return fail(ErrorCode::Refused,
                        fmt::format("{} begins at byte {}, which is no multiple of {}", entry.name, entry.offset, alignment));
        if (entry.offset > buffer.size() || entry.size > buffer.size() - entry.offset)
            return fail(ErrorCode::Refused, fmt::format("{} takes {} bytes from byte {} on, and {} are there: the file is truncated",
                                                        entry.name, entry.size, entry.offset, buffer.size()));
        entry.tensor.bytes = buffer.subspan(entry.offset, entry.size);
        content.tensorBytes += static_cast<std::int64_t>(entry.size);
    }
    std::ranges::sort(entries, {}, &Entry::offset);
    for (std::size_t i = 1; i < entries.size(); ++i)
        if (entries[i].offset - entries[i - 1].offset < entries[i - 1].size)
            return fail(ErrorCode::Refused, fmt::format("{} and {} share bytes", entries[i - 1].name, entries[i].name));
    for (Entry& entry : entries)
        if (!content.tensors.emplace(entry.name, std::move(entry.tensor)).second)
            return fail(ErrorCode::Refused, fmt::format("{} stands twice", entry.name));
    return {};
}

Result<std::uint32_t> versionAt(Cursor& cursor) {
    TRIMTAB_TRY(const auto version, cursor.value<std::uint32_t>());
    if (version == 2 || version == 3) return version;
    if ((version & 0xffffU) == 0) return fail(ErrorCode::Unsupported, "is a big-endian GGUF file; little-endian ones are read");
    return fail(ErrorCode::Unsupported, fmt::format("is of version {} of GGUF; 2 and 3 are read", version));
}

}  // namespace

bool isGguf(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return false;
    std::array<char, kMagic.size()> begin{};
    std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
    return std::string_view(begin.data(), begin.size()) == kMagic;
}

Result<Content> read(std::shared_ptr<const base::MappedFile> file) {
    const auto bytes = file->bytes();
    const std::string_view begin(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kMagic.size()));
    if (begin != kMagic) return fail(ErrorCode::Refused, "is no GGUF file: it does not begin with GGUF");
    Content content;
    Cursor cursor(bytes);
    TRIMTAB_REQUIRE(cursor.skip(kMagic.size()));
    TRIMTAB_TRY(content.version, versionAt(cursor));
    TRIMTAB_TRY(const auto tensors, cursor.value<std::uint64_t>());
    TRIMTAB_TRY(const auto keys, cursor.value<std::uint64_t>());
    TRIMTAB_REQUIRE(readMetadata(cursor, keys, content.metadata));
    TRIMTAB_TRY(std::vector<Entry> entries, readTable(cursor, tensors));
    TRIMTAB_TRY(const std::uint64_t alignment, alignmentIn(content.metadata));
    const std::uint64_t padding = (alignment - cursor.position() % alignment) % alignment;
    const auto buffer = bytes.subspan(cursor.position() + std::min(padding, cursor.left()));
    TRIMTAB_REQUIRE(place(entries, buffer, alignment, content));
    content.file = std::move(file);
    return content;
}

Result<Content> read(const std::filesystem::path& path) {
    TRIMTAB_TRY(auto file, base::MappedFile::open(path));
    return read(std::move(file));
}

}  // namespace trimtab::formats::gguf
