#include "core/formats/numpy/npy_header.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include <fmt/format.h>

namespace trimtab::formats::numpy {
namespace {

constexpr int kMaxRank = 64;

struct Descr {
    std::string_view code;
    DataType type;
};
constexpr Descr kDescrs[] = {
    {"f2", DataType::Float16}, {"f4", DataType::Float32}, {"f8", DataType::Float64}, {"i1", DataType::Int8},      {"i2", DataType::Int16},
    {"i4", DataType::Int32},   {"i8", DataType::Int64},   {"u1", DataType::UInt8},   {"u2", DataType::UInt16},    {"u4", DataType::UInt32},
    {"u8", DataType::UInt64},  {"b1", DataType::Bool},    {"c8", DataType::Complex64}, {"c16", DataType::Complex128},
};

/// Reads the few kinds of Python literal that a header holds: {'key': 'string' | True | False | (integers)}. Not recursive.
class DictionaryReader {
public:
    using Item = std::variant<std::string, bool, std::vector<std::int64_t>>;

    explicit DictionaryReader(std::string_view text) : m_text(text) {}

    std::optional<std::map<std::string, Item>> read() {
        std::map<std::string, Item> items;
        if (!take('{')) return std::nullopt;
        while (!take('}')) {
            auto key = quoted();
            if (!key || !take(':')) return std::nullopt;
            auto item = value();
            if (!item || !items.emplace(*key, std::move(*item)).second) return std::nullopt;
            if (!take(',') && peek() != '}') return std::nullopt;
        }
        return peek() == '\0' ? std::optional(std::move(items)) : std::nullopt;
    }

private:
    char peek() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t')) ++m_at;
        return m_at < m_text.size() ? m_text[m_at] : '\0';
    }
    bool take(char wanted) {
        if (peek() != wanted) return false;
        ++m_at;
        return true;
    }
    bool takeWord(std::string_view word) {
        if (!m_text.substr(m_at).starts_with(word)) return false;
        m_at += word.size();
        return true;
    }
    std::optional<std::string> quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') return std::nullopt;
        const std::size_t end = m_text.find(quote, m_at + 1);
        if (end == std::string_view::npos) return std::nullopt;
        std::string content(m_text.substr(m_at + 1, end - m_at - 1));
        m_at = end + 1;
        return content;
    }
    std::optional<Item> value() {
        const char next = peek();
        if (next == '\'' || next == '"') {
            auto text = quoted();
            return text ? std::optional<Item>(std::move(*text)) : std::nullopt;
        }
        if (takeWord("True")) return Item(true);
        if (takeWord("False")) return Item(false);
        return tuple();
    }
    std::optional<Item> tuple() {
        if (!take('(')) return std::nullopt;
        std::vector<std::int64_t> numbers;
        while (!take(')')) {
            peek();
            std::int64_t number = 0;
            const auto [end, error] = std::from_chars(m_text.data() + m_at, m_text.data() + m_text.size(), number);
            if (error != std::errc{} || numbers.size() >= kMaxRank) return std::nullopt;
            m_at = static_cast<std::size_t>(end - m_text.data());
            if (m_at < m_text.size() && m_text[m_at] == 'L') ++m_at;  // written by Python 2
            numbers.push_back(number);
            if (!take(',') && peek() != ')') return std::nullopt;
        }
        return Item(std::move(numbers));
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

std::uint32_t littleEndian(std::span<const std::byte> bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    return value;
}

Status applyDescr(NpyHeader& header, const std::string& descr, const std::string& what) {
    if (descr.find('O') != std::string::npos) return fail(ErrorCode::Refused, "holds Python objects; save a numeric array instead", what);
    const char order = descr.empty() ? ' ' : descr[0];
    if (order == '<' || order == '>' || order == '|' || order == '=') {
        for (const Descr& known : kDescrs) {
            if (descr.substr(1) != known.code) continue;
            header.type = known.type;
            header.bigEndian = order == '>';
            return {};
        }
    }
    return fail(ErrorCode::Refused, fmt::format("holds elements of type '{:.40}', which is not a plain number", descr), what);
}

}  // namespace

Result<NpyHeader> parseHeader(std::span<const std::byte> bytes, const std::string& what) {
    constexpr std::string_view kMagic = "\x93NUMPY";
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(kMagic) || bytes.size() < 10) return fail(ErrorCode::Refused, "is not a .npy file", what);
    const int major = std::to_integer<int>(bytes[6]);
    if (major < 1 || major > 3) return fail(ErrorCode::Refused, fmt::format("has .npy version {}; versions 1 to 3 are known", major), what);
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    const std::size_t begin = 8 + lengthBytes;
    if (bytes.size() < begin) return fail(ErrorCode::Refused, "ends within its header", what);
    const std::size_t length = littleEndian(bytes.subspan(8, lengthBytes));
    if (length > bytes.size() - begin) return fail(ErrorCode::Refused, "ends within its header", what);

    const auto items = DictionaryReader(text.substr(begin, length)).read();
    const auto item = [&](const char* key) { return items && items->contains(key) ? &items->at(key) : nullptr; };
    const auto* descr = item("descr") ? std::get_if<std::string>(item("descr")) : nullptr;
    const auto* order = item("fortran_order") ? std::get_if<bool>(item("fortran_order")) : nullptr;
    const auto* shape = item("shape") ? std::get_if<std::vector<std::int64_t>>(item("shape")) : nullptr;
    if (!descr || !order || !shape)
        return fail(ErrorCode::Refused, "has a header that is not {'descr': type, 'fortran_order': bool, 'shape': tuple} of a plain array",
                    what);

    NpyHeader header;
    TRIMTAB_REQUIRE(applyDescr(header, *descr, what));
    header.fortranOrder = *order;
    header.shape = Shape(*shape);
    header.dataOffset = begin + length;
    return header;
}

std::string makeHeader(DataType type, const Shape& shape) {
    std::string_view code = "u1";
    for (const Descr& known : kDescrs)
        if (known.type == type) code = known.code;
    if (type == DataType::BFloat16) code = "u2";
    if (type == DataType::Int4) code = "i1";
    const bool oneByte = code == "u1" || code == "i1" || code == "b1";
    std::string dims;
    for (const std::int64_t dim : shape) dims += fmt::format("{},{}", dim, shape.rank() == 1 ? "" : " ");
    std::string dictionary = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}", oneByte ? '|' : '<', code, dims);
    const bool isLong = dictionary.size() + 128 > 65535;
    const std::size_t begin = isLong ? 12 : 10;
    dictionary.append(64 - (begin + dictionary.size() + 1) % 64, ' ');
    dictionary += '\n';
    std::string header = isLong ? std::string("\x93NUMPY\x02\x00", 8) : std::string("\x93NUMPY\x01\x00", 8);
    for (std::size_t i = 0; i < begin - 8; ++i) header += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
    return header + dictionary;
}

}  // namespace trimtab::formats::numpy
