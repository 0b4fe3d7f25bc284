#pragma once
// What an expression of a template may be: the types of Python that templates meet. Values don't change, but for the attributes of a
// namespace and the place of an iterator; so no value holds itself, except through a namespace. Texts are valid UTF-8.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/dataset/chat/environment.h"

namespace trimtab::dataset::chat {

struct Sequence;
struct Dictionary;
struct Namespace;
struct Callable;
class Loop;

struct Undefined {
    std::shared_ptr<const std::string> why;  // "'x' is undefined"
};
struct None {};
struct Text {
    std::shared_ptr<const std::string> text;
    bool isMarkup = false;  // by the filter "safe": what is added to it is escaped
};

class Value {
public:
    using Content = std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const Sequence>,
                                 std::shared_ptr<const Dictionary>, std::shared_ptr<Namespace>, std::shared_ptr<const Callable>,
                                 std::shared_ptr<Loop>>;

    Value() : m_content(None{}) {}
    explicit Value(Content content) : m_content(std::move(content)) {}
    static Value undefined(std::string why);
    static Value of(bool value) { return Value(Content(std::in_place_type<bool>, value)); }
    static Value of(std::int64_t value) { return Value(Content(std::in_place_type<std::int64_t>, value)); }
    static Value of(double value) { return Value(Content(std::in_place_type<double>, value)); }
    /// Not paid for: for texts that the template's own source or the caller brings.
    static Value given(std::string text);

    template <class T>
    const T* as() const {
        return std::get_if<T>(&m_content);
    }
    template <class T>
    const T* object() const {
        const auto* held = std::get_if<std::shared_ptr<const T>>(&m_content);
        return held ? held->get() : nullptr;
    }
    bool isUndefined() const { return as<Undefined>() != nullptr; }
    bool isNone() const { return as<None>() != nullptr; }
    /// nullptr for what is no text. A text by "safe" is one.
    const std::string* text() const {
        const Text* held = as<Text>();
        return held ? held->text.get() : nullptr;
    }
    bool isMarkup() const {
        const Text* held = as<Text>();
        return held && held->isMarkup;
    }
    const Sequence* sequence() const { return object<Sequence>(); }
    const Dictionary* dictionary() const { return object<Dictionary>(); }
    Namespace* space() const {
        const auto* held = std::get_if<std::shared_ptr<Namespace>>(&m_content);
        return held ? held->get() : nullptr;
    }
    const std::shared_ptr<Loop>* loop() const { return std::get_if<std::shared_ptr<Loop>>(&m_content); }
    const Content& content() const { return m_content; }

private:
    Content m_content;
};

struct Sequence {
    /// A Range is what range() gives, a View what a mapping's methods give, an Iterator what filters give: it is read once and has no
    /// length.
    enum class Kind { List, Tuple, Range, View, Iterator };
    Kind kind = Kind::List;
    std::vector<Value> items;
    int depth = 1;
    mutable std::size_t taken = 0;  // of an Iterator
};

/// In the order in which keys came.
struct Dictionary {
    std::vector<std::pair<Value, Value>> items;  // keys are texts, numbers, booleans or none
    int depth = 1;
};

struct Namespace {
    std::map<std::string, Value> attributes;
};

struct Callable {
    enum class Kind { Function, Method, LoopMethod, Macro };
    Kind kind = Kind::Function;
    std::string name;
    Value self;                   // of a method
    std::size_t macro = 0;        // which one, to the interpreter
};

/// As Python names types: "str", "list".
std::string typeName(const Value& value);
bool isTrue(const Value& value);

/// A whole number or a boolean; nothing else.
std::optional<std::int64_t> wholeOf(const Value& value);
/// Any number or boolean.
std::optional<double> numberOf(const Value& value);

/// Paid for. Refused: values nested too deep, too many bytes.
Result<Value> makeText(std::string text, Environment& environment);
Result<Value> makeSequence(Sequence::Kind kind, std::vector<Value> items, Environment& environment);
Result<Value> makeDictionary(std::vector<std::pair<Value, Value>> items, Environment& environment);

/// The value under a key, nullptr where there is none or nothing of its type can be a key.
Result<const Value*> find(const Dictionary& dictionary, const Value& key, Environment& environment);
/// Adds a pair, or gives the key that is there another value. Refused: what can't be a key here.
Status put(std::vector<std::pair<Value, Value>>& items, const Value& key, Value value, Environment& environment);

/// Objects in the order of their keys' names, as Json holds them.
Result<Value> valueOf(const Json& json, Environment& environment);

/// Of an operation that a type has not; of an undefined value why it is undefined.
tl::unexpected<Error> refuseType(std::string_view operation, const Value& value);
tl::unexpected<Error> refuse(std::string message);

}  // namespace trimtab::dataset::chat
