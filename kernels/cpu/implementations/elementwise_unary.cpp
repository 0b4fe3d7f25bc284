// One float in, one float out. The layout of the input is kept, whatever it is; the result may take the place of the input.
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

struct Parameters {
    UnaryOp op = UnaryOp::Relu;
    float a = 0;
    float b = 0;
};

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Clip's bounds are inputs since opset 11; nullopt when they are not constant.
std::optional<Parameters> clip(const NodeView& view) {
    Parameters result{UnaryOp::Clip, view.node.number("min", -kInfinity), view.node.number("max", kInfinity)};
    for (std::size_t i = 1; i <= 2; ++i) {
        if (!view.has(i)) continue;
        const Tensor* bound = view.constant(i);
        if (!bound || bound->elementCount() != 1) return std::nullopt;
        (i == 1 ? result.a : result.b) = static_cast<float>(tensor::elementAsDouble(*bound, 0));
    }
    return result;
}

std::optional<Parameters> parametersOf(const NodeView& view) {
    static const std::map<std::string, UnaryOp, std::less<>> kPlain = {{"Abs", UnaryOp::Abs},
                                                                       {"Neg", UnaryOp::Neg},
                                                                       {"Relu", UnaryOp::Relu},
                                                                       {"Sigmoid", UnaryOp::Sigmoid},
                                                                       {"Tanh", UnaryOp::Tanh},
                                                                       {"Erf", UnaryOp::Erf},
                                                                       {"Exp", UnaryOp::Exp},
                                                                       {"Sqrt", UnaryOp::Sqrt},
                                                                       {"Reciprocal", UnaryOp::Reciprocal},
                                                                       {"HardSwish", UnaryOp::HardSwish},
                                                                       {"Floor", UnaryOp::Floor},
                                                                       {"Ceil", UnaryOp::Ceil},
                                                                       {"Silu", UnaryOp::Silu},
                                                                       {"Swish", UnaryOp::Silu}};
    const graph::Node& node = view.node;
    if (node.op == "Clip") return clip(view);
    if (node.op == "LeakyRelu") return Parameters{UnaryOp::LeakyRelu, node.number("alpha", 0.01F), 0};
    if (node.op == "Elu") return Parameters{UnaryOp::Elu, node.number("alpha", 1.0F), 0};
    if (node.op == "HardSigmoid") return Parameters{UnaryOp::HardSigmoid, node.number("alpha", 0.2F), node.number("beta", 0.5F)};
    if (node.op == "Gelu") {
        const bool isTanh = node.string("approximate", "none") == "tanh";
        return Parameters{isTanh ? UnaryOp::TanhGelu : UnaryOp::Gelu, 0, 0};
    }
    if (node.op == "FastGelu") {
        if (view.has(1)) return std::nullopt;
        return Parameters{UnaryOp::TanhGelu, 0, 0};
    }
    if (node.op == "Swish" && node.number("alpha", 1.0F) != 1.0F) return std::nullopt;
    const auto found = kPlain.find(node.op);
    if (found == kPlain.end()) return std::nullopt;
    return Parameters{found->second, 0, 0};
}

}  // namespace

runtime::Support judgeUnary(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    if (!parametersOf(view)) return refused("its parameters are not constant, or of a kind without a kernel");
    return native();
}

Status placeUnary(Builder& builder, const NodeView& view) {
    const Parameters parameters = *parametersOf(view);
    const graph::ValueId from = view.node.input(0);
    if (view.shape(0) != view.outputShape()) return fail(ErrorCode::Refused, "its output has another shape than its input", view.node.name);
    const Form form{DataType::Float32, builder.formOf(from).layout};
    const std::int64_t count = view.outputShape().elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(from, form));
    const SlotId y = builder.mayOverwrite(x) ? builder.writeOver(view.node.output(0), form, x) : builder.write(view.node.output(0), form);
    const auto unary = vectorKernels().unary;
    builder.step(
        [=](Frame& frame) {
            const float* source = frame.at<float>(x);
            float* target = frame.at<float>(y);
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                unary(parameters.op, source + begin, target + begin, end - begin, parameters.a, parameters.b);
            });
            return Status{};
        },
        {x}, {y});
    return {};
}

}  // namespace trimtab::cpu
