#pragma once
// The variable `loop`. It draws the elements of its loop one by one: asking for the last, the next or the length draws ahead.
#include <deque>
#include <functional>

#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

class Loop : public std::enable_shared_from_this<Loop> {
public:
    /// The next element that the loop takes; nothing behind the last.
    using Source = std::function<Result<std::optional<Value>>()>;

    /// `length` where it is known before anything is drawn.
    Loop(Source source, std::optional<std::int64_t> length) : m_source(std::move(source)), m_length(length) {}

    /// False behind the last.
    Result<bool> advance();
    const Value& current() const { return m_current; }
    /// REQUIRES: a shared_ptr holds the loop. Refused: what is not supported of a loop; what would draw ahead once the loop has ended.
    Result<Value> attribute(const std::string& name);
    Result<Value> cycled(const std::vector<Value>& values) const;
    /// What it draws from goes.
    void end();

private:
    Result<bool> drawAhead();
    Result<std::int64_t> length();

    Source m_source;
    std::optional<std::int64_t> m_length;
    std::deque<Value> m_ahead;
    Value m_before, m_current;
    std::int64_t m_index = -1;  // from 0
};

}  // namespace trimtab::dataset::chat
