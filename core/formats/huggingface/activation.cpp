#include "core/formats/huggingface/activation.h"

#include <fmt/format.h>

#include <map>
#include <numbers>

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

/// As exports of PyTorch write it.
Result<ValueId> errorFunctionGelu(GraphBuilder& builder, const std::string& place, ValueId x) {
    TRIMTAB_TRY(const ValueId root, builder.number(place + ".root", std::numbers::sqrt2));
    TRIMTAB_TRY(const ValueId one, builder.number(place + ".one", 1));
    TRIMTAB_TRY(const ValueId half, builder.number(place + ".half", 0.5));
    const ValueId error = builder.node(place + "/Erf", "Erf", {builder.node(place + "/Div", "Div", {x, root})});
    const ValueId product = builder.node(place + "/Mul", "Mul", {x, builder.node(place + "/Add", "Add", {error, one})});
    return builder.node(place + "/Half", "Mul", {product, half});
}

}  // namespace

Result<Activation> activationAt(const Json& config, const char* key, Activation fallback) {
    static const std::map<std::string, Activation, std::less<>> kNames{
        {"silu", Activation::Silu},     {"swish", Activation::Silu},        {"gelu", Activation::Gelu},
        {"relu", Activation::Relu},     {"gelu_new", Activation::TanhGelu}, {"gelu_pytorch_tanh", Activation::TanhGelu},
    };
    if (base::memberAt(config, key) == nullptr) return fallback;
    TRIMTAB_TRY(const std::string word, base::stringAt(config, key));
    const auto found = kNames.find(word);
    if (found == kNames.end())
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} {:.40} is not read yet; silu, gelu, gelu_new, gelu_pytorch_tanh and relu are", key, word));
    return found->second;
}

Result<ValueId> activate(GraphBuilder& builder, const std::string& place, Activation activation, ValueId x) {
    switch (activation) {
        case Activation::Silu:
            return builder.node(place + "/Mul", "Mul", {x, builder.node(place + "/Sigmoid", "Sigmoid", {x})});
        case Activation::Gelu:
            return errorFunctionGelu(builder, place, x);
        case Activation::TanhGelu:
            return builder.node(place + "/FastGelu", "FastGelu", {x}, {}, "com.microsoft");
        case Activation::Relu:
            break;
    }
    return builder.node(place + "/Relu", "Relu", {x});
}

Result<ValueId> gated(GraphBuilder& builder, const std::string& place, Activation activation, ValueId gate, ValueId up) {
    TRIMTAB_TRY(const ValueId active, activate(builder, place + "/act_fn", activation, gate));
    return builder.node(place + "/Mul", "Mul", {active, up});
}

}  // namespace trimtab::formats::huggingface
