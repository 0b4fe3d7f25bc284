#pragma once
// + - * / // % ** and the signs, as Python has them. Whole numbers are of 64 bits: what needs more is refused.
#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

Result<Value> calculate(const std::string& operation, const Value& left, const Value& right, Environment& environment);
Result<Value> negated(const Value& value);
/// `+value`
Result<Value> affirmed(const Value& value);

/// What int(text) and float(text) read; nothing where Python raises ValueError. Refused: digits and spaces beyond ASCII, and numbers that
/// are too large here.
Result<std::optional<std::int64_t>> wholeIn(std::string_view text);
Result<std::optional<double>> realIn(std::string_view text);

}  // namespace trimtab::dataset::chat
