#pragma once
// Aligned text tables for people.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trimtab::cli {

enum class Align : std::uint8_t { Left, Right };

struct Column {
    std::string title;
    Align align = Align::Left;
};

class Table {
public:
    explicit Table(std::vector<Column> columns) : m_columns(std::move(columns)) {}
    /// REQUIRES: as many cells as columns.
    void add(std::vector<std::string> cells) { m_rows.push_back(std::move(cells)); }
    bool empty() const { return m_rows.empty(); }
    /// Title row, a rule, the rows; columns two spaces apart, no trailing spaces; each line ended.
    std::string text() const;

private:
    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

/// Columns a UTF-8 text takes: one for each code point (combining marks and wide characters are not looked at).
std::size_t displayWidth(const std::string& text);
/// At most `width` columns; what does not fit gives way to "…".
std::string clipped(const std::string& text, std::size_t width);

/// Text of files that may be hostile, for a terminal: control characters become spaces, but for those in `kept`.
std::string printable(const std::string& text, std::string_view kept = {});

}  // namespace trimtab::cli
