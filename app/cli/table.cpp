#include "app/cli/table.h"

#include <algorithm>
#include <cassert>

namespace trimtab::cli {
namespace {

bool beginsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t displayWidth(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), beginsCodePoint));
}

std::string clipped(const std::string& text, std::size_t width) {
    if (displayWidth(text) <= width) return text;
    if (width == 0) return {};
    std::size_t bytes = 0;
    std::size_t points = 0;
    for (; bytes < text.size(); ++bytes)
        if (beginsCodePoint(text[bytes]) && ++points == width) break;
    return text.substr(0, bytes) + "…";
}

std::string printable(const std::string& text, std::string_view kept) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool isControl = (byte < 0x20 || byte == 0x7f) && kept.find(c) == std::string_view::npos;
        result += isControl ? ' ' : c;
    }
    return result;
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const Column& column : m_columns) widths.push_back(displayWidth(column.title));
    for (const auto& row : m_rows) {
        assert(row.size() == m_columns.size());
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));
    }
    std::string result;
    const auto line = [&](const auto& cellAt) {
        std::string built;
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const std::string cell = cellAt(i);
            const std::string space(widths[i] - displayWidth(cell), ' ');
            if (i > 0) built += "  ";
            built += m_columns[i].align == Align::Right ? space + cell : cell + space;
        }
        built.erase(built.find_last_not_of(' ') + 1);
        result += built + "\n";
    };
    line([&](std::size_t i) { return m_columns[i].title; });
    line([&](std::size_t i) {
        std::string rule;
        for (std::size_t n = 0; n < widths[i]; ++n) rule += "─";
        return rule;
    });
    for (const auto& row : m_rows) line([&](std::size_t i) { return row[i]; });
    return result;
}

}  // namespace trimtab::cli
