#include "core/dataset/chat/access.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/chat/arithmetic.h"
#include "core/dataset/chat/loop.h"

namespace trimtab::dataset::chat {
namespace {

using Names = std::vector<std::string_view>;
using Kind = Sequence::Kind;

/// What a type of Python has beside what every value has.
struct TypeAttributes {
    Names methods;      // that are called here
    Names others;       // that are not
    Names changing;     // that a sandbox keeps from templates
};

const TypeAttributes& attributesOf(const Value& value) {
    static const TypeAttributes kNone;
    static const TypeAttributes kText{
        {"strip", "lstrip", "rstrip", "split", "startswith", "endswith", "upper", "lower", "replace", "title", "capitalize", "find"},
        {"casefold",     "center",       "count",       "encode",  "expandtabs", "format",    "format_map", "index",        "isalnum",
         "isalpha",      "isascii",      "isdecimal",   "isdigit", "isidentifier", "islower", "isnumeric",  "isprintable",  "isspace",
         "istitle",      "isupper",      "join",        "ljust",   "maketrans",  "partition", "removeprefix", "removesuffix", "rfind",
         "rindex",       "rjust",        "rpartition",  "rsplit",  "splitlines", "swapcase",  "translate",  "zfill"},
        {}};
    static const TypeAttributes kDictionary{
        {"get", "items", "keys", "values"}, {"copy", "fromkeys"}, {"clear", "pop", "popitem", "setdefault", "update"}};
    static const TypeAttributes kList{
        {}, {"copy", "count", "index"}, {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}};
    static const TypeAttributes kTuple{{}, {"count", "index"}, {}};
    static const TypeAttributes kRange{{}, {"count", "index", "start", "step", "stop"}, {}};
    static const TypeAttributes kView{{}, {"isdisjoint", "mapping"}, {}};
    static const TypeAttributes kIterator{
        {}, {"close", "send", "throw", "gi_code", "gi_frame", "gi_running", "gi_suspended", "gi_yieldfrom"}, {}};
    static const TypeAttributes kWhole{{},
                                       {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag",
                                        "is_integer", "numerator", "real", "to_bytes"},
                                       {}};
    static const TypeAttributes kReal{{}, {"as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"}, {}};
    if (value.text()) return kText;
    if (value.dictionary()) return kDictionary;
    if (const Sequence* sequence = value.sequence()) {
        const TypeAttributes* const kinds[] = {&kList, &kTuple, &kRange, &kView, &kIterator};
        return *kinds[static_cast<std::size_t>(sequence->kind)];
    }
    if (wholeOf(value)) return kWhole;
    return value.as<double>() ? kReal : kNone;
}

bool isAmong(const Names& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

/// The attribute of the type; nothing where it has none of that name.
Result<std::optional<Value>> ofType(const Value& object, const std::string& name) {
    const TypeAttributes& known = attributesOf(object);
    if (object.object<Callable>() || name.starts_with("__") || isAmong(known.others, name))
        return refuse(fmt::format("'{:.40}' of the type '{}' is not supported", name, typeName(object)));
    if (isAmong(known.changing, name))
        return refuse(fmt::format("'{}' would change a value of the type '{}', which the sandbox of chat templates keeps from them", name,
                                  typeName(object)));
    if (!isAmong(known.methods, name)) return std::optional<Value>();
    return std::optional(Value(Value::Content(std::make_shared<const Callable>(Callable{Callable::Kind::Method, name, object}))));
}

Value nothing(const Value& object, std::string_view name) {
    return Value::undefined(fmt::format("'{}' has no '{:.80}'", typeName(object), name));
}

std::optional<Value> inSpace(const Value& object, const std::string& name) {
    const auto& attributes = object.space()->attributes;
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::optional<Value>() : found->second;
}

Result<Value> byIndex(const Value& object, std::int64_t index, Environment& environment) {
    const auto at = [&](std::int64_t length) -> std::optional<std::size_t> {
        if (index < 0) index += length;
        return index >= 0 && index < length ? std::optional(static_cast<std::size_t>(index)) : std::nullopt;
    };
    if (const Sequence* sequence = object.sequence()) {
        const bool hasItems = sequence->kind != Kind::View && sequence->kind != Kind::Iterator;
        const auto place = at(static_cast<std::int64_t>(sequence->items.size()));
        return hasItems && place ? sequence->items[*place] : nothing(object, std::to_string(index));
    }
    if (object.isMarkup()) return refuse("a character of a text that is marked as safe is not supported");
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(object.text()->size() * sizeof(std::string_view))));
    const auto characters = charactersOf(*object.text());
    const auto place = at(static_cast<std::int64_t>(characters.size()));
    return place ? makeText(std::string(characters[*place]), environment) : nothing(object, std::to_string(index));
}

}  // namespace

