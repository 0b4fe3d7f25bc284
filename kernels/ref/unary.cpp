// Element-wise functions of one input. Floating types are computed in double and rounded once.
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr Arity kUnary{1, 1, 1};

template <class C, class F>
Result<Values> mapOne(const Call& call, DataType outType, F f) {
    const Tensor* inputs[] = {&call.tensor(0)};
    TRIMTAB_TRY(Tensor out, (mapBroadcast<C, C>(call, inputs, outType, [&](const C* const* in, std::int64_t n, C* result) {
                    for (std::int64_t i = 0; i < n; ++i) result[i] = f(in[0][i]);
                })));
    return one(std::move(out));
}

/// For operators of floating types only.
template <class F>
Kernel floating(F f) {
    return [f](const Call& call) -> Result<Values> {
        const DataType type = call.tensor(0).type();
        if (domainOf(type) != Domain::Floating) return refuse(call, "the input must be of a floating type");
        return mapOne<double>(call, type, f);
    };
}

/// `f` is generic: called with double, int64 or uint64.
template <class F>
Kernel numeric(F f) {
    return [f](const Call& call) -> Result<Values> {
        const DataType type = call.tensor(0).type();
        if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "the input must be numeric");
        return inDomain(type, [&](auto zero) { return mapOne<decltype(zero)>(call, type, f); });
    };
}

/// Functions with parameters: make(node) gives double → double.
template <class Make>
Kernel parametric(Make make) {
    return [make](const Call& call) -> Result<Values> { return floating(make(call.node))(call); };
}

/// To nearest, halves to the even neighbour, whatever rounding mode the process has.
double roundHalfEven(double x) {
    const double down = std::floor(x);
    const double rest = x - down;
    if (rest < 0.5) return down;
    if (rest > 0.5) return down + 1;
    return std::fmod(down, 2.0) == 0 ? down : down + 1;
}

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

void registerMath(Registry& registry) {
    registry.add("Exp", 1, kUnary, floating([](double x) { return std::exp(x); }));
    registry.add("Log", 1, kUnary, floating([](double x) { return std::log(x); }));
    registry.add("Sqrt", 1, kUnary, floating([](double x) { return std::sqrt(x); }));
    registry.add("Reciprocal", 1, kUnary, floating([](double x) { return 1 / x; }));
    registry.add("Floor", 1, kUnary, floating([](double x) { return std::floor(x); }));
    registry.add("Ceil", 1, kUnary, floating([](double x) { return std::ceil(x); }));
    registry.add("Round", 11, kUnary, floating([](double x) { return std::isfinite(x) ? roundHalfEven(x) : x; }));
    registry.add("Sin", 7, kUnary, floating([](double x) { return std::sin(x); }));
    registry.add("Cos", 7, kUnary, floating([](double x) { return std::cos(x); }));
    registry.add("Tan", 7, kUnary, floating([](double x) { return std::tan(x); }));
    registry.add("Asin", 7, kUnary, floating([](double x) { return std::asin(x); }));
    registry.add("Acos", 7, kUnary, floating([](double x) { return std::acos(x); }));
    registry.add("Atan", 7, kUnary, floating([](double x) { return std::atan(x); }));
    registry.add("Sinh", 9, kUnary, floating([](double x) { return std::sinh(x); }));
    registry.add("Cosh", 9, kUnary, floating([](double x) { return std::cosh(x); }));
    registry.add("Tanh", 1, kUnary, floating([](double x) { return std::tanh(x); }));
    registry.add("Asinh", 9, kUnary, floating([](double x) { return std::asinh(x); }));
    registry.add("Acosh", 9, kUnary, floating([](double x) { return std::acosh(x); }));
    registry.add("Atanh", 9, kUnary, floating([](double x) { return std::atanh(x); }));
    registry.add("Erf", 9, kUnary, numeric([](auto x) { return static_cast<decltype(x)>(std::erf(static_cast<double>(x))); }));
    registry.add("Abs", 1, kUnary, numeric([](auto x) {
        using C = decltype(x);
        if constexpr (std::is_same_v<C, double>) return std::fabs(x);
        else if constexpr (std::is_signed_v<C>) return x < 0 ? static_cast<C>(0 - static_cast<std::uint64_t>(x)) : x;
        else return x;
    }));
    registry.add("Neg", 1, kUnary, numeric([](auto x) {
        using C = decltype(x);
        if constexpr (std::is_same_v<C, double>) return -x;
        else return static_cast<C>(0 - static_cast<std::uint64_t>(x));
    }));
    registry.add("Sign", 9, kUnary, numeric([](auto x) {
        using C = decltype(x);
        if constexpr (std::is_same_v<C, double>) return std::isnan(x) ? x : static_cast<C>((x > 0) - (x < 0));
        else return static_cast<C>((x > 0) - (x < C{0}));
    }));
}

