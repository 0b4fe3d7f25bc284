// com.microsoft.FusedConv: y = activation(Conv(X, W, B) + Z), with Conv's attributes, `activation` and its parameters `activation_params`:
//   Relu, Tanh, Sigmoid (none), LeakyRelu (alpha), Clip (low, high), HardSigmoid (alpha, beta)
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

using Function = std::function<double(double)>;

Result<Function> activation(const Call& call) {
    const std::string word = call.node.string("activation", "");
    const std::vector<float> given = call.node.numbers("activation_params");
    const std::size_t needed = word == "LeakyRelu" ? 1 : word == "Clip" || word == "HardSigmoid" ? 2 : 0;
    if (given.size() < needed) return refuse(call, fmt::format("activation {} needs {} parameters, not {}", word, needed, given.size()));
    const double first = needed > 0 ? given[0] : 0, second = needed > 1 ? given[1] : 0;
    if (word.empty()) return Function([](double x) { return x; });
    if (word == "Relu") return Function([](double x) { return x < 0 ? 0.0 : x; });
    if (word == "Tanh") return Function([](double x) { return std::tanh(x); });
    if (word == "Sigmoid") return Function([](double x) { return 1 / (1 + std::exp(-x)); });
    if (word == "LeakyRelu") return Function([first](double x) { return x < 0 ? first * x : x; });
    if (word == "Clip") return Function([first, second](double x) { return std::min(std::max(x, first), second); });
    if (word == "HardSigmoid") return Function([first, second](double x) { return std::min(std::max(first * x + second, 0.0), 1.0); });
    return unsupported(call, "activation " + word + " is not known");
}

Result<Values> fusedConv(const Call& call) {
    TRIMTAB_TRY(const Function apply, activation(call));
    TRIMTAB_TRY(const Values plain, conv(Call{call.node, call.inputs.first(std::min<std::size_t>(call.inputs.size(), 3))}));
    const Tensor& convolved = std::get<Tensor>(plain[0]);
    std::vector<const Tensor*> inputs{&convolved};
    if (call.has(3)) {
        TRIMTAB_REQUIRE(sameType(call, convolved, call.tensor(3)));
        if (call.tensor(3).shape() != convolved.shape())
            return refuse(call, "input Z " + call.tensor(3).shape().text() + " has not the result's shape " + convolved.shape().text());
        inputs.push_back(&call.tensor(3));
    }
    const auto finish = [&](const double* const* in, std::int64_t n, double* out) {
        for (std::int64_t i = 0; i < n; ++i) out[i] = apply(inputs.size() > 1 ? in[0][i] + in[1][i] : in[0][i]);
    };
    TRIMTAB_TRY(Tensor y, (mapBroadcast<double, double>(call, inputs, convolved.type(), finish)));
    return one(std::move(y));
}

}  // namespace

void registerFusedConv(Registry& registry) { registry.add("FusedConv", 1, {2, 4, 1}, viaFloat32(fusedConv), "com.microsoft"); }

}  // namespace trimtab::ref
