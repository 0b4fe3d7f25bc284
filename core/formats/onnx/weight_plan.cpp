#include "core/formats/onnx/weight_plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/graph/weights.h"
#include "core/tensor/code_values.h"

namespace trimtab::formats::onnx {
namespace {

using graph::ComputeType;
using graph::Node;
using graph::ValueId;
using tensor::CodeFormat;
using tensor::QuantizedWeight;
using tensor::WeightLayout;

constexpr int kFirstPerChannelOpset = 13;  // DequantizeLinear has its axis from here on; Cast takes bfloat16
constexpr int kFirstFloat8Opset = 19;
constexpr int kFirstBlockOpset = 21;
constexpr std::int64_t kDefaultBlock = 32;

std::string shortName(DataType type) {
    if (type == DataType::Float32) return "fp32";
    if (type == DataType::Float16) return "fp16";
    if (type == DataType::BFloat16) return "bf16";
    return std::string(tensor::name(type));
}

/// The block length of MatMulNBits that the groups allow: a power of two from 16 to 256 whose blocks never straddle two groups; 0 if there
/// is none.
std::int64_t blockFor(const QuantizedWeight& weight) {
    if (weight.group >= weight.columns) return kDefaultBlock;
    const std::int64_t power = weight.group & -weight.group;
    return power >= 16 ? std::min<std::int64_t>(power, 256) : 0;
}

/// The block length of MatMulBnb4, whose blocks run on from row to row and must not straddle two here; 0 if there is none.
std::int64_t runningBlockFor(const QuantizedWeight& weight) {
    const auto powerIn = [](std::int64_t count) { return count & -count; };
    const std::int64_t block = std::min<std::int64_t>({powerIn(weight.columns), powerIn(weight.group), 256});
    return block >= 16 ? block : 0;
}

class Planner {
public:
    explicit Planner(const Graph& graph) : m_graph(graph), m_consumers(graph.consumers()) {
        const auto imported = graph.opsets.find("");
        m_opset = imported == graph.opsets.end() ? 0 : imported->second;
    }

    std::map<ValueId, WeightPlan> plan() {
        std::map<ValueId, WeightPlan> plans;
        for (const auto& use : graph::compressibleWeights(m_graph)) {
            const Node& node = m_graph.nodes[static_cast<std::size_t>(use.node)];
            const graph::Value& value = m_graph.value(use.value);
            if (value.quantized) plans[use.value] = quantized(use.value, node);
            else if (value.constant && node.treatment.weightBits == 16 && value.type.type == DataType::Float32)
                plans[use.value] = sixteenBits(node);
            else if (value.constant && node.treatment.pruned) plans[use.value] = {.label = "masked " + shortName(value.type.type)};
            sayWhatIsLeftOut(node, value, plans, use.value);
        }
        // A quantised value that is no compressible weight any more (its node was rewritten) still has to leave.
        for (std::size_t v = 0; v < m_graph.values.size(); ++v)
            if (m_graph.values[v].quantized) plans.try_emplace(static_cast<ValueId>(v), WeightPlan{.label = "fp32 with rounded values"});
        return plans;
    }

private:
    /// No operator of a file says that its products are formed in tf32 or fp8: the weight leaves as it is, and the label says so.
    static void sayWhatIsLeftOut(const Node& node, const graph::Value& value, std::map<ValueId, WeightPlan>& plans, ValueId id) {
        const ComputeType compute = node.treatment.compute;
        if (compute != ComputeType::Tf32 && compute != ComputeType::Float8) return;
        WeightPlan& plan = plans.try_emplace(id, WeightPlan{.label = shortName(value.type.type)}).first->second;
        plan.label += fmt::format(" without {} products, which no operator of a file asks for", graph::name(compute));
    }

    static WeightPlan rounded(const QuantizedWeight& weight, std::string_view why) {
        return {.label = fmt::format("fp32 with values rounded to {} bits: {}", weight.bits, why)};
    }

    static WeightPlan decoded(const QuantizedWeight& weight, std::string_view why) {
        return {.label = fmt::format("fp32 with values rounded to {}: {}", tensor::formatName(weight), why)};
    }

    WeightPlan floatCodes(ValueId id, const Node& node) const {
        const QuantizedWeight& weight = *m_graph.value(id).quantized;
        const std::string_view format = tensor::formatName(weight);
        if (weight.format == CodeFormat::NormalFloat4) {
            const bool isFloat = m_graph.value(node.input(0)).type.type != DataType::Float64;
            const std::int64_t block = isFloat && readByMatMulsOnly(id, weight) ? runningBlockFor(weight) : 0;
            if (block > 0) return {.form = WeightForm::NormalFloat, .bits = 4, .block = block, .label = "MatMulBnb4 nf4"};
            return decoded(weight, "no operator takes it here");
        }
        if (weight.format == CodeFormat::Float4E2M1) return decoded(weight, "no operator takes it");
        if (m_opset < kFirstFloat8Opset) return decoded(weight, fmt::format("operator set {} has no DequantizeLinear of float8", m_opset));
        const bool perChannel = weight.group >= weight.columns;
        if (!perChannel && (m_opset < kFirstBlockOpset || weight.originalShape.rank() != 2))
            return decoded(weight, fmt::format("no operator takes groups of {} here", weight.group));
        WeightPlan plan{.form = WeightForm::DequantizeFloat, .label = fmt::format("{} DequantizeLinear", format)};
        const bool outputsLast = weight.layout == WeightLayout::OutputsLast;
        plan.axis = outputsLast == perChannel ? weight.originalShape.rank() - 1 : 0;
        plan.block = perChannel ? 0 : weight.group;
        return plan;
    }

