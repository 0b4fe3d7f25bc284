// Arithmetic over contents, element by element.
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>

#include "core/graph/shapes/content.h"

namespace trimtab::graph::shapes {

namespace {

using IntegerOperation = Extent (*)(const Extent&, const Extent&);
using RealOperation = double (*)(double, double);

Extent truth(bool value) { return Extent::known(value ? 1 : 0); }

Extent divide(const Extent& a, const Extent& b) {
    if (!a.isKnown() || !b.isKnown()) return floorDivide(a, b);
    if (b.isKnown(0) || b.isKnown(-1)) return b.isKnown(0) ? Extent::unknown() : Extent::known(-1) * a;
    return Extent::known(a.value() / b.value());
}

Extent modulo(const Extent& a, const Extent& b) {
    if (!a.isKnown() || !b.isKnown() || b.value() == 0 || b.value() == -1) return Extent::unknown();
    const std::int64_t rest = a.value() % b.value();
    return Extent::known(rest != 0 && (rest < 0) != (b.value() < 0) ? rest + b.value() : rest);
}

/// A symbol is a dim: never equal to a negative number.
Extent equal(const Extent& a, const Extent& b) {
    if (a.same(b)) return truth(true);
    if (a.isKnown() && b.isKnown()) return truth(false);
    const bool apart = (a.isNonNegative() && b.isKnown() && b.value() < 0) || (b.isNonNegative() && a.isKnown() && a.value() < 0);
    return apart ? truth(false) : Extent::unknown();
}

Extent greater(const Extent& a, const Extent& b) {
    if (a.isKnown() && b.isKnown()) return truth(a.value() > b.value());
    if (a.isNonNegative() && b.isKnown() && b.value() < 0) return truth(true);
    if (b.isNonNegative() && a.isKnown() && a.value() < 0) return truth(false);
    return Extent::unknown();
}

Extent negate(const Extent& a) { return a.isKnown() ? truth(a.value() == 0) : Extent::unknown(); }

Extent both(const Extent& a, const Extent& b) {
    if (a.isKnown(0) || b.isKnown(0)) return truth(false);
    return a.isKnown() && b.isKnown() ? truth(true) : Extent::unknown();
}

Extent either(const Extent& a, const Extent& b) { return negate(both(negate(a), negate(b))); }

struct Operation {
    IntegerOperation integers;
    RealOperation reals;  // nullptr: integers only
    bool comparison = false;
};

const std::unordered_map<std::string, Operation>& binaryOperations() {
    static const std::unordered_map<std::string, Operation> kOperations = {
        {"Add", {[](const Extent& a, const Extent& b) { return a + b; }, [](double a, double b) { return a + b; }}},
        {"Sub", {[](const Extent& a, const Extent& b) { return a - b; }, [](double a, double b) { return a - b; }}},
        {"Mul", {[](const Extent& a, const Extent& b) { return a * b; }, [](double a, double b) { return a * b; }}},
        {"Div", {divide, [](double a, double b) { return a / b; }}},
        {"Mod", {modulo, nullptr}},
        {"Min", {minimum, [](double a, double b) { return std::fmin(a, b); }}},
        {"Max", {maximum, [](double a, double b) { return std::fmax(a, b); }}},
        {"Equal", {equal, [](double a, double b) { return a == b ? 1.0 : 0.0; }, true}},
        {"Greater", {greater, [](double a, double b) { return a > b ? 1.0 : 0.0; }, true}},
        {"Less",
         {[](const Extent& a, const Extent& b) { return greater(b, a); }, [](double a, double b) { return a < b ? 1.0 : 0.0; }, true}},
        {"GreaterOrEqual",
         {[](const Extent& a, const Extent& b) { return negate(greater(b, a)); }, [](double a, double b) { return a >= b ? 1.0 : 0.0; },
          true}},
        {"LessOrEqual",
         {[](const Extent& a, const Extent& b) { return negate(greater(a, b)); }, [](double a, double b) { return a <= b ? 1.0 : 0.0; },
          true}},
        {"And", {both, nullptr, true}},
        {"Or", {either, nullptr, true}},
    };
    return kOperations;
}

bool toReals(Content& content) {
    if (content.isReal()) return true;
    for (const Extent& item : content.items) {
        if (!item.isKnown()) {
            content.reals.clear();
            return false;
        }
        content.reals.push_back(static_cast<double>(item.value()));
    }
    content.items.clear();
    return true;
}

/// Whole numbers come back from reals; false when one is fractional or too large.
bool toItems(Content& content) {
    if (!content.isReal()) return true;
    for (const double real : content.reals) {
        if (real != std::floor(real) || std::fabs(real) > 9.0e15) {
            content.items.clear();
            return false;
        }
        content.items.push_back(Extent::known(static_cast<std::int64_t>(real)));
    }
    content.reals.clear();
    return true;
}

std::optional<Content> combine(const Context& context, const Operation& operation, Content a, Content b) {
    const auto dims = tensor::broadcast(Shape(a.dims), Shape(b.dims));
    if (!dims || !contentCount(dims->dims())) return std::nullopt;
    const bool floating = tensor::isFloatingPoint(context.type(0)) || a.isReal() || b.isReal();
    a = broadcastContent(a, dims->dims());
    b = broadcastContent(b, dims->dims());
    Content out{dims->dims(), {}, {}};
    if (floating && operation.reals != nullptr) {
        Content left = a;
        Content right = b;
        if (toReals(left) && toReals(right)) {
            for (std::size_t i = 0; i < left.reals.size(); ++i) out.reals.push_back(operation.reals(left.reals[i], right.reals[i]));
            if (operation.comparison) toItems(out);
            return out;
        }
    }
    if (!toItems(a) || !toItems(b)) return std::nullopt;
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        Extent item = operation.integers(a.items[i], b.items[i]);
        // A quotient of floats keeps its fraction: only an exact one may stand for it.
        if (floating && context.node.op == "Div" && !(item * b.items[i]).same(a.items[i])) item = Extent::unknown();
        out.items.push_back(std::move(item));
    }
    return out;
}

std::optional<Content> where(const Context& context) {
    auto condition = contentOrUnknown(context, 0);
    auto yes = contentOrUnknown(context, 1);
    auto no = contentOrUnknown(context, 2);
    if (!condition || !yes || !no || !toItems(*condition) || !toItems(*yes) || !toItems(*no)) return std::nullopt;
    const auto first = tensor::broadcast(Shape(condition->dims), Shape(yes->dims));
    const auto dims = first ? tensor::broadcast(*first, Shape(no->dims)) : std::nullopt;
    if (!dims || !contentCount(dims->dims())) return std::nullopt;
    const Content a = broadcastContent(*condition, dims->dims());
    const Content b = broadcastContent(*yes, dims->dims());
    const Content c = broadcastContent(*no, dims->dims());
    Content out{dims->dims(), {}, {}};
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        const bool alike = b.items[i].same(c.items[i]);
        out.items.push_back(a.items[i].isKnown() || alike ? (a.items[i].isKnown(0) ? c.items[i] : b.items[i]) : Extent::unknown());
    }
    return out;
}

