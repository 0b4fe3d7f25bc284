#include "core/dataset/chat/loop.h"

#include <fmt/format.h>

namespace trimtab::dataset::chat {

Result<bool> Loop::drawAhead() {
    if (!m_source) return refuse("a loop that has ended is not asked for what comes next");
    TRIMTAB_TRY(auto next, m_source());
    if (next) m_ahead.push_back(std::move(*next));
    return next.has_value();
}

Result<bool> Loop::advance() {
    if (m_ahead.empty()) {
        TRIMTAB_TRY(const bool more, drawAhead());
        if (!more) return false;
    }
    ++m_index;
    m_before = std::move(m_current);
    m_current = std::move(m_ahead.front());
    m_ahead.pop_front();
    return true;
}

void Loop::end() {
    m_source = nullptr;
    m_ahead.clear();
}

Result<std::int64_t> Loop::length() {
    while (!m_length) {
        TRIMTAB_TRY(const bool more, drawAhead());
        if (!more) m_length = m_index + 1 + static_cast<std::int64_t>(m_ahead.size());
    }
    return *m_length;
}

Result<Value> Loop::attribute(const std::string& name) {
    if (name == "index") return Value::of(m_index + 1);
    if (name == "index0") return Value::of(m_index);
    if (name == "first") return Value::of(m_index == 0);
    if (name == "depth") return Value::of(std::int64_t{1});
    if (name == "depth0") return Value::of(std::int64_t{0});
    if (name == "previtem") return m_index == 0 ? Value::undefined("there is no previous item") : m_before;
    if (name == "last" || name == "nextitem") {
        if (m_ahead.empty()) TRIMTAB_REQUIRE(drawAhead().map([](bool) {}));
        if (name == "last") return Value::of(m_ahead.empty());
        return m_ahead.empty() ? Value::undefined("there is no next item") : m_ahead.front();
    }
    if (name == "length") return length().map([](std::int64_t count) { return Value::of(count); });
    if (name == "revindex") return length().map([&](std::int64_t count) { return Value::of(count - m_index); });
    if (name == "revindex0") return length().map([&](std::int64_t count) { return Value::of(count - m_index - 1); });
    if (name == "cycle") {
        const Value self{Value::Content(shared_from_this())};
        return Value(Value::Content(std::make_shared<const Callable>(Callable{Callable::Kind::LoopMethod, name, self})));
    }
    if (name == "changed" || name.starts_with("_")) return refuse(fmt::format("loop.{:.40} is not supported", name));
    return Value::undefined(fmt::format("'loop' has no '{:.80}'", name));
}

Result<Value> Loop::cycled(const std::vector<Value>& values) const {
    if (values.empty()) return refuse("loop.cycle() is given nothing to choose from");
    return values[static_cast<std::size_t>(m_index) % values.size()];
}

}  // namespace trimtab::dataset::chat
