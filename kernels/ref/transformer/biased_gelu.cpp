// com.microsoft's activations of transformers (Hendrycks, Gimpel 2016):
//   Gelu            x · Φ(x), Φ the normal distribution function
//   BiasGelu        the same of x + bias, bias one row
//   FastGelu        ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) of x, or of x + bias
//   QuickGelu       x · sigmoid(alpha · x)
#include <cmath>
#include <numbers>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

double exactGelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }
double tanhGelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))); }

/// f of input 0 with input 1, when it is there, added to each of its rows.
template <class F>
Result<Values> mapRows(const Call& call, F f) {
    const Tensor& x = call.tensor(0);
    if (domainOf(x.type()) != Domain::Floating) return refuse(call, "the input must be of a floating type");
    std::vector<const Tensor*> inputs{&x};
    if (call.has(1)) {
        const Tensor& bias = call.tensor(1);
        TRIMTAB_REQUIRE(sameType(call, x, bias));
        if (x.shape().rank() < 1 || bias.shape() != Shape{x.shape()[x.shape().rank() - 1]})
            return refuse(call, "the bias " + bias.shape().text() + " is no row of " + x.shape().text());
        inputs.push_back(&bias);
    }
    TRIMTAB_TRY(Tensor y, (mapBroadcast<double, double>(call, inputs, x.type(), [&](const double* const* in, std::int64_t n, double* out) {
                    for (std::int64_t i = 0; i < n; ++i) out[i] = f(inputs.size() > 1 ? in[0][i] + in[1][i] : in[0][i]);
                })));
    return one(std::move(y));
}

Result<Values> quickGelu(const Call& call) {
    const double alpha = call.node.number("alpha", 1.702F);
    return mapRows(call, [alpha](double x) { return x / (1 + std::exp(-alpha * x)); });
}

}  // namespace

void registerBiasedGelu(Registry& registry) {
    registry.add("Gelu", 1, {1, 1, 1}, [](const Call& call) { return mapRows(call, exactGelu); }, "com.microsoft");
    registry.add("BiasGelu", 1, {2, 2, 1}, [](const Call& call) { return mapRows(call, exactGelu); }, "com.microsoft");
    registry.add("FastGelu", 1, {1, 2, 1}, [](const Call& call) { return mapRows(call, tanhGelu); }, "com.microsoft");
    registry.add("QuickGelu", 1, {1, 1, 1}, quickGelu, "com.microsoft");
}

}  // namespace trimtab::ref
