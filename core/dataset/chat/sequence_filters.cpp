// Filters of what has elements.
#include <algorithm>
#include <map>

#include "core/dataset/chat/access.h"
#include "core/dataset/chat/compare.h"
#include "core/dataset/chat/cursor.h"
#include "core/dataset/chat/filters.h"
#include "core/dataset/chat/printed.h"

namespace trimtab::dataset::chat {
namespace {

using Kind = Sequence::Kind;

Result<Value> length(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("length", {}).map([](auto&&) {}));
    return lengthOf(value, environment).map([](std::int64_t count) { return Value::of(count); });
}

Result<Value> fallback(const Value& value, const Arguments& arguments, Environment&) {
    TRIMTAB_TRY(const auto given, arguments.bound("default", {"default_value", "boolean"}));
    if (!value.isUndefined() && !(flagAt(given[1]) && !isTrue(value))) return value;
    return given[0] ? *given[0] : Value::given("");
}

Result<Value> join(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("join", {"d", "attribute"}));
    TRIMTAB_TRY(const std::string between, given[0] ? printed(*given[0], environment) : Result<std::string>(""));
    TRIMTAB_TRY(const auto elements, elementsOf(value, environment));
    std::string text;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        TRIMTAB_TRY(const Value part, partOf(elements[i], given[1] ? *given[1] : Value(), nullptr, environment));
        TRIMTAB_TRY(const std::string one, printed(part, environment));
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(between.size() + one.size())));
        if (i > 0) text += between;
        text += one;
    }
    return makeText(std::move(text), environment);
}

Result<Value> first(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("first", {}).map([](auto&&) {}));
    TRIMTAB_TRY(Cursor cursor, Cursor::over(value, environment));
    return cursor.next().value_or(Value::undefined("No first item, sequence was empty."));
}

Result<Value> last(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("last", {}).map([](auto&&) {}));
    if (value.sequence() && value.sequence()->kind == Kind::Iterator) return refuseType("last", value);
    TRIMTAB_TRY(auto elements, elementsOf(value, environment));
    if (elements.empty()) return Value::undefined("No last item, sequence was empty.");
    return std::move(elements.back());
}

Result<Value> list(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("list", {}).map([](auto&&) {}));
    TRIMTAB_TRY(auto elements, elementsOf(value, environment));
    return makeSequence(Kind::List, std::move(elements), environment);
}

Result<Value> items(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("items", {}).map([](auto&&) {}));
    std::vector<Value> pairs;
    if (!value.isUndefined()) {
        if (!value.dictionary()) return refuseType("items", value);
        for (const auto& [key, member] : value.dictionary()->items) {
            TRIMTAB_TRY(Value pair, makeSequence(Kind::Tuple, {key, member}, environment));
            pairs.push_back(std::move(pair));
        }
    }
    return makeSequence(Kind::Iterator, std::move(pairs), environment);
}

Result<Value> reverse(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("reverse", {}).map([](auto&&) {}));
    if (value.text()) return sliceOf(value, {.start = {}, .stop = {}, .step = -1}, environment);
    const bool isIterator = value.sequence() && value.sequence()->kind == Kind::Iterator;
    TRIMTAB_TRY(auto elements, elementsOf(value, environment));
    std::ranges::reverse(elements);
    return makeSequence(isIterator ? Kind::List : Kind::Iterator, std::move(elements), environment);
}

/// Texts count without their case, unless it matters.
Result<Value> keyOf(const Value& value, bool caseMatters, Environment& environment) {
    if (caseMatters || !value.text()) return value;
    return filtered("lower", value, {}, environment);
}

using Keyed = std::pair<Value, Value>;  // key, element

