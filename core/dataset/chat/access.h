#pragma once
// Attributes, items and elements of values, by the rules of Jinja2's sandbox: of `object.name` an attribute of the type counts before an
// item under that key, of `object[key]` the item before the attribute. What is neither is undefined; only what is undefined has neither.
#include "core/dataset/chat/text.h"
#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

/// Refused: attributes that Python's types have and that are not supported, those that would change a value, and such as begin with "__".
Result<Value> attributeOf(const Value& object, const std::string& name, Environment& environment);
Result<Value> itemOf(const Value& object, const Value& key, Environment& environment);
Result<Value> sliceOf(const Value& object, const Slice& slice, Environment& environment);
/// len(). Undefined has none.
Result<std::int64_t> lengthOf(const Value& value, Environment& environment);

/// How filters name a part of an element: "a.b.0", an index, or nothing, which is the element itself. `fallback` (may be null) is taken
/// where a part is undefined.
Result<Value> partOf(const Value& element, const Value& path, const Value* fallback, Environment& environment);

}  // namespace trimtab::dataset::chat
