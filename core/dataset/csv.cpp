#include "core/dataset/csv.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

namespace trimtab::dataset {
namespace {

class Lines {
public:
    explicit Lines(std::string_view text) : m_text(text) {
        if (m_text.starts_with("\xef\xbb\xbf")) m_text.remove_prefix(3);
    }

    bool atEnd() const { return m_text.empty(); }
    std::int64_t number() const { return m_number; }

    /// The fields of the next record; false when a quote is never closed.
    bool next(std::vector<std::string>& fields) {
        fields.clear();
        ++m_number;
        for (;;) {
            std::string field;
            if (!m_text.empty() && m_text[0] == '"') {
                if (!quotedField(field)) return false;
            } else {
                const std::size_t end = std::min(m_text.find_first_of(",\r\n"), m_text.size());
                field = m_text.substr(0, end);
                m_text.remove_prefix(end);
            }
            fields.push_back(std::move(field));
            if (m_text.empty()) return true;
            const char separator = m_text[0];
            m_text.remove_prefix(1);
            if (separator == ',') continue;
            if (separator == '\r' && m_text.starts_with("\n")) m_text.remove_prefix(1);
            return separator == '\n' || separator == '\r';
        }
    }

private:
    bool quotedField(std::string& field) {
        m_text.remove_prefix(1);
        for (;;) {
            const std::size_t end = m_text.find('"');
            if (end == std::string_view::npos) return false;
            field += m_text.substr(0, end);
            m_text.remove_prefix(end + 1);
            if (!m_text.starts_with("\"")) return true;
            field += '"';
            m_text.remove_prefix(1);
        }
    }

    std::string_view m_text;
    std::int64_t m_number = 0;
};

bool parseNumber(std::string_view text, double& value) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

Result<Table> parseCsv(std::span<const std::byte> bytes, const std::string& what) {
    constexpr std::size_t kMostColumns = 100'000;
    Lines lines(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    Table table;
    if (lines.atEnd() || !lines.next(table.columns)) return fail(ErrorCode::Refused, "has no header row", what);
    if (table.columns.size() > kMostColumns) return fail(ErrorCode::Refused, fmt::format("has more than {} columns", kMostColumns), what);
    auto names = table.columns;
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
        return fail(ErrorCode::Refused, fmt::format("has two columns named '{:.80}'", *twice), what);
    table.values.resize(table.columns.size());
    std::vector<std::string> fields;
    while (!lines.atEnd()) {
        const bool isSound = lines.next(fields);
        if (fields.size() == 1 && fields[0].empty()) continue;
        if (!isSound || fields.size() != table.columns.size())
            return fail(ErrorCode::Refused,
                        fmt::format("has {} fields instead of {} in row {}", fields.size(), table.columns.size(), lines.number()), what);
        for (std::size_t c = 0; c < fields.size(); ++c) {
            double value = 0;
            if (!parseNumber(fields[c], value))
                return fail(ErrorCode::Refused,
                            fmt::format("has '{:.40}', which is no number, in row {}, column '{:.40}'", fields[c], lines.number(),
                                        table.columns[c]),
                            what);
            table.values[c].push_back(value);
        }
    }
    return table;
}

}  // namespace trimtab::dataset
