#pragma once
// What a template says, once it is parsed.
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/chat/value.h"

namespace trimtab::dataset::chat {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Keyword {
    std::string name;
    ExpressionPtr value;
};

struct Expression {
    enum class Kind {
        Constant,
        Name,
        List,         // parts: the items
        Tuple,
        Dictionary,   // parts: key, value, key, value, …
        Arithmetic,   // parts from left to right, an operator between each two
        Join,         // ~
        Comparison,   // parts, an operator between each two: a chain
        And,
        Or,
        Not,
        Negative,
        Positive,
        Conditional,  // parts: condition, then, else (may be null)
        Attribute,    // parts: the object
        Item,         // parts: the object, the key
        Slice,        // parts: the object, start, stop, step (each but the first may be null)
        Call,         // parts: the function, then what it is given
        Filter,       // parts: the value (null: the text of a block), then what the filter is given
        Test,
    };
    Kind kind = Kind::Constant;
    int line = 1;
    std::string name{};  // of a Name, Attribute, Filter or Test
    Value constant;
    std::vector<ExpressionPtr> parts;
    std::vector<std::string> operators;
    std::vector<Keyword> keywords;  // of a Call, Filter or Test
    int depth = 1;
};

/// What a value is given to: a name, an attribute of a namespace, or several of them.
struct Target {
    int line = 1;
    std::string name{};       // empty: see parts
    std::string attribute{};  // empty: the name itself
    std::vector<Target> parts{};
};

struct Statement;
using Body = std::vector<Statement>;

/// A body with names of its own. `hidden` are those that it gives a value to before it reads them: they are undefined in it until then,
/// whatever the caller says of them.
struct Frame {
    Body body;
    std::vector<std::string> hidden;
};

struct Branch {
    ExpressionPtr condition;
    Body body;
};

struct Statement {
    enum class Kind { Text, Print, Set, SetBlock, If, For, Macro, Break, Continue, Generation };
    Kind kind = Kind::Text;
    int line = 1;
    std::string text{};     // of a Text; the name of a Macro
    Target target{};        // of Set, SetBlock and For
    ExpressionPtr value{};  // of Print and Set; what For goes over
    ExpressionPtr condition{};              // which elements For takes; may be null
    std::vector<ExpressionPtr> filters{};   // of a SetBlock, the first first
    std::vector<Branch> branches{};         // of If
    Body otherwise{};                       // of If
    Frame frame{};                          // of For, SetBlock, Macro and Generation
    Frame none{};                           // of For: where nothing came to the end of its body
    bool hasNone = false;
    std::vector<Keyword> parameters{};      // of a Macro; a value may be null
};

struct Syntax {
    Frame frame;
};

}  // namespace trimtab::dataset::chat
