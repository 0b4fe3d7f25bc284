#pragma once
// Going over the elements of a value, one after the other: of a text its characters, of a mapping its keys, of what is undefined none.
#include <optional>

#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

class Cursor {
public:
    /// Refused: what has no elements.
    static Result<Cursor> over(const Value& value, Environment& environment);

    /// Nothing behind the last. What is taken of an iterator is gone from it.
    std::optional<Value> next() {
        const Sequence& sequence = *m_source.sequence();
        std::size_t& at = sequence.kind == Sequence::Kind::Iterator ? sequence.taken : m_at;
        if (at >= sequence.items.size()) return {};
        return sequence.items[at++];
    }
    /// How many there are in all; nothing of an iterator.
    std::optional<std::int64_t> length() const {
        const Sequence& sequence = *m_source.sequence();
        if (sequence.kind == Sequence::Kind::Iterator) return {};
        return static_cast<std::int64_t>(sequence.items.size());
    }

private:
    explicit Cursor(Value source) : m_source(std::move(source)) {}
    Value m_source;  // a sequence
    std::size_t m_at = 0;
};

/// All elements that are left.
Result<std::vector<Value>> elementsOf(const Value& value, Environment& environment);

}  // namespace trimtab::dataset::chat