/// Stable. An error of a comparison is that of the sort; until it ends, elements count as they stand.
Result<std::vector<Value>> sorted(std::vector<Keyed> elements, bool descending, Environment& environment) {
    Status status;
    const auto isBefore = [&](const Keyed& a, const Keyed& b) {
        if (!status) return false;
        const auto ordering = order(descending ? b.first : a.first, descending ? a.first : b.first, environment);
        if (!ordering) status = fail(ordering.error());
        return ordering && *ordering < 0;
    };
    // Insertion into halves is wanted here: std's sorts may not be left when a comparison fails, nor may NaN break their order.
    std::vector<Keyed> placed;
    for (Keyed& element : elements) {
        auto low = placed.begin(), high = placed.end();
        while (status && low != high) {
            const auto middle = low + (high - low) / 2;
            if (isBefore(element, *middle)) high = middle;
            else low = middle + 1;
        }
        TRIMTAB_REQUIRE(environment.budget.step(1 + (placed.end() - low) / 4));
        if (!status) return fail(status.error());
        placed.insert(low, std::move(element));
    }
    std::vector<Value> result;
    for (Keyed& element : placed) result.push_back(std::move(element.second));
    return result;
}

Result<Value> sort(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("sort", {"reverse", "case_sensitive", "attribute"}));
    if (given[2] && given[2]->text() && given[2]->text()->find(',') != std::string::npos)
        return refuse("sort by several attributes is not supported");
    TRIMTAB_TRY(const auto elements, elementsOf(value, environment));
    std::vector<Keyed> keyed;
    for (const Value& element : elements) {
        TRIMTAB_TRY(const Value part, partOf(element, given[2] ? *given[2] : Value(), nullptr, environment));
        TRIMTAB_TRY(Value key, keyOf(part, flagAt(given[1]), environment));
        TRIMTAB_TRY(Value wrapped, makeSequence(Kind::List, {std::move(key)}, environment));  // so equal values need no order
        keyed.emplace_back(std::move(wrapped), element);
    }
    TRIMTAB_TRY(auto result, sorted(std::move(keyed), flagAt(given[0]), environment));
    return makeSequence(Kind::List, std::move(result), environment);
}

Result<Value> sortDictionary(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("dictsort", {"case_sensitive", "by", "reverse"}));
    if (!value.dictionary()) return refuseType("dictsort", value);
    const std::string by = given[1] && given[1]->text() ? *given[1]->text() : given[1] ? "" : "key";
    if (by != "key" && by != "value") return refuse("dictsort sorts by \"key\" or \"value\"");
    std::vector<Keyed> keyed;
    for (const auto& [key, member] : value.dictionary()->items) {
        TRIMTAB_TRY(Value part, keyOf(by == "key" ? key : member, flagAt(given[0]), environment));
        TRIMTAB_TRY(Value pair, makeSequence(Kind::Tuple, {key, member}, environment));
        keyed.emplace_back(std::move(part), std::move(pair));
    }
    TRIMTAB_TRY(auto result, sorted(std::move(keyed), flagAt(given[2]), environment));
    return makeSequence(Kind::List, std::move(result), environment);
}

Result<Value> unique(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("unique", {"case_sensitive", "attribute"}));
    TRIMTAB_TRY(const auto elements, elementsOf(value, environment));
    std::vector<Value> seen, kept;
    for (const Value& element : elements) {
        TRIMTAB_TRY(const Value part, partOf(element, given[1] ? *given[1] : Value(), nullptr, environment));
        TRIMTAB_TRY(Value key, keyOf(part, flagAt(given[0]), environment));
        if (key.sequence() || key.dictionary()) return refuseType("unique", key);
        bool isKnown = false;
        for (std::size_t i = 0; i < seen.size() && !isKnown; ++i) {
            TRIMTAB_TRY(isKnown, equal(seen[i], key, environment));
        }
        if (isKnown) continue;
        seen.push_back(std::move(key));
        kept.push_back(element);
    }
    return makeSequence(Kind::Iterator, std::move(kept), environment);
}

}  // namespace

FilterFunction sequenceFilter(const std::string& name) {
    static const std::map<std::string_view, FilterFunction> kFilters{
        {"length", length}, {"count", length}, {"default", fallback}, {"d", fallback},       {"join", join},
        {"first", first},   {"last", last},    {"list", list},        {"items", items},      {"reverse", reverse},
        {"sort", sort},     {"unique", unique}, {"dictsort", sortDictionary}};
    const auto found = kFilters.find(name);
    return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace trimtab::dataset::chat
