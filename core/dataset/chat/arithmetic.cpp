#include "core/dataset/chat/arithmetic.h"

#include <cmath>

#include <fmt/format.h>

#include "core/dataset/chat/text.h"

namespace trimtab::dataset::chat {
namespace {

using Whole = std::int64_t;

tl::unexpected<Error> tooLarge() { return refuse("a number is too large"); }
tl::unexpected<Error> byZero() { return refuse("division by zero"); }

std::string withEscapes(const std::string& text) {
    std::string result;
    for (const char c : text) {
        constexpr std::string_view kSpecial = "&<>'\"";
        constexpr std::string_view kNames[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
        const std::size_t at = kSpecial.find(c);
        if (at == std::string_view::npos) result += c;
        else result += kNames[at];
    }
    return result;
}

Result<Value> joined(const Value& left, const Value& right, Environment& environment) {
    if (!left.isMarkup() && !right.isMarkup()) {
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<Whole>(left.text()->size() + right.text()->size())));
        return Value::given(*left.text() + *right.text());
    }
    std::string text = left.isMarkup() ? *left.text() : withEscapes(*left.text());
    text += right.isMarkup() ? *right.text() : withEscapes(*right.text());
    TRIMTAB_REQUIRE(environment.budget.make(static_cast<Whole>(text.size())));
    return Value(Value::Content(Text{std::make_shared<const std::string>(std::move(text)), true}));
}

Result<Value> repeated(const Value& value, Whole times, Environment& environment) {
    times = std::max<Whole>(times, 0);
    const std::string* text = value.text();
    const Whole size = text ? static_cast<Whole>(text->size()) : static_cast<Whole>(value.sequence()->items.size() * sizeof(Value));
    Whole bytes = 0;
    if (__builtin_mul_overflow(size, times, &bytes)) return refuse("makes texts and lists that are too large");
    TRIMTAB_REQUIRE(environment.budget.make(bytes));
    if (size == 0) times = 0;
    if (text) {
        if (value.isMarkup()) return refuse("repeating a text that is marked as safe is not supported");
        std::string many;
        for (Whole i = 0; i < times; ++i) many += *text;
        return Value::given(std::move(many));
    }
    std::vector<Value> items;
    const Sequence& sequence = *value.sequence();
    for (Whole i = 0; i < times; ++i) items.insert(items.end(), sequence.items.begin(), sequence.items.end());
    return makeSequence(sequence.kind, std::move(items), environment);
}

bool isRepeatable(const Value& value) {
    const Sequence* sequence = value.sequence();
    return value.text() || (sequence && (sequence->kind == Sequence::Kind::List || sequence->kind == Sequence::Kind::Tuple));
}

std::optional<Result<Value>> ofTexts(const std::string& operation, const Value& left, const Value& right, Environment& environment) {
    if (operation == "%" && left.text()) return refuse("formatting a text with % is not supported");
    if (operation == "*") {
        if (const auto times = wholeOf(right); times && isRepeatable(left)) return repeated(left, *times, environment);
        if (const auto times = wholeOf(left); times && isRepeatable(right)) return repeated(right, *times, environment);
    }
    if (operation != "+") return {};
    if (left.text() && right.text()) return joined(left, right, environment);
    const Sequence *one = left.sequence(), *other = right.sequence();
    if (!one || !other || one->kind != other->kind || !isRepeatable(left)) return {};
    std::vector<Value> items = one->items;
    items.insert(items.end(), other->items.begin(), other->items.end());
    return makeSequence(one->kind, std::move(items), environment);
}

Result<Value> powerOf(Whole base, Whole exponent) {
    if (exponent < 0) {
        if (base == 0) return byZero();
        return Value::of(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    }
    Whole result = 1;
    while (true) {
        if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return tooLarge();
        exponent >>= 1;
        if (exponent == 0) return Value::of(result);
        if (__builtin_mul_overflow(base, base, &base)) return tooLarge();
    }
}

Result<Value> ofWholes(const std::string& operation, Whole left, Whole right) {
    Whole result = 0;
    if (operation == "+") return __builtin_add_overflow(left, right, &result) ? Result<Value>(tooLarge()) : Value::of(result);
    if (operation == "-") return __builtin_sub_overflow(left, right, &result) ? Result<Value>(tooLarge()) : Value::of(result);
    if (operation == "*") return __builtin_mul_overflow(left, right, &result) ? Result<Value>(tooLarge()) : Value::of(result);
    if (operation == "**") return powerOf(left, right);
    if (right == 0) return byZero();
    if (operation == "/") {
        constexpr Whole kExact = Whole{1} << 53;
        if (left > kExact || left < -kExact || right > kExact || right < -kExact) return tooLarge();
        return Value::of(static_cast<double>(left) / static_cast<double>(right));
    }
    if (right == -1) return operation == "%" ? Value::of(Whole{0}) : negated(Value::of(left));
    const bool floors = left % right != 0 && (left < 0) != (right < 0);
    if (operation == "//") return Value::of(left / right - (floors ? 1 : 0));
    return Value::of(left % right + (floors ? right : 0));
}

/// Quotient and remainder of the sign of the divisor, as Python's float.__divmod__ rounds them.
std::pair<double, double> divided(double left, double right) {
    double remainder = std::fmod(left, right);
    double quotient = (left - remainder) / right;
    if (remainder == 0) {
        remainder = std::copysign(0.0, right);
    } else if ((right < 0) != (remainder < 0)) {
        remainder += right;
        quotient -= 1;
    }
    if (quotient == 0) return {std::copysign(0.0, left / right), remainder};
    const double floor = std::floor(quotient);
    return {quotient - floor > 0.5 ? floor + 1 : floor, remainder};
}

Result<Value> ofReals(const std::string& operation, double left, double right) {
    if (operation == "+") return Value::of(left + right);
    if (operation == "-") return Value::of(left - right);
    if (operation == "*") return Value::of(left * right);
    if (operation == "**") {
        if (left == 0 && right < 0) return byZero();
        if (left < 0 && std::isfinite(left) && std::isfinite(right) && right != std::floor(right))
            return refuse("a power that is a complex number is not supported");
        const double power = std::pow(left, right);
        if (std::isinf(power) && std::isfinite(left) && std::isfinite(right)) return tooLarge();
        return Value::of(power);
    }
    if (right == 0) return byZero();
    if (operation == "/") return Value::of(left / right);
    const auto [quotient, remainder] = divided(left, right);
    return Value::of(operation == "//" ? quotient : remainder);
}

}  // namespace

Result<Value> calculate(const std::string& operation, const Value& left, const Value& right, Environment& environment) {
    for (const Value* value : {&left, &right})
        if (value->isUndefined()) return refuseType(operation, *value);
    if (auto made = ofTexts(operation, left, right, environment)) return std::move(*made);
    const auto a = wholeOf(left), b = wholeOf(right);
    if (a && b) return ofWholes(operation, *a, *b);
    const auto x = numberOf(left), y = numberOf(right);
    if (x && y) return ofReals(operation, *x, *y);
    return refuse(fmt::format("'{}' {} '{}' has no meaning", typeName(left), operation, typeName(right)));
}

Result<Value> negated(const Value& value) {
    if (const double* real = value.as<double>()) return Value::of(-*real);
    const auto whole = wholeOf(value);
    if (!whole) return refuseType("-", value);
    if (*whole == INT64_MIN) return tooLarge();
    return Value::of(-*whole);
}

Result<Value> affirmed(const Value& value) {
    if (value.as<double>()) return value;
    const auto whole = wholeOf(value);
    if (!whole) return refuseType("+", value);
    return Value::of(*whole);
}

}  // namespace trimtab::dataset::chat