Result<Value> attributeOf(const Value& object, const std::string& name, Environment& environment) {
    if (object.isUndefined()) return refuseType("an attribute", object);
    if (object.loop()) return (*object.loop())->attribute(name);
    if (object.space() && !name.starts_with("__")) return inSpace(object, name).value_or(nothing(object, name));
    TRIMTAB_TRY(auto attribute, ofType(object, name));
    if (attribute) return std::move(*attribute);
    if (const Dictionary* dictionary = object.dictionary()) {
        TRIMTAB_TRY(const Value* item, find(*dictionary, Value::given(name), environment));
        if (item) return *item;
    }
    return nothing(object, name);
}

Result<Value> itemOf(const Value& object, const Value& key, Environment& environment) {
    if (object.isUndefined()) return refuseType("a subscript", object);
    if (const Dictionary* dictionary = object.dictionary()) {
        TRIMTAB_TRY(const Value* item, find(*dictionary, key, environment));
        if (item) return *item;
    } else if (const auto index = wholeOf(key); index && (object.sequence() || object.text())) {
        return byIndex(object, *index, environment);
    }
    if (const std::string* name = key.text()) {
        if (object.dictionary()) {
            TRIMTAB_TRY(auto attribute, ofType(object, *name));
            return attribute ? std::move(*attribute) : nothing(object, *name);
        }
        return attributeOf(object, *name, environment);
    }
    return nothing(object, "item");
}

Result<Value> sliceOf(const Value& object, const Slice& slice, Environment& environment) {
    if (const std::string* text = object.text()) {
        if (object.isMarkup()) return refuse("a part of a text that is marked as safe is not supported");
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text->size() * sizeof(std::string_view))));
        return makeText(sliced(*text, slice), environment);
    }
    const Sequence* sequence = object.sequence();
    if (!sequence || sequence->kind == Kind::View || sequence->kind == Kind::Iterator) return refuseType("a slice", object);
    const Taken range = taken(slice, static_cast<std::int64_t>(sequence->items.size()));
    std::vector<Value> items;
    for (std::int64_t i = 0; i < range.count; ++i) items.push_back(sequence->items[static_cast<std::size_t>(range.first + i * range.step)]);
    return makeSequence(sequence->kind, std::move(items), environment);
}

Result<std::int64_t> lengthOf(const Value& value, Environment& environment) {
    if (const std::string* text = value.text()) {
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text->size())));
        return lengthOfText(*text);
    }
    if (value.isUndefined()) return 0;
    if (const Dictionary* dictionary = value.dictionary()) return static_cast<std::int64_t>(dictionary->items.size());
    const Sequence* sequence = value.sequence();
    if (!sequence || sequence->kind == Kind::Iterator) return refuseType("a length", value);
    return static_cast<std::int64_t>(sequence->items.size());
}

Result<Value> partOf(const Value& element, const Value& path, const Value* fallback, Environment& environment) {
    if (path.isNone()) return element;
    std::vector<Value> parts;
    if (const std::string* text = path.text()) {
        for (std::string& part : splitAt(*text, ".", -1)) {
            const bool isIndex = !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
            TRIMTAB_TRY(const auto index, isIndex ? wholeIn(part) : Result<std::optional<std::int64_t>>(std::nullopt));
            parts.push_back(index ? Value::of(*index) : Value::given(std::move(part)));
        }
    } else if (wholeOf(path)) {
        parts.push_back(path);
    } else {
        return refuseType("the name of an attribute", path);
    }
    Value part = element;
    for (const Value& key : parts) {
        TRIMTAB_REQUIRE(environment.budget.step());
        TRIMTAB_TRY(part, itemOf(part, key, environment));
        if (fallback && !fallback->isNone() && part.isUndefined()) part = *fallback;
    }
    return part;
}

}  // namespace trimtab::dataset::chat
