#pragma once
// Comma-separated numbers with a header row (RFC 4180: fields may be quoted, lines end in LF or CRLF).
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset {

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<double>> values;  // [column][row]
    std::int64_t rows() const { return values.empty() ? 0 : static_cast<std::int64_t>(values[0].size()); }
};

/// Refused, with the line: a field that is no number, a row of another length, a column name that stands twice.
Result<Table> parseCsv(std::span<const std::byte> bytes, const std::string& what);

}  // namespace trimtab::dataset
