#include "core/dataset/chat/value.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/chat/compare.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

constexpr int kMostDepth = 64;

int depthOf(const Value& value) {
    if (const Sequence* sequence = value.sequence()) return sequence->depth;
    if (const Dictionary* dictionary = value.dictionary()) return dictionary->depth;
    if (const Callable* callable = value.object<Callable>()) return 1 + depthOf(callable->self);
    return 0;
}

Result<int> above(int depth) {
    if (depth >= kMostDepth) return fail(ErrorCode::Refused, fmt::format("nests lists and mappings deeper than {}", kMostDepth));
    return depth + 1;
}

bool canBeKey(const Value& value) {
    return value.as<Text>() || value.isNone() || value.as<bool>() || value.as<std::int64_t>() || value.as<double>();
}

struct TypeName {
    std::string operator()(const Undefined&) const { return "Undefined"; }
    std::string operator()(const None&) const { return "NoneType"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(std::int64_t) const { return "int"; }
    std::string operator()(double) const { return "float"; }
    std::string operator()(const Text&) const { return "str"; }
    std::string operator()(const std::shared_ptr<const Sequence>& sequence) const {
        constexpr const char* kNames[] = {"list", "tuple", "range", "view", "iterator"};
        return kNames[static_cast<std::size_t>(sequence->kind)];
    }
    std::string operator()(const std::shared_ptr<const Dictionary>&) const { return "dict"; }
    std::string operator()(const std::shared_ptr<Namespace>&) const { return "namespace"; }
    std::string operator()(const std::shared_ptr<const Callable>& callable) const { return "function " + callable->name; }
    std::string operator()(const std::shared_ptr<Loop>&) const { return "loop"; }
};

}  // namespace

Value Value::undefined(std::string why) { return Value(Content(Undefined{std::make_shared<const std::string>(std::move(why))})); }

Value Value::given(std::string text) { return Value(Content(Text{std::make_shared<const std::string>(std::move(text)), false})); }

std::string typeName(const Value& value) { return std::visit(TypeName{}, value.content()); }

bool isTrue(const Value& value) {
    if (value.isUndefined() || value.isNone()) return false;
    if (const bool* truth = value.as<bool>()) return *truth;
    if (const auto number = numberOf(value)) return *number != 0;
    if (const std::string* text = value.text()) return !text->empty();
    if (const Sequence* sequence = value.sequence()) return sequence->kind == Sequence::Kind::Iterator || !sequence->items.empty();
    if (const Dictionary* dictionary = value.dictionary()) return !dictionary->items.empty();
    return true;
}

std::optional<std::int64_t> wholeOf(const Value& value) {
    if (const bool* truth = value.as<bool>()) return *truth ? 1 : 0;
    if (const auto* whole = value.as<std::int64_t>()) return *whole;
    return {};
}

std::optional<double> numberOf(const Value& value) {
    if (const auto whole = wholeOf(value)) return static_cast<double>(*whole);
    if (const double* real = value.as<double>()) return *real;
    return {};
}

Result<Value> makeText(std::string text, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text.size() + sizeof(Value))));
    return Value::given(std::move(text));
}

Result<Value> makeSequence(Sequence::Kind kind, std::vector<Value> items, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>((items.size() + 2) * sizeof(Value))));
    int depth = 0;
    for (const Value& item : items) depth = std::max(depth, depthOf(item));
    TRIMTAB_TRY(depth, above(depth));
    return Value(Value::Content(std::make_shared<const Sequence>(Sequence{kind, std::move(items), depth})));
}

Result<Value> makeDictionary(std::vector<std::pair<Value, Value>> items, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>((2 * items.size() + 2) * sizeof(Value))));
    int depth = 0;
    for (const auto& item : items) depth = std::max(depth, depthOf(item.second));
    TRIMTAB_TRY(depth, above(depth));
    return Value(Value::Content(std::make_shared<const Dictionary>(Dictionary{std::move(items), depth})));
}

Result<const Value*> find(const Dictionary& dictionary, const Value& key, Environment& environment) {
    if (!canBeKey(key)) return nullptr;
    for (const auto& [own, value] : dictionary.items) {
        TRIMTAB_TRY(const bool same, equal(own, key, environment));
        if (same) return &value;
    }
    return nullptr;
}

Status put(std::vector<std::pair<Value, Value>>& items, const Value& key, Value value, Environment& environment) {
    if (!canBeKey(key)) return refuseType("the key of a mapping", key);
    for (auto& [own, held] : items) {
        TRIMTAB_TRY(const bool same, equal(own, key, environment));
        if (!same) continue;
        held = std::move(value);
        return {};
    }
    items.emplace_back(key, std::move(value));
    return {};
}

Result<Value> valueOf(const Json& json, Environment& environment) {
    TRIMTAB_REQUIRE(environment.budget.step());
    if (json.is_boolean()) return Value::of(json.get<bool>());
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return refuse("a number is too large");
    if (json.is_number_integer()) return Value::of(json.get<std::int64_t>());
    if (json.is_number()) return Value::of(json.get<double>());
    if (json.is_string()) return makeText(tokenizers::repaired(json.get_ref<const std::string&>()), environment);
    if (json.is_array()) {
        std::vector<Value> items;
        for (const Json& item : json) {
            TRIMTAB_TRY(Value value, valueOf(item, environment));
            items.push_back(std::move(value));
        }
        return makeSequence(Sequence::Kind::List, std::move(items), environment);
    }
    if (!json.is_object()) return Value();
    std::vector<std::pair<Value, Value>> items;
    for (const auto& [key, member] : json.items()) {
        TRIMTAB_TRY(Value value, valueOf(member, environment));
        items.emplace_back(Value::given(tokenizers::repaired(key)), std::move(value));
    }
    return makeDictionary(std::move(items), environment);
}

tl::unexpected<Error> refuseType(std::string_view operation, const Value& value) {
    if (const Undefined* undefined = value.as<Undefined>()) return refuse(*undefined->why);
    return refuse(fmt::format("'{}' is not taken by {}", typeName(value), operation));
}

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::Refused, std::move(message)); }

}  // namespace trimtab::dataset::chat
