#include "kernels/ref/fused.h"

#include <cmath>
#include <limits>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"

namespace trimtab::ref {
namespace {

Result<std::function<double(double)>> activation(const Call& call) {
    const std::string word = call.node.string("activation", "");
    if (word.empty()) return std::function<double(double)>();
    if (word == "Relu") return [](double x) { return x < 0 ? 0.0 : x; };
    if (word == "Sigmoid") return [](double x) { return 1 / (1 + std::exp(-x)); };
    if (word != "Clip") return unsupported(call, "activation " + word + " is not known");
    const double low = call.node.number("min", -std::numeric_limits<float>::infinity());
    const double high = call.node.number("max", std::numeric_limits<float>::infinity());
    return [low, high](double x) {
        const double raised = x < low ? low : x;
        return high < raised ? high : raised;
    };
}

/// The inputs of the plain operator, then whatever the fused one adds.
Result<Values> fusedConv(const Call& call) {
    TRIMTAB_TRY(const Values plain, conv(Call{call.node, call.inputs.first(std::min<std::size_t>(call.inputs.size(), 3))}));
    return finishFused(call, std::get<Tensor>(plain[0]), call.has(3) ? call.tensor(3) : Tensor());
}

Result<Values> fusedMatMul(const Call& call) {
    if (!isFloatingPoint(call.tensor(0).type())) return refuse(call, "inputs must be of a floating type");
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
    Tensor weight = call.tensor(1);
    if (call.node.integer("transB", 0) != 0) {
        if (weight.shape().rank() != 2) return refuse(call, "a weight of rows of outputs must be a matrix");
        TRIMTAB_TRY(weight, transposeMatrices(weight));
    }
    TRIMTAB_TRY(const Tensor product, matMul(call, call.tensor(0), weight));
    return finishFused(call, product, call.has(2) ? call.tensor(2) : Tensor());
}

}  // namespace

Result<Values> finishFused(const Call& call, const Tensor& product, const Tensor& addend) {
    TRIMTAB_TRY(const auto apply, activation(call));
    if (!addend.defined() && !apply) return one(product);
    std::vector<const Tensor*> inputs{&product};
    if (addend.defined()) {
        TRIMTAB_REQUIRE(sameType(call, product, addend));
        if (tensor::broadcast(product.shape(), addend.shape()) != product.shape())
            return refuse(call, "the addend " + addend.shape().text() + " does not broadcast to " + product.shape().text());
        inputs.push_back(&addend);
    }
    TRIMTAB_TRY(Tensor out,
                (mapBroadcast<double, double>(call, inputs, product.type(), [&](const double* const* in, std::int64_t n, double* result) {
                    for (std::int64_t i = 0; i < n; ++i) {
                        const double sum = inputs.size() > 1 ? in[0][i] + in[1][i] : in[0][i];
                        result[i] = apply ? apply(sum) : sum;
                    }
                })));
    return one(std::move(out));
}

void registerFused(Registry& registry) {
    registry.add("FusedConv", 1, {2, 4, 1}, viaFloat32(fusedConv), "trimtab");
    registry.add("FusedMatMul", 1, {2, 3, 1}, viaFloat32(fusedMatMul), "trimtab");
}

}  // namespace trimtab::ref
