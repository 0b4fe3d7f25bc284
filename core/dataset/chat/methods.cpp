#include "core/dataset/chat/methods.h"

#include <map>

#include <fmt/format.h>

#include "core/dataset/chat/text.h"

namespace trimtab::dataset::chat {
namespace {

using Method = Result<Value> (*)(const std::string& text, const Arguments&, Environment&);

template <Side side>
Result<Value> strip(const std::string& text, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("strip()", {"chars"}));
    std::optional<std::string> characters;
    if (given[0] && !given[0]->isNone()) {
        TRIMTAB_TRY(characters, textAt(*given[0], "strip()"));
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(characters->size() * (text.size() + 1))));
    }
    return makeText(std::string(stripped(text, side, characters)), environment);
}

Result<Value> split(const std::string& text, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("split()", {"sep", "maxsplit"}));
    TRIMTAB_TRY(const auto most, wholeAt(given[1], "split()"));
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text.size() * (sizeof(std::string) + 2 * sizeof(Value)))));
    std::vector<std::string> parts;
    if (given[0] && !given[0]->isNone()) {
        TRIMTAB_TRY(const std::string separator, textAt(*given[0], "split()"));
        if (separator.empty()) return refuse("split() at an empty text");
        parts = splitAt(text, separator, most.value_or(-1));
    } else {
        parts = splitAtSpace(text, most.value_or(-1));
    }
    std::vector<Value> items;
    for (std::string& part : parts) items.push_back(Value::given(std::move(part)));
    return makeSequence(Sequence::Kind::List, std::move(items), environment);
}

template <bool atStart>
Result<Value> begins(const std::string& text, const Arguments& arguments, Environment&) {
    TRIMTAB_TRY(const auto given, arguments.bound(atStart ? "startswith()" : "endswith()", {"the text"}, 1));
    const auto fits = [&](const std::string& part) { return atStart ? text.starts_with(part) : text.ends_with(part); };
    const Sequence* several = given[0]->sequence();
    if (!several || several->kind != Sequence::Kind::Tuple) {
        TRIMTAB_TRY(const std::string part, textAt(*given[0], "startswith() and endswith()"));
        return Value::of(fits(part));
    }
    for (const Value& one : several->items) {
        TRIMTAB_TRY(const std::string part, textAt(one, "startswith() and endswith()"));
        if (fits(part)) return Value::of(true);
    }
    return Value::of(false);
}

template <Result<std::string> (*change)(std::string_view)>
Result<Value> changed(const std::string& text, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(arguments.bound("the method", {}).map([](auto&&) {}));
    TRIMTAB_TRY(std::string result, change(text));
    return makeText(std::move(result), environment);
}

Result<Value> replace(const std::string& text, const Arguments& arguments, Environment& environment) {
    if (!arguments.named.empty()) return refuse("replace() takes no arguments by name");
    TRIMTAB_TRY(const auto given, arguments.bound("replace()", {"old", "new", "count"}, 2));
    TRIMTAB_TRY(const std::string old, textAt(*given[0], "replace()"));
    TRIMTAB_TRY(const std::string with, textAt(*given[1], "replace()"));
    if (given[2] && !wholeOf(*given[2])) return refuseType("replace()", *given[2]);
    const std::int64_t most = given[2] ? *wholeOf(*given[2]) : -1;
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text.size())));
    const auto grown = static_cast<std::int64_t>(with.size());
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(occurrences(text, old, most), grown, &bytes)) return refuse("makes texts and lists that are too large");
    TRIMTAB_REQUIRE(environment.budget.make(bytes));
    return makeText(replaced(text, old, with, most), environment);
}

Result<Value> findText(const std::string& text, const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("find()", {"the text"}, 1));
    TRIMTAB_TRY(const std::string part, textAt(*given[0], "find()"));
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text.size())));
    const std::size_t at = text.find(part);
    return Value::of(at == std::string::npos ? std::int64_t{-1} : lengthOfText(std::string_view(text).substr(0, at)));
}

const std::map<std::string_view, Method>& textMethods() {
    static const std::map<std::string_view, Method> kMethods{{"strip", strip<Side::Both>},
                                                             {"lstrip", strip<Side::Left>},
                                                             {"rstrip", strip<Side::Right>},
                                                             {"split", split},
                                                             {"startswith", begins<true>},
                                                             {"endswith", begins<false>},
                                                             {"upper", changed<uppercased>},
                                                             {"lower", changed<lowercased>},
                                                             {"replace", replace},
                                                             {"title", changed<titledByLetters>},
                                                             {"capitalize", changed<capitalized>},
                                                             {"find", findText}};
    return kMethods;
}

Result<Value> ofDictionary(const Dictionary& dictionary, const std::string& name, const Arguments& arguments, Environment& environment) {
    if (name == "get") {
        if (!arguments.named.empty()) return refuse("get() takes no arguments by name");
        TRIMTAB_TRY(const auto given, arguments.bound("get()", {"the key", "default"}, 1));
        if (given[0]->sequence() || given[0]->dictionary()) return refuseType("get()", *given[0]);
        TRIMTAB_TRY(const Value* found, find(dictionary, *given[0], environment));
        return found ? *found : given[1] ? *given[1] : Value();
    }
    TRIMTAB_REQUIRE(arguments.bound("the method", {}).map([](auto&&) {}));
    std::vector<Value> items;
    for (const auto& [key, value] : dictionary.items) {
        if (name == "items") {
            TRIMTAB_TRY(Value pair, makeSequence(Sequence::Kind::Tuple, {key, value}, environment));
            items.push_back(std::move(pair));
        } else {
            items.push_back(name == "keys" ? key : value);
        }
    }
    return makeSequence(Sequence::Kind::View, std::move(items), environment);
}

}  // namespace

Result<Value> callMethod(const Callable& method, const Arguments& arguments, Environment& environment) {
    if (const Dictionary* dictionary = method.self.dictionary()) return ofDictionary(*dictionary, method.name, arguments, environment);
    TRIMTAB_TRY(const std::string text, textAt(method.self, method.name + "()"));
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text.size())));
    return textMethods().at(method.name)(text, arguments, environment);
}

}  // namespace trimtab::dataset::chat
