// Filters that give a text or a number.
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/dataset/chat/arithmetic.h"
#include "core/dataset/chat/filters.h"
#include "core/dataset/chat/printed.h"
#include "core/dataset/chat/text.h"

namespace trimtab::dataset::chat {
namespace {

/// Filters take the text of a value that is none.
Result<std::string> textOf(const Value& value, Environment& environment) {
    if (value.isMarkup()) return refuse("a filter of a text that is marked as safe is not supported");
    return printed(value, environment);
}

Result<Value> trim(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("trim", {"chars"}));
    TRIMTAB_TRY(const std::string text, textOf(value, environment));
    std::optional<std::string> characters;
    if (given[0] && !given[0]->isNone()) {
        TRIMTAB_TRY(characters, textAt(*given[0], "trim"));
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(characters->size() * (text.size() + 1))));
    }
    return makeText(std::string(stripped(text, Side::Both, characters)), environment);
}

template <Result<std::string> (*change)(std::string_view)>
Result<Value> changed(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("the filter", {}).map([](auto&&) {}));
    TRIMTAB_TRY(const std::string text, textOf(value, environment));
    TRIMTAB_TRY(std::string result, change(text));
    return makeText(std::move(result), environment);
}

Result<Value> string(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("string", {}).map([](auto&&) {}));
    if (value.text()) return value;
    TRIMTAB_TRY(std::string text, printed(value, environment));
    return makeText(std::move(text), environment);
}

Result<Value> safe(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("safe", {}).map([](auto&&) {}));
    TRIMTAB_TRY(std::string text, printed(value, environment));
    return Value(Value::Content(Text{std::make_shared<const std::string>(std::move(text)), true}));
}

Result<Value> replace(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("replace", {"old", "new", "count"}, 2));
    TRIMTAB_TRY(const std::string text, textOf(value, environment));
    TRIMTAB_TRY(const std::string old, textOf(*given[0], environment));
    TRIMTAB_TRY(const std::string with, textOf(*given[1], environment));
    TRIMTAB_TRY(const auto most, wholeAt(given[2], "replace"));
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(occurrences(text, old, most.value_or(-1)), static_cast<std::int64_t>(with.size()), &bytes))
        return refuse("makes texts and lists that are too large");
    TRIMTAB_REQUIRE(environment.budget.make(bytes));
    return makeText(replaced(text, old, with, most.value_or(-1)), environment);
}

Result<Value> indent(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("indent", {"width", "first", "blank"}));
    TRIMTAB_TRY(const std::string text, textAt(value, "indent"));
    std::string by = "    ";
    if (given[0] && given[0]->text()) {
        by = *given[0]->text();
    } else if (given[0]) {
        const auto width = wholeOf(*given[0]);
        if (!width) return refuseType("indent", *given[0]);
        TRIMTAB_REQUIRE(environment.budget.make(std::max<std::int64_t>(*width, 0)));
        by.assign(static_cast<std::size_t>(std::max<std::int64_t>(*width, 0)), ' ');
    }
    const std::vector<std::string> lines = linesOf(text + "\n");
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>((lines.size() + 1) * (by.size() + sizeof(Value)))));
    std::string result = flagAt(given[1]) ? by : "";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) result += '\n';
        if (i > 0 && (flagAt(given[2]) || !lines[i].empty())) result += by;
        result += lines[i];
    }
    return makeText(std::move(result), environment);
}

Result<Value> whole(const Value& value, const Arguments& arguments, Environment&) {
    TRIMTAB_TRY(const auto given, arguments.bound("int", {"default"}));
    const Value fallback = given[0] ? *given[0] : Value::of(std::int64_t{0});
    std::optional<double> real = numberOf(value);
    if (const auto known = wholeOf(value)) return Value::of(*known);
    if (real && std::isinf(*real)) return refuse("int of an infinite number");
    if (value.isUndefined()) return refuseType("int", value);
    if (const std::string* text = value.text()) {
        TRIMTAB_TRY(const auto read, wholeIn(*text));
        if (read) return Value::of(*read);
        TRIMTAB_TRY(real, realIn(*text));
    }
    if (!real || !std::isfinite(*real)) return fallback;
    if (std::abs(*real) >= 0x1p63) return refuse("a number is too large");
    return Value::of(static_cast<std::int64_t>(*real));
}

Result<Value> real(const Value& value, const Arguments& arguments, Environment&) {
    TRIMTAB_TRY(const auto given, arguments.bound("float", {"default"}));
    if (value.isUndefined()) return refuseType("float", value);
    std::optional<double> number = numberOf(value);
    if (value.text()) {
        TRIMTAB_TRY(number, realIn(*value.text()));
    }
    if (number) return Value::of(*number);
    return given[0] ? *given[0] : Value::of(0.0);
}

/// "indent" is a number of spaces or the text itself, "separators" a pair, as json.dumps() takes them.
Result<Value> toJson(const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"}));
    JsonStyle style{.onlyAscii = flagAt(given[0]), .indent = {}, .sortsKeys = flagAt(given[3])};
    if (given[1] && given[1]->text()) {
        style.indent = *given[1]->text();
    } else {
        TRIMTAB_TRY(const auto width, wholeAt(given[1], "tojson"));
        TRIMTAB_REQUIRE(environment.budget.make(std::max<std::int64_t>(width.value_or(0), 0)));
        if (width) style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(*width, 0)), ' ');
    }
    if (style.indent) style.betweenItems = ",";
    if (given[2] && !given[2]->isNone()) {
        const Sequence* pair = given[2]->sequence();
        if (!pair || pair->items.size() != 2) return refuseType("the separators of tojson", *given[2]);
        TRIMTAB_TRY(style.betweenItems, textAt(pair->items[0], "tojson"));
        TRIMTAB_TRY(style.behindKey, textAt(pair->items[1], "tojson"));
    }
    TRIMTAB_TRY(std::string text, jsonOf(value, style, environment));
    return makeText(std::move(text), environment);
}

}  // namespace

FilterFunction textFilter(const std::string& name) {
    static const std::map<std::string_view, FilterFunction> kFilters{{"trim", trim},
                                                             {"upper", changed<uppercased>},
                                                             {"lower", changed<lowercased>},
                                                             {"capitalize", changed<capitalized>},
                                                             {"title", changed<titled>},
                                                             {"string", string},
                                                             {"safe", safe},
                                                             {"replace", replace},
                                                             {"indent", indent},
                                                             {"int", whole},
                                                             {"float", real},
                                                             {"tojson", toJson}};
    const auto found = kFilters.find(name);
    return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace trimtab::dataset::chat
