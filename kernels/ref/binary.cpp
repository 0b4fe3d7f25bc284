// Arithmetic of two inputs with broadcasting. Integers wrap as in C; a zero divisor among integers is refused.
#include <cmath>

#include "core/tensor/convert.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr Arity kBinary{2, 2, 1};

template <class C, class F>
Result<Values> mapTwo(const Call& call, const std::array<Tensor, 2>& in, DataType outType, F f) {
    const Tensor* inputs[] = {&in[0], &in[1]};
    TRIMTAB_TRY(Tensor out, (mapBroadcast<C, C>(call, inputs, outType, [&](const C* const* block, std::int64_t n, C* result) {
                    for (std::int64_t i = 0; i < n; ++i) result[i] = f(block[0][i], block[1][i]);
                })));
    return one(std::move(out));
}

Result<std::array<Tensor, 2>> numericInputs(const Call& call) {
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "inputs must be numeric");
    return binaryInputs(call);
}

template <class F>
Kernel arithmetic(F f) {
    return [f](const Call& call) -> Result<Values> {
        TRIMTAB_TRY(const auto in, numericInputs(call));
        return inDomain(in[0].type(), [&](auto zero) { return mapTwo<decltype(zero)>(call, in, in[0].type(), f); });
    };
}

/// Wrapping arithmetic: integers are combined as uint64.
template <class C, class F>
C wrapping(C a, C b, F f) {
    if constexpr (std::is_same_v<C, double>) return f(a, b);
    else return static_cast<C>(f(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
}

Status refuseZeroDivisor(const Call& call, const Tensor& divisor) {
    if (domainOf(divisor.type()) == Domain::Floating) return {};
    for (std::int64_t i = 0; i < divisor.elementCount(); ++i)
        if (tensor::elementAsInt64(divisor, i) == 0) return refuse(call, "an integer is divided by zero");
    return {};
}

template <class C>
C quotient(C a, C b) {
    if constexpr (std::is_same_v<C, std::int64_t>) {
        if (b == -1) return static_cast<C>(0 - static_cast<std::uint64_t>(a));
    }
    return a / b;
}

/// fmod: the sign of the dividend. Otherwise (integers) the sign of the divisor.
template <class C>
C remainder(C a, C b, bool likeDividend) {
    if constexpr (std::is_same_v<C, double>) {
        const double rest = std::fmod(a, b);
        return likeDividend || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
    } else if constexpr (std::is_signed_v<C>) {
        const C rest = b == -1 ? 0 : a % b;
        return likeDividend || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
    } else {
        return a % b;
    }
}

Result<Values> divide(const Call& call) {
    TRIMTAB_REQUIRE(refuseZeroDivisor(call, call.tensor(1)));
    return arithmetic([](auto a, auto b) { return quotient(a, b); })(call);
}

Result<Values> modulo(const Call& call) {
    TRIMTAB_REQUIRE(refuseZeroDivisor(call, call.tensor(1)));
    const bool likeDividend = call.node.integer("fmod", 0) != 0;
    if (!likeDividend && isFloatingPoint(call.tensor(0).type())) return refuse(call, "floating types need attribute fmod");
    return arithmetic([=](auto a, auto b) { return remainder(a, b, likeDividend); })(call);
}

template <class C>
C integerPower(C base, C exponent) {
    if constexpr (std::is_signed_v<C>) {
        if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    }
    std::uint64_t result = 1;
    std::uint64_t square = static_cast<std::uint64_t>(base);
    for (auto bits = static_cast<std::uint64_t>(exponent); bits != 0; bits >>= 1, square *= square)
        if (bits & 1) result *= square;
    return static_cast<C>(result);
}

/// The result has the type of the base; the exponent may be of another (opset 12).
Result<Values> power(const Call& call) {
    const DataType base = call.tensor(0).type();
    const DataType exponent = call.tensor(1).type();
    for (const DataType type : {base, exponent})
        if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "inputs must be numeric");
    TRIMTAB_TRY(const auto in, binaryInputs(call));
    if (domainOf(base) == Domain::Floating || domainOf(exponent) == Domain::Floating)
        return mapTwo<double>(call, in, base, [](double a, double b) { return std::pow(a, b); });
    if (domainOf(base) == Domain::Signed)
        return mapTwo<std::int64_t>(call, in, base, [](std::int64_t a, std::int64_t b) { return integerPower(a, b); });
    return mapTwo<std::uint64_t>(call, in, base, [](std::uint64_t a, std::uint64_t b) { return integerPower(a, b); });
}

Result<Values> bitShift(const Call& call) {
    TRIMTAB_TRY(const auto in, numericInputs(call));
    if (domainOf(in[0].type()) != Domain::Unsigned) return refuse(call, "inputs must be of an unsigned type");
    const std::string direction = call.node.string("direction", "");
    if (direction != "LEFT" && direction != "RIGHT") return refuse(call, "attribute direction must be LEFT or RIGHT");
    const bool left = direction == "LEFT";
    return mapTwo<std::uint64_t>(call, in, in[0].type(), [left](std::uint64_t a, std::uint64_t b) {
        return b >= 64 ? 0 : left ? a << b : a >> b;
    });
}

template <class F>
Kernel bitwise(F f) {
    return [f](const Call& call) -> Result<Values> {
        TRIMTAB_TRY(const auto in, numericInputs(call));
        if (domainOf(in[0].type()) == Domain::Floating) return refuse(call, "inputs must be of an integer type");
        return mapTwo<std::uint64_t>(call, in, in[0].type(), f);
    };
}

/// Before opset 7 the slope had one value for each channel (axis 1), or one for all.
Result<Values> prelu(const Call& call) {
    const Tensor& x = call.tensor(0);
    Tensor slope = call.tensor(1);
    TRIMTAB_REQUIRE(sameType(call, x, slope));
    if (domainOf(x.type()) == Domain::None || x.type() == DataType::Bool) return refuse(call, "inputs must be numeric");
    const int rank = x.shape().rank();
    if (opset(call) < 7 && slope.shape().rank() == 1 && rank >= 2) {
        Ints dims(static_cast<std::size_t>(rank - 1), 1);
        dims[0] = slope.shape()[0];
        slope = slope.reshaped(Shape(std::move(dims)));
    }
    const auto shape = tensor::broadcast(x.shape(), slope.shape());
    if (!shape || *shape != x.shape())
        return refuse(call, "the slope " + slope.shape().text() + " does not broadcast to " + x.shape().text());
    return inDomain(x.type(), [&](auto zero) {
        using C = decltype(zero);
        return mapTwo<C>(call, {x, slope}, x.type(), [](C a, C s) {
            return a < C{0} ? wrapping(a, s, [](auto p, auto q) { return p * q; }) : a;
        });
    });
}

}  // namespace

void registerBinary(Registry& registry) {
    registry.add("Add", 1, kBinary, arithmetic([](auto a, auto b) { return wrapping(a, b, [](auto p, auto q) { return p + q; }); }));
    registry.add("Sub", 1, kBinary, arithmetic([](auto a, auto b) { return wrapping(a, b, [](auto p, auto q) { return p - q; }); }));
    registry.add("Mul", 1, kBinary, arithmetic([](auto a, auto b) { return wrapping(a, b, [](auto p, auto q) { return p * q; }); }));
    registry.add("Div", 1, kBinary, divide);
    registry.add("Mod", 10, kBinary, modulo);
    registry.add("Pow", 1, kBinary, power);
    registry.add("BitShift", 11, kBinary, bitShift);
    registry.add("BitwiseAnd", 18, kBinary, bitwise([](std::uint64_t a, std::uint64_t b) { return a & b; }));
    registry.add("BitwiseOr", 18, kBinary, bitwise([](std::uint64_t a, std::uint64_t b) { return a | b; }));
    registry.add("BitwiseXor", 18, kBinary, bitwise([](std::uint64_t a, std::uint64_t b) { return a ^ b; }));
    registry.add("PRelu", 1, kBinary, prelu);
}

}  // namespace trimtab::ref