    WeightPlan quantized(ValueId id, const Node& node) const {
        const QuantizedWeight& weight = *m_graph.value(id).quantized;
        if (weight.format != CodeFormat::Integer) return floatCodes(id, node);
        const bool perChannel = weight.group >= weight.columns;
        const bool integerProducts = node.treatment.compute == ComputeType::Int8 && node.treatment.activationBits <= 8;
        const bool byGroups = integerProducts && node.treatment.activationGroup > 0;
        const bool manyBits = weight.bits > 4 && perChannel;
        if ((!integerProducts || byGroups) && !manyBits && readByMatMulsOnly(id, weight)) {
            if (const std::int64_t block = blockFor(weight); block > 0) {
                const int bits = weight.bits == 2 ? 2 : weight.bits <= 4 ? 4 : 8;
                WeightPlan plan{.form = WeightForm::BlockQuantized, .bits = bits, .productsOfCodes = byGroups, .block = block};
                plan.label = fmt::format("MatMulNBits int{}", bits);
                if (byGroups) plan.label += fmt::format(" × int8 in blocks of {}", block);
                return plan;
            }
        }
        if (!perChannel) return rounded(weight, fmt::format("no standard operator takes groups of {} here", weight.group));
        if (m_opset < kFirstPerChannelOpset)
            return rounded(weight, fmt::format("operator set {} has no DequantizeLinear per channel", m_opset));
        WeightPlan plan{.form = WeightForm::DequantizeInt8, .label = "int8 DequantizeLinear"};
        plan.axis = weight.layout == WeightLayout::OutputsLast ? weight.originalShape.rank() - 1 : 0;
        if (!integerProducts || node.treatment.activationBits != 8) return plan;
        if (node.treatment.scalesEachToken()) {
            plan.label += " without activations of 8 bits, for no operator of a file gives each token a scale";
            return plan;
        }
        plan.quantizedActivations = true;
        plan.label = node.treatment.activationStep ? "QDQ int8, static" : "QDQ int8";
        return plan;
    }

    WeightPlan sixteenBits(const Node& node) const {
        const std::string type = node.treatment.weightsBfloat ? "bf16" : "fp16";
        if (m_opset < kFirstPerChannelOpset)
            return {.label = fmt::format("fp32 with values rounded to {}: operator set {} cannot cast them", type, m_opset)};
        return {.form = WeightForm::Cast16, .bfloat = node.treatment.weightsBfloat, .label = type};
    }

    /// MatMulNBits replaces the product, so nobody else may want the weight itself.
    bool readByMatMulsOnly(ValueId id, const QuantizedWeight& weight) const {
        if (weight.layout != WeightLayout::OutputsLast || weight.originalShape.rank() != 2) return false;
        if (m_graph.isOutput(id)) return false;
        const auto& readers = m_consumers[static_cast<std::size_t>(id)];
        return std::all_of(readers.begin(), readers.end(), [&](int reader) {
            const Node& node = m_graph.nodes[static_cast<std::size_t>(reader)];
            if (!node.is("MatMul") || node.input(1) != id || node.input(0) == id) return false;
            const graph::ValueType& type = m_graph.value(node.input(0)).type;
            return tensor::isFloatingPoint(type.type) && type.type != DataType::Float64 && (!type.dims || type.dims->size() >= 2);
        });
    }

    const Graph& m_graph;
    std::vector<std::vector<int>> m_consumers;
    int m_opset = 0;
};

}  // namespace

std::map<ValueId, WeightPlan> planWeights(const Graph& graph) { return Planner(graph).plan(); }

namespace {

/// How keys and values would have been kept; empty where nothing was asked of them.
std::string leftOutOfCaches(const Graph& graph) {
    std::set<int> bits;
    for (const Node& node : graph.nodes)
        if (node.treatment.kvBits < 32) bits.insert(node.treatment.kvBits);
    if (bits.empty()) return {};
    return fmt::format("; keys and values as they are, for no operator of a file keeps them in {} bits", fmt::join(bits, " or "));
}

std::string formsOfWeights(const Graph& graph, const std::map<ValueId, WeightPlan>& plans) {
    std::set<std::string> labels;
    for (const auto& [id, plan] : plans) labels.insert(plan.label);
    if (labels.size() > 1) return fmt::format("mixed ({})", fmt::join(labels, "; "));
    if (labels.size() == 1) return *labels.begin();
    for (const auto& use : graph::compressibleWeights(graph)) return shortName(graph.value(use.value).type.type);
    return "fp32";
}

}  // namespace

std::string describeForms(const Graph& graph, const std::map<ValueId, WeightPlan>& plans) {
    return formsOfWeights(graph, plans) + leftOutOfCaches(graph);
}

}  // namespace trimtab::formats::onnx
