#include "kernels/onnxruntime/forms.h"

#include <fmt/format.h>

#include "core/tensor/code_values.h"
#include "kernels/onnxruntime/processor.h"

namespace trimtab::onnxruntime {
namespace {

using formats::onnx::WeightForm;
using formats::onnx::WeightPlan;
using graph::ComputeType;
using runtime::Support;

/// The plan of the node's weight; nullptr where the node has none.
const WeightPlan* planOf(const graph::Node& node, const WeightPlans& plans) {
    const auto found = plans.find(node.input(1));
    return node.input(1) == graph::kNoValue || found == plans.end() ? nullptr : &found->second;
}

bool hasQuantizedActivations(const Graph& graph, const graph::Node& node, const WeightPlan& plan) {
    return plan.quantizedActivations && node.treatment.compute == ComputeType::Int8 && node.input(0) != graph::kNoValue &&
           graph.value(node.input(0)).type.type == DataType::Float32;
}

/// Bits in which the file holds a code; 0 where it holds values.
int heldBits(const WeightPlan& plan) {
    switch (plan.form) {
        case WeightForm::DequantizeInt8:
        case WeightForm::DequantizeFloat: return 8;
        case WeightForm::BlockQuantized:
        case WeightForm::NormalFloat: return plan.bits;
        default: return 0;
    }
}

bool isDequantized(const WeightPlan& plan) { return plan.form == WeightForm::DequantizeInt8 || plan.form == WeightForm::DequantizeFloat; }

std::string join(const std::string& first, const std::string& second) {
    return first.empty() || second.empty() ? first + second : first + "; " + second;
}

/// Why the weight is not executed as asked for; empty where it is.
std::string weightReason(const Graph& graph, const graph::Node& node, const WeightPlan& plan, const Rewritten& rewritten) {
    const int asked = node.treatment.weightBits;
    const int held = heldBits(plan);
    if (asked >= 32) return {};
    if (plan.form == WeightForm::Dense) return "the file holds " + plan.label;
    if (plan.form == WeightForm::Cast16) return "16-bit weights are cast to fp32 before they are multiplied";
    if (held > asked) return fmt::format("codes of {} bits are held in {}", asked, held);
    if (isDequantized(plan) && !keepsCodes(rewritten, node, graph.value(node.input(1)).name))
        return "nothing shows that the session holds the codes and not their values";
    return {};
}

/// Why products are not formed as asked for; empty where they are.
std::string productReason(const Graph& graph, const graph::Node& node, const WeightPlan* plan, const Rewritten& rewritten) {
    switch (node.treatment.compute) {
        case ComputeType::BFloat16:
        case ComputeType::Float16:
            return fmt::format("products are formed in fp32: a file says {} for weights only", graph::name(node.treatment.compute));
        case ComputeType::Int8:
            if (!plan) return "the file holds no integers for this layer";
            if (plan->productsOfCodes)
                return "nothing shows that the session rounds activations in blocks and multiplies integers: the file asks for it";
            if (!hasQuantizedActivations(graph, node, *plan)) return "activations stay as they are: the file holds " + plan->label;
            if (multipliesIntegers(rewritten, node)) return {};
            return fmt::format("ONNX Runtime widens both int8 operands of this {} to fp32 before it multiplies them", node.op);
        default: return {};
    }
}

std::string kernelName(const graph::Node& node, const WeightPlan* plan, const Rewritten& rewritten) {
    const auto executed = rewritten.find(node.name);
    std::string name = "onnxruntime " + (executed == rewritten.end() ? node.op : executed->second);
    if (!plan) return name;
    name += ", " + plan->label;
    if (plan->form == WeightForm::BlockQuantized || plan->form == WeightForm::NormalFloat)
        name += fmt::format(" in blocks of {}", plan->block);
    return name;
}

/// For rows that are native and yet not what the width promises.
constexpr const char* kWidened = "the codes are widened to fp32 in each run, before they are multiplied";
constexpr const char* kSaturates =
    "this processor has no VNNI: ONNX Runtime's sums of uint8 × int8 products saturate at 16 bits and lose accuracy "
    "that other processors keep";
constexpr const char* kZerosMultiplied = "zeros are multiplied all the same: no sparse kernel for this layer";

}  // namespace

Support supportOf(const Graph& graph, const graph::Node& node, const WeightPlans& plans, const Rewritten& rewritten) {
    const ComputeType compute = node.treatment.compute;
    if (compute == ComputeType::Tf32 || compute == ComputeType::Float8)
        return {Support::Level::Refused, fmt::format("no operator of a file asks for {} products", graph::name(compute))};
    if (node.treatment.kvBits < 32)
        return {Support::Level::Refused, fmt::format("no operator of a file keeps keys and values in {} bits", node.treatment.kvBits)};
    const WeightPlan* plan = planOf(node, plans);
    if (node.treatment.scalesEachToken() && !(plan && plan->productsOfCodes))
        return {Support::Level::Refused, "no operator of a file gives each token a scale of its own"};
    const std::string weight = plan ? weightReason(graph, node, *plan, rewritten) : std::string();
    const std::string reason = join(weight, productReason(graph, node, plan, rewritten));
    if (reason.empty()) return {};
    return {Support::Level::Emulated, reason};
}

trace::LayerRecord recordOf(const Graph& graph, const graph::Node& node, const WeightPlans& plans, const Rewritten& rewritten) {
    const WeightPlan* plan = planOf(node, plans);
    trace::LayerRecord row;
    row.node = node.name;
    row.op = node.op;
    row.origins = node.origins.empty() ? std::vector<std::string>{node.name} : node.origins;
    row.kernel = kernelName(node, plan, rewritten);
    row.weightBits = node.treatment.weightBits;
    row.density = node.treatment.density;
    const Support support = supportOf(graph, node, plans, rewritten);
    if (support.level != Support::Level::Native) row.execution = trace::Execution::Emulated;
    row.reason = support.reason;
    const bool readsWidened = plan && isDequantized(*plan) && !multipliesIntegers(rewritten, node) &&
                              rewritten.contains(graph.value(node.input(1)).name + "/DequantizeLinear");
    const bool widened = support.level == Support::Level::Native && plan && (readsWidened || plan->form == WeightForm::NormalFloat);
    if (widened) row.reason = kWidened;
    if (support.level == Support::Level::Native && multipliesIntegers(rewritten, node) && integerSumsSaturate()) row.reason = kSaturates;
    if (node.treatment.pruned) row.reason = join(row.reason, kZerosMultiplied);
    if (!plan) return row;
    if (hasQuantizedActivations(graph, node, *plan)) {
        row.compute = graph::name(ComputeType::Int8);
        row.activationBits = 8;
    }
    if (const auto& quantized = graph.value(node.input(1)).quantized) {
        row.group = quantized->partialGroup();
        row.weightFormat = tensor::formatName(*quantized);
    }
    return row;
}

}  // namespace trimtab::onnxruntime
