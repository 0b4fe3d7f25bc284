#include "kernels/cpu/implementations/activation.h"

#include <limits>

namespace trimtab::cpu {

Status appendActivation(const graph::Node& node, onednn::Attributes& attributes) {
    const std::string activation = node.string("activation", "");
    onednn::PostOp op;
    if (activation.empty()) return {};
    if (activation == "Relu") {
        op.kind = onednn::PostOp::Kind::Relu;
    } else if (activation == "Sigmoid") {
        op.kind = onednn::PostOp::Kind::Sigmoid;
    } else if (activation == "Clip") {
        op.kind = onednn::PostOp::Kind::Clip;
        op.low = node.number("min", std::numeric_limits<float>::lowest());
        op.high = node.number("max", std::numeric_limits<float>::max());
    } else {
        return fail(ErrorCode::Unsupported, "no kernel fuses the activation " + activation);
    }
    attributes.postOps.push_back(op);
    return {};
}

}  // namespace trimtab::cpu