void registerActivations(Registry& registry) {
    registry.add("Relu", 1, kUnary, numeric([](auto x) { return x < decltype(x){0} ? decltype(x){0} : x; }));
    registry.add("Sigmoid", 1, kUnary, floating(sigmoid));
    registry.add("Softplus", 1, kUnary, floating(softplus));
    registry.add("Softsign", 1, kUnary, floating([](double x) { return x / (1 + std::fabs(x)); }));
    registry.add("HardSwish", 14, kUnary, floating([](double x) { return x * std::fmin(std::fmax(x / 6 + 0.5, 0.0), 1.0); }));
    registry.add("Mish", 18, kUnary, floating([](double x) { return x * std::tanh(softplus(x)); }));
    registry.add("Swish", 24, kUnary, parametric([](const graph::Node& node) {
        return [alpha = double{node.number("alpha", 1.0F)}](double x) { return x * sigmoid(alpha * x); };
    }));
    registry.add("Silu", 1, kUnary, floating([](double x) { return x * sigmoid(x); }), "trimtab");
    registry.add("Elu", 1, kUnary, parametric([](const graph::Node& node) {
        return [alpha = double{node.number("alpha", 1.0F)}](double x) { return x < 0 ? alpha * std::expm1(x) : x; };
    }));
    registry.add("Celu", 12, kUnary, parametric([](const graph::Node& node) {
                     return [alpha = double{node.number("alpha", 1.0F)}](double x) {
                         return std::fmax(x, 0.0) + std::fmin(0.0, alpha * std::expm1(x / alpha));
                     };
                 }));
    registry.add("Selu", 1, kUnary, parametric([](const graph::Node& node) {
        // Before opset 6 the defaults were rounded to four digits.
        const bool rounded = node.version > 0 && node.version < 6;
        const double alpha = node.number("alpha", rounded ? 1.6732F : 1.67326319217681884765625F);
        const double gamma = node.number("gamma", rounded ? 1.0507F : 1.05070102214813232421875F);
        return [alpha, gamma](double x) { return gamma * (x > 0 ? x : alpha * std::expm1(x)); };
    }));
    registry.add("LeakyRelu", 1, kUnary, parametric([](const graph::Node& node) {
        return [alpha = double{node.number("alpha", 0.01F)}](double x) { return x < 0 ? alpha * x : x; };
    }));
    registry.add("ThresholdedRelu", 1, kUnary, parametric([](const graph::Node& node) {
        return [alpha = double{node.number("alpha", 1.0F)}](double x) { return x > alpha ? x : 0.0; };
    }));
    registry.add("HardSigmoid", 1, kUnary, parametric([](const graph::Node& node) {
        return [alpha = double{node.number("alpha", 0.2F)}, beta = double{node.number("beta", 0.5F)}](double x) {
            return std::fmin(1.0, std::fmax(0.0, alpha * x + beta));
        };
    }));
    const Kernel gelu = parametric([](const graph::Node& node) {
        return [tanhForm = node.string("approximate", "none") == "tanh"](double x) {
            if (tanhForm) return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
            return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
        };
    });
    registry.add("Gelu", 20, kUnary, gelu);
    registry.add("Gelu", 1, kUnary, gelu, "trimtab");
}

/// Shrink takes every numeric type; integers are shrunk by the truncated bias.
Result<Values> shrink(const Call& call) {
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "the input must be numeric");
    const double lambda = call.node.number("lambd", 0.5F);
    const double bias = call.node.number("bias", 0.0F);
    return mapOne<double>(call, type, [=](double x) { return x < -lambda ? x + bias : x > lambda ? x - bias : 0.0; });
}

Kernel floatTest(bool (*test)(const graph::Node&, double)) {
    return [test](const Call& call) -> Result<Values> {
        if (domainOf(call.tensor(0).type()) != Domain::Floating) return refuse(call, "the input must be of a floating type");
        return mapOne<double>(call, DataType::Bool, [&](double x) { return test(call.node, x) ? 1.0 : 0.0; });
    };
}

Kernel integersOnly(Kernel inner) {
    return [inner = std::move(inner)](const Call& call) -> Result<Values> {
        if (!isInteger(call.tensor(0).type())) return refuse(call, "the input must be of an integer type");
        return inner(call);
    };
}

Result<Values> logicalNot(const Call& call) {
    if (call.tensor(0).type() != DataType::Bool) return refuse(call, "the input must be boolean");
    return mapOne<std::uint64_t>(call, DataType::Bool, [](std::uint64_t x) { return std::uint64_t{x == 0}; });
}

}  // namespace

void registerUnary(Registry& registry) {
    registerMath(registry);
    registerActivations(registry);
    registry.add("Shrink", 9, kUnary, shrink);
    registry.add("Not", 1, kUnary, logicalNot);
    registry.add("BitwiseNot", 18, kUnary, integersOnly(numeric([](auto x) {
        return static_cast<decltype(x)>(~static_cast<std::uint64_t>(x));
    })));
    registry.add("IsNaN", 9, kUnary, floatTest([](const graph::Node&, double x) { return std::isnan(x); }));
    registry.add("IsInf", 10, kUnary, floatTest([](const graph::Node& node, double x) {
        return std::isinf(x) && node.integer(x > 0 ? "detect_positive" : "detect_negative", 1) != 0;
    }));
}

}  // namespace trimtab::ref