std::optional<Content> cast(const Context& context) {
    const Content* input = context.content(0);
    if (input == nullptr) return std::nullopt;
    const DataType to = context.outputs[0].type;
    Content out = *input;
    if (tensor::isFloatingPoint(to)) {
        toReals(out);  // symbols stay whole numbers
        return out;
    }
    if (to == DataType::Bool) {
        if (!toItems(out)) return std::nullopt;
        for (Extent& item : out.items) item = negate(negate(item));
        return out;
    }
    if (!tensor::isInteger(to)) return std::nullopt;
    for (double& real : out.reals) real = std::trunc(real);
    if (!toItems(out)) return std::nullopt;
    if (to == DataType::Int64) return out;
    for (const Extent& item : out.items) {  // narrower types: only what certainly fits
        if (item.isKnown() && (item.value() < 0 || item.value() > 127) &&
            (to != DataType::Int32 || item.value() != static_cast<std::int32_t>(item.value()))) {
            return std::nullopt;
        }
    }
    return out;
}

std::optional<Content> unary(const Context& context) {
    const Content* input = context.content(0);
    if (input == nullptr) return std::nullopt;
    const std::string& op = context.node.op;
    Content out = *input;
    if (op == "Identity") return out;
    for (double& real : out.reals) {
        real = op == "Neg"     ? -real
               : op == "Abs"   ? std::fabs(real)
               : op == "Floor" ? std::floor(real)
               : op == "Ceil"  ? std::ceil(real)
               : op == "Sqrt"  ? std::sqrt(real)
                               : std::nan("");
    }
    for (Extent& item : out.items) {
        if (op == "Neg") {
            item = Extent::known(-1) * item;
        } else if (op == "Abs") {
            item = item.isNonNegative() ? item : (item.isKnown() ? Extent::known(-1) * item : Extent::unknown());
        } else if (op == "Not") {
            item = negate(item);
        } else if (op == "Sqrt") {
            item = Extent::unknown();
        }
    }
    return out;
}

}  // namespace

std::optional<Content> followArithmetic(const Context& context) {
    const std::string& op = context.node.op;
    if (op == "Where") return where(context);
    if (op == "Cast") return cast(context);
    for (const char* known : {"Identity", "Neg", "Abs", "Floor", "Ceil", "Sqrt", "Not"}) {
        if (op == known) return unary(context);
    }
    const auto operation = binaryOperations().find(op);
    if (operation == binaryOperations().end() || context.version < 7) return std::nullopt;
    auto total = contentOrUnknown(context, 0);
    bool anyKnown = context.content(0) != nullptr;
    for (std::size_t i = 1; total && i < context.inputCount(); ++i) {
        auto next = contentOrUnknown(context, i);
        anyKnown = anyKnown || context.content(i) != nullptr;
        total = next ? combine(context, operation->second, std::move(*total), std::move(*next)) : std::nullopt;
    }
    return anyKnown ? total : std::nullopt;
}

}  // namespace trimtab::graph::shapes
