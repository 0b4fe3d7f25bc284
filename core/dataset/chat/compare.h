#pragma once
// Equality, order and membership as Python has them: 1, 1.0 and true are one; a list is no tuple; only like is ordered with like.
#include <compare>

#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

/// Refused: views and functions, which Python compares by other rules.
Result<bool> equal(const Value& left, const Value& right, Environment& environment);
/// Refused: values of types without an order.
Result<std::partial_ordering> order(const Value& left, const Value& right, Environment& environment);
/// `item in container`.
Result<bool> contains(const Value& container, const Value& item, Environment& environment);
/// One of == != < <= > >= in "not in".
Result<bool> holds(const std::string& comparison, const Value& left, const Value& right, Environment& environment);

}  // namespace trimtab::dataset::chat
