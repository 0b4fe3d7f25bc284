#include <map>

#include <fmt/format.h>

#include "core/dataset/chat/arithmetic.h"
#include "core/dataset/chat/compare.h"
#include "core/dataset/chat/filters.h"

namespace trimtab::dataset::chat {
namespace {

bool isSequence(const Value& value) {
    const Sequence* sequence = value.sequence();
    const bool hasItems = sequence && sequence->kind != Sequence::Kind::View && sequence->kind != Sequence::Kind::Iterator;
    return hasItems || value.text() || value.dictionary() || value.isUndefined();
}

bool isIterable(const Value& value) {
    return value.sequence() || value.text() || value.dictionary() || value.isUndefined() || value.loop();
}

bool isWhole(const Value& value) { return value.as<std::int64_t>() != nullptr; }

using Plain = bool (*)(const Value&);

Plain plainTest(const std::string& name) {
    static const std::map<std::string_view, Plain> kTests{
        {"defined", [](const Value& value) { return !value.isUndefined(); }},
        {"undefined", [](const Value& value) { return value.isUndefined(); }},
        {"none", [](const Value& value) { return value.isNone(); }},
        {"string", [](const Value& value) { return value.text() != nullptr; }},
        {"number", [](const Value& value) { return numberOf(value).has_value(); }},
        {"integer", isWhole},
        {"float", [](const Value& value) { return value.as<double>() != nullptr; }},
        {"boolean", [](const Value& value) { return value.as<bool>() != nullptr; }},
        {"true", [](const Value& value) { return value.as<bool>() && *value.as<bool>(); }},
        {"false", [](const Value& value) { return value.as<bool>() && !*value.as<bool>(); }},
        {"mapping", [](const Value& value) { return value.dictionary() != nullptr; }},
        {"sequence", isSequence},
        {"iterable", isIterable}};
    const auto found = kTests.find(name);
    return found == kTests.end() ? nullptr : found->second;
}

std::string comparisonOf(const std::string& name) {
    static const std::map<std::string_view, const char*> kNames{
        {"eq", "=="}, {"equalto", "=="},  {"==", "=="}, {"ne", "!="}, {"!=", "!="}, {"lt", "<"},  {"lessthan", "<"}, {"<", "<"},
        {"gt", ">"},  {"greaterthan", ">"}, {">", ">"}, {"le", "<="}, {"<=", "<="}, {"ge", ">="}, {">=", ">="},      {"in", "in"}};
    const auto found = kNames.find(name);
    return found == kNames.end() ? "" : found->second;
}

/// `value % divisor == remainder`
Result<bool> leaves(const Value& value, const Value& divisor, std::int64_t remainder, Environment& environment) {
    TRIMTAB_TRY(const Value left, calculate("%", value, divisor, environment));
    return equal(left, Value::of(remainder), environment);
}

}  // namespace

Result<bool> tested(const std::string& name, const Value& value, const Arguments& arguments, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.step());
    if (const Plain test = plainTest(name)) {
        TRIMTAB_REQUIRE(arguments.bound(name, {}).map([](auto&&) {}));
        return test(value);
    }
    if (name == "odd" || name == "even") {
        TRIMTAB_REQUIRE(arguments.bound(name, {}).map([](auto&&) {}));
        return leaves(value, Value::of(std::int64_t{2}), name == "odd" ? 1 : 0, environment);
    }
    const std::string comparison = comparisonOf(name);
    if (comparison.empty() && name != "divisibleby") return refuse(fmt::format("the test '{:.40}' is not supported", name));
    TRIMTAB_TRY(const auto given, arguments.bound(name, {"the other"}, 1));
    if (comparison.empty()) return leaves(value, *given[0], 0, environment);
    return holds(comparison, value, *given[0], environment);
}

}  // namespace trimtab::dataset::chat
