#include <array>
#include <map>

#include <fmt/format.h>

#include "core/dataset/chat/cursor.h"
#include "core/dataset/chat/methods.h"
#include "core/dataset/chat/printed.h"

namespace trimtab::dataset::chat {
namespace {

constexpr std::int64_t kMostOfRange = 100'000;  // Jinja2's sandbox, MAX_RANGE

Result<Value> range(const Arguments& arguments, Environment& environment) {
    if (!arguments.named.empty()) return refuse("range() takes no arguments by name");
    TRIMTAB_TRY(const auto given, arguments.bound("range()", {"start", "stop", "step"}, 1));
    std::array<std::int64_t, 3> bounds{0, 0, 1};
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!given[i]) continue;
        const auto whole = wholeOf(*given[i]);
        if (!whole) return refuseType("range()", *given[i]);
        bounds[i] = *whole;
    }
    if (!given[1]) std::swap(bounds[0], bounds[1]);
    const auto [start, stop, step] = bounds;
    if (step == 0) return refuse("range() with steps of 0");
    std::vector<Value> items;
    for (std::int64_t at = start; step > 0 ? at < stop : at > stop;) {
        if (static_cast<std::int64_t>(items.size()) == kMostOfRange)
            return refuse(fmt::format("range() of more than {} numbers", kMostOfRange));
        items.push_back(Value::of(at));
        if (__builtin_add_overflow(at, step, &at)) break;
    }
    TRIMTAB_REQUIRE(environment.budget.step(static_cast<std::int64_t>(items.size())));
    return makeSequence(Sequence::Kind::Range, std::move(items), environment);
}

/// What dict() and namespace() make of a mapping or pairs, and of what is named.
Result<std::vector<std::pair<Value, Value>>> membersOf(const std::string& name, const Arguments& arguments, Environment& environment) {
    std::vector<std::pair<Value, Value>> items;
    if (arguments.positional.size() > 1) return refuse(name + "() takes one argument without a name");
    if (!arguments.positional.empty()) {
        const Value& source = arguments.positional.front();
        if (const Dictionary* dictionary = source.dictionary()) {
            items = dictionary->items;
        } else {
            TRIMTAB_TRY(const auto pairs, elementsOf(source, environment));
            for (const Value& pair : pairs) {
                TRIMTAB_TRY(auto parts, elementsOf(pair, environment));
                if (parts.size() != 2) return refuse(name + "() of elements that are no pairs");
                TRIMTAB_REQUIRE(put(items, parts[0], std::move(parts[1]), environment));
            }
        }
    }
    for (const auto& [key, value] : arguments.named) TRIMTAB_REQUIRE(put(items, Value::given(key), value, environment));
    return items;
}

Result<Value> space(const Arguments& arguments, std::vector<std::shared_ptr<Namespace>>& spaces, Environment& environment) {
    TRIMTAB_TRY(auto members, membersOf("namespace", arguments, environment));
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>((members.size() + 1) * 4 * sizeof(Value))));
    auto made = std::make_shared<Namespace>();
    for (auto& [key, value] : members) {
        if (!key.text()) return refuseType("the name of an attribute", key);
        made->attributes[*key.text()] = std::move(value);
    }
    spaces.push_back(made);
    return Value(Value::Content(std::move(made)));
}

Result<Value> raise(const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("raise_exception()", {"message"}, 1));
    TRIMTAB_TRY(std::string message, printed(*given[0], environment));
    return refuse(message.empty() ? "the template refuses these messages" : std::move(message));
}

Result<Value> strftimeNow(const Arguments& arguments, Environment& environment) {
    TRIMTAB_TRY(const auto given, arguments.bound("strftime_now()", {"format"}, 1));
    TRIMTAB_TRY(const std::string format, textAt(*given[0], "strftime_now()"));
    TRIMTAB_TRY(std::string text, formattedTime(environment.now, format));
    return makeText(std::move(text), environment);
}

}  // namespace

bool isFunction(const std::string& name) {
    for (const char* known : {"range", "namespace", "dict", "raise_exception", "strftime_now", "cycler", "joiner", "lipsum"})
        if (name == known) return true;
    return false;
}

Result<Value> callFunction(const std::string& name, const Arguments& arguments, std::vector<std::shared_ptr<Namespace>>& spaces,
                           Environment& environment) {
    if (name == "range") return range(arguments, environment);
    if (name == "namespace") return space(arguments, spaces, environment);
    if (name == "raise_exception") return raise(arguments, environment);
    if (name == "strftime_now") return strftimeNow(arguments, environment);
    if (name != "dict") return refuse(fmt::format("the function {}() is not supported", name));
    TRIMTAB_TRY(auto members, membersOf(name, arguments, environment));
    return makeDictionary(std::move(members), environment);
}

Result<std::string> formattedTime(const std::tm& time, std::string_view format) {
    constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
    constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    const std::string month = kMonths[static_cast<unsigned>(time.tm_mon) % 12], day = kDays[static_cast<unsigned>(time.tm_wday) % 7];
    const int hour = time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12;
    const std::map<char, std::string> texts{{'Y', fmt::format("{}", time.tm_year + 1900)},
                                            {'y', fmt::format("{:02}", time.tm_year % 100)},
                                            {'m', fmt::format("{:02}", time.tm_mon + 1)},
                                            {'d', fmt::format("{:02}", time.tm_mday)},
                                            {'j', fmt::format("{:03}", time.tm_yday + 1)},
                                            {'H', fmt::format("{:02}", time.tm_hour)},
                                            {'I', fmt::format("{:02}", hour)},
                                            {'M', fmt::format("{:02}", time.tm_min)},
                                            {'S', fmt::format("{:02}", time.tm_sec)},
                                            {'p', time.tm_hour < 12 ? "AM" : "PM"},
                                            {'B', month},
                                            {'b', month.substr(0, 3)},
                                            {'A', day},
                                            {'a', day.substr(0, 3)},
                                            {'%', "%"}};
    std::string text;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') {
            text += format[i];
            continue;
        }
        const bool isPlain = i + 1 < format.size() && format[i + 1] == '-';  // "%-d": without the zeros before
        i += isPlain ? 2 : 1;
        const auto known = i < format.size() ? texts.find(format[i]) : texts.end();
        if (known == texts.end()) return refuse(fmt::format("strftime_now(\"{:.80}\") is not supported", format));
        const bool strips = isPlain && known->second.find_first_not_of("0123456789") == std::string::npos;
        text += strips ? known->second.substr(std::min(known->second.find_first_not_of('0'), known->second.size() - 1)) : known->second;
    }
    return text;
}

}  // namespace trimtab::dataset::chat
