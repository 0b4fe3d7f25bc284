#include "core/dataset/chat/compare.h"

#include <cmath>

#include <fmt/format.h>

#include "core/dataset/chat/cursor.h"

namespace trimtab::dataset::chat {
namespace {

using Kind = Sequence::Kind;

/// Exact: a whole number of 63 bits need not be a double.
std::partial_ordering orderOf(std::int64_t whole, double real) {
    if (std::isnan(real)) return std::partial_ordering::unordered;
    if (real >= 0x1p63) return std::partial_ordering::less;
    if (real < -0x1p63) return std::partial_ordering::greater;
    const double floor = std::floor(real);
    const auto below = static_cast<std::int64_t>(floor);
    if (whole != below) return whole <=> below;
    return floor < real ? std::partial_ordering::less : std::partial_ordering::equivalent;
}

std::partial_ordering reversed(std::partial_ordering order) {
    if (order == std::partial_ordering::less) return std::partial_ordering::greater;
    return order == std::partial_ordering::greater ? std::partial_ordering::less : order;
}

std::optional<std::partial_ordering> orderOfNumbers(const Value& left, const Value& right) {
    const auto a = wholeOf(left), b = wholeOf(right);
    const double *x = left.as<double>(), *y = right.as<double>();
    if (a && b) return *a <=> *b;
    if (a && y) return orderOf(*a, *y);
    if (x && b) return reversed(orderOf(*b, *x));
    if (x && y) return *x <=> *y;
    return {};
}

Result<bool> equalSequences(const Sequence& left, const Sequence& right, Environment& environment) {
    if (left.kind == Kind::View || right.kind == Kind::View)
        return refuse("comparing what items(), keys() and values() give is not supported");
    if (left.kind == Kind::Iterator || right.kind == Kind::Iterator) return &left == &right;
    if (left.kind != right.kind || left.items.size() != right.items.size()) return false;
    for (std::size_t i = 0; i < left.items.size(); ++i) {
        TRIMTAB_TRY(const bool same, equal(left.items[i], right.items[i], environment));
        if (!same) return false;
    }
    return true;
}

Result<bool> equalDictionaries(const Dictionary& left, const Dictionary& right, Environment& environment) {
    if (left.items.size() != right.items.size()) return false;
    for (const auto& [key, value] : left.items) {
        TRIMTAB_TRY(const Value* other, find(right, key, environment));
        if (!other) return false;
        TRIMTAB_TRY(const bool same, equal(value, *other, environment));
        if (!same) return false;
    }
    return true;
}

}  // namespace

Result<bool> equal(const Value& left, const Value& right, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.step());
    if (const auto order = orderOfNumbers(left, right)) return *order == std::partial_ordering::equivalent;
    const std::string *a = left.text(), *b = right.text();
    if (a && b) {
        if (a->size() != b->size()) return false;
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(a->size())));
        return *a == *b;
    }
    if (left.sequence() && right.sequence()) return equalSequences(*left.sequence(), *right.sequence(), environment);
    if (left.dictionary() && right.dictionary()) return equalDictionaries(*left.dictionary(), *right.dictionary(), environment);
    if (left.object<Callable>() && right.object<Callable>()) return refuse("comparing functions is not supported");
    if (left.space() && right.space()) return left.space() == right.space();
    if (left.loop() && right.loop()) return *left.loop() == *right.loop();
    return (left.isNone() && right.isNone()) || (left.isUndefined() && right.isUndefined());
}

Result<std::partial_ordering> order(const Value& left, const Value& right, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.step());
    if (const auto order = orderOfNumbers(left, right)) return *order;
    const std::string *a = left.text(), *b = right.text();
    if (a && b) {
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(std::min(a->size(), b->size()))));
        return *a <=> *b;  // bytes of UTF-8 are in the order of their characters
    }
    const Sequence *one = left.sequence(), *other = right.sequence();
    if (one && other && one->kind == other->kind && (one->kind == Kind::List || one->kind == Kind::Tuple)) {
        for (std::size_t i = 0; i < std::min(one->items.size(), other->items.size()); ++i) {
            TRIMTAB_TRY(const bool same, equal(one->items[i], other->items[i], environment));
            if (!same) return order(one->items[i], other->items[i], environment);
        }
        return one->items.size() <=> other->items.size();
    }
    for (const Value* value : {&left, &right})
        if (value->isUndefined()) return refuseType("an order", *value);
    return refuse(fmt::format("there is no order between '{}' and '{}'", typeName(left), typeName(right)));
}

Result<bool> contains(const Value& container, const Value& item, Environment& environment) {
    if (const std::string* text = container.text()) {
        if (!item.text()) return refuseType("in, before a text", item);
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text->size())));
        return text->find(*item.text()) != std::string::npos;
    }
    if (const Dictionary* dictionary = container.dictionary()) {
        if (item.sequence() || item.dictionary() || item.space()) return refuseType("in, before a mapping", item);
        TRIMTAB_TRY(const Value* found, find(*dictionary, item, environment));
        return found != nullptr;
    }
    TRIMTAB_TRY(Cursor cursor, Cursor::over(container, environment));
    while (const auto element = cursor.next()) {
        TRIMTAB_TRY(const bool same, equal(*element, item, environment));
        if (same) return true;
    }
    return false;
}

Result<bool> holds(const std::string& comparison, const Value& left, const Value& right, Environment& environment) {
    if (comparison == "in") return contains(right, left, environment);
    if (comparison == "not in") return contains(right, left, environment).map([](bool is) { return !is; });
    if (comparison == "==") return equal(left, right, environment);
    if (comparison == "!=") return equal(left, right, environment).map([](bool is) { return !is; });
    TRIMTAB_TRY(const auto ordering, order(left, right, environment));
    if (comparison == "<") return ordering < 0;
    if (comparison == "<=") return ordering <= 0;
    return comparison == ">" ? ordering > 0 : ordering >= 0;
}

}  // namespace trimtab::dataset::chat
