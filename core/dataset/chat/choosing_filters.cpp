// Filters that go over elements with another filter or a test: map, select, reject, selectattr, rejectattr. What they give is read once.
#include <map>

#include "core/dataset/chat/access.h"
#include "core/dataset/chat/cursor.h"
#include "core/dataset/chat/filters.h"

namespace trimtab::dataset::chat {
namespace {

Result<std::string> nameAt(const Arguments& arguments, std::size_t index, std::string_view what) {
    return textAt(arguments.positional[index], what);
}

Arguments behind(const Arguments& arguments, std::size_t count) {
    Arguments rest = arguments;
    rest.positional.erase(rest.positional.begin(), rest.positional.begin() + static_cast<std::ptrdiff_t>(count));
    return rest;
}

Result<Value> iterator(std::vector<Value> items, Environment& environment) {
    return makeSequence(Sequence::Kind::Iterator, std::move(items), environment);
}

Result<Value> mapParts(const std::vector<Value>& elements, const Arguments& arguments, Environment& environment) {
    const Value *path = nullptr, *fallback = nullptr;
    for (const auto& [name, value] : arguments.named) {
        if (name == "attribute") path = &value;
        else if (name == "default") fallback = &value;
        else return refuse("map has no argument '" + name + "' here");
    }
    if (!path) return refuse("map lacks a filter or an attribute");
    std::vector<Value> parts;
    for (const Value& element : elements) {
        TRIMTAB_TRY(Value part, partOf(element, *path, fallback, environment));
        parts.push_back(std::move(part));
    }
    return iterator(std::move(parts), environment);
}

Result<Value> map(const Value& value, const Arguments& arguments, Environment& environment) {
    if (!isTrue(value)) return iterator({}, environment);
    TRIMTAB_TRY(const auto elements, elementsOf(value, environment));
    if (arguments.positional.empty()) return mapParts(elements, arguments, environment);
    TRIMTAB_TRY(const std::string name, nameAt(arguments, 0, "map"));
    if (name == "map" || choosingFilter(name)) return refuse("map with the filter '" + name + "' is not supported");
    const Arguments rest = behind(arguments, 1);
    std::vector<Value> results;
    for (const Value& element : elements) {
        TRIMTAB_TRY(Value result, filtered(name, element, rest, environment));
        results.push_back(std::move(result));
    }
    return iterator(std::move(results), environment);
}

/// Keeps the elements whose part `passes` a test, or without one is true.
template <bool wanted, bool byAttribute>
Result<Value> choose(const Value& value, const Arguments& arguments, Environment& environment) {
    constexpr std::size_t kBefore = byAttribute ? 1 : 0;
    if (!isTrue(value)) return iterator({}, environment);
    TRIMTAB_TRY(const auto elements, elementsOf(value, environment));
    if (arguments.positional.size() < kBefore) return refuse("selectattr and rejectattr lack the attribute");
    const bool hasTest = arguments.positional.size() > kBefore;
    TRIMTAB_TRY(const std::string test, hasTest ? nameAt(arguments, kBefore, "a test") : Result<std::string>(""));
    const Arguments rest = behind(arguments, kBefore + (hasTest ? 1 : 0));
    std::vector<Value> chosen;
    for (const Value& element : elements) {
        TRIMTAB_TRY(const Value part, partOf(element, byAttribute ? arguments.positional.front() : Value(), nullptr, environment));
        TRIMTAB_TRY(const bool passes, hasTest ? tested(test, part, rest, environment) : Result<bool>(isTrue(part)));
        if (passes == wanted) chosen.push_back(element);
    }
    return iterator(std::move(chosen), environment);
}

}  // namespace

FilterFunction choosingFilter(const std::string& name) {
    static const std::map<std::string_view, FilterFunction> kFilters{{"map", map},
                                                             {"select", choose<true, false>},
                                                             {"reject", choose<false, false>},
                                                             {"selectattr", choose<true, true>},
                                                             {"rejectattr", choose<false, true>}};
    const auto found = kFilters.find(name);
    return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace trimtab::dataset::chat
