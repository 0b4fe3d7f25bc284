#include "core/formats/onnx/weight_export.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/formats/onnx/block_packing.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::onnx {
namespace {

using graph::ValueId;
using tensor::QuantizedWeight;
using tensor::WeightLayout;

/// Codes in the layout of the original tensor.
Result<Tensor> codesAsTensor(const QuantizedWeight& weight, DataType type) {
    TRIMTAB_TRY(Tensor codes, Tensor::allocate(type, weight.originalShape));
    auto* to = reinterpret_cast<std::int8_t*>(codes.mutableBytes().data());
    const bool isTransposed = weight.layout == WeightLayout::OutputsLast;
    for (std::int64_t n = 0; n < weight.rows; ++n)
        for (std::int64_t k = 0; k < weight.columns; ++k)
            to[static_cast<std::size_t>(isTransposed ? k * weight.rows + n : n * weight.columns + k)] =
                weight.codes[static_cast<std::size_t>(n * weight.columns + k)];
    return codes;
}

/// One for each output, or in the place that the reduction has in the original matrix one for each of its groups.
Tensor scalesAsTensor(const QuantizedWeight& weight, bool perGroup) {
    if (!perGroup) return Tensor::fromFloats({weight.rows}, weight.scales);
    const std::int64_t groups = weight.groups();
    if (weight.layout == WeightLayout::OutputsFirst) return Tensor::fromFloats({weight.rows, groups}, weight.scales);
    std::vector<float> turned(weight.scales.size());
    for (std::int64_t n = 0; n < weight.rows; ++n)
        for (std::int64_t g = 0; g < groups; ++g)
            turned[static_cast<std::size_t>(g * weight.rows + n)] = weight.scales[static_cast<std::size_t>(n * groups + g)];
    return Tensor::fromFloats({groups, weight.rows}, turned);
}

bool isSixteenBits(DataType type) { return tensor::isFloatingPoint(type) && tensor::bitWidth(type) == 16; }

/// MatMulNBits has its scales in the type of its activations: such a weight need not be wide where they lose nothing by that.
bool staysHalf(const graph::Value& value, const WeightPlan& plan) {
    if (plan.form != WeightForm::BlockQuantized || value.type.type != DataType::Float16) return false;
    const Tensor scales = Tensor::fromFloats({static_cast<std::int64_t>(value.quantized->scales.size())}, value.quantized->scales);
    const auto half = tensor::convert(scales, DataType::Float16);
    return half && tensor::toFloats(*half) == value.quantized->scales;
}

/// What subgraphs capture and what leaves the graph keeps its type.
std::set<ValueId> wideWeights(const Graph& graph, const std::map<ValueId, WeightPlan>& plans) {
    std::set<ValueId> wide;
    for (const auto& [id, plan] : plans) {
        const graph::Value& value = graph.value(id);
        if (value.quantized && isSixteenBits(value.type.type) && !graph.isOutput(id) && !staysHalf(value, plan)) wide.insert(id);
    }
    for (const graph::Node& node : graph.nodes)
        for (std::size_t i = node.inputs.size() - node.captures; i < node.inputs.size(); ++i) wide.erase(node.inputs[i]);
    return wide;
}

void setInteger(::onnx::NodeProto& node, const char* name, std::int64_t value) {
    auto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(::onnx::AttributeProto::INT);
    attribute->set_i(value);
}

}  // namespace

WeightExporter::WeightExporter(ExportContext& context, const Graph& graph, const std::map<ValueId, WeightPlan>& plans,
                               ::onnx::GraphProto& proto)
    : m_context(context), m_graph(graph), m_plans(plans), m_proto(proto), m_wide(wideWeights(graph, plans)) {}

bool WeightExporter::isNarrow(ValueId id) const {
    return id != graph::kNoValue && isSixteenBits(m_graph.value(id).type.type) && !m_wide.contains(id);
}

std::string WeightExporter::freeName(std::set<std::string>& taken, const std::string& wish) {
    std::string name = wish;
    for (int suffix = 2; !taken.insert(name).second; ++suffix) name = fmt::format("{}_{}", wish, suffix);
    return name;
}

::onnx::NodeProto* WeightExporter::addNode(const std::string& op, const std::vector<std::string>& inputs,
                                           const std::vector<std::string>& outputs) {
    auto* node = m_proto.add_node();
    node->set_name(freeName(m_context.nodeNames, outputs[0] + "/" + op));
    node->set_op_type(op);
    for (const auto& input : inputs) node->add_input(input);
    for (const auto& output : outputs) node->add_output(output);
    return node;
}

Result<bool> WeightExporter::exportWeight(ValueId id) {
    const auto plan = m_plans.find(id);
    const graph::Value& value = m_graph.value(id);
    if (plan != m_plans.end() && plan->second.form != WeightForm::Dense) {
        switch (plan->second.form) {
            case WeightForm::DequantizeInt8:
                TRIMTAB_REQUIRE(exportInt8(id, plan->second));
                break;
            case WeightForm::DequantizeFloat:
                TRIMTAB_REQUIRE(exportFloat(id, plan->second));
                break;
            case WeightForm::BlockQuantized:
                TRIMTAB_REQUIRE(exportBlocks(id, plan->second));
                break;
            case WeightForm::NormalFloat:
                TRIMTAB_REQUIRE(exportNormalFloat(id, plan->second));
                break;
            case WeightForm::Cast16:
                TRIMTAB_REQUIRE(exportCast(id, plan->second));
                break;
            case WeightForm::Dense:
                break;
        }
        return true;
    }
    if (!value.quantized) return false;
    TRIMTAB_TRY(Tensor dense, value.quantized->dequantize());
    if (tensor::isFloatingPoint(value.type.type) && !m_wide.contains(id)) {
        TRIMTAB_TRY(dense, tensor::convert(dense, value.type.type));
    }
    TRIMTAB_REQUIRE(exportTensor(dense, value.name, *m_proto.add_initializer()));
    return true;
}

Status WeightExporter::exportInt8(ValueId id, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    const QuantizedWeight& weight = *value.quantized;
    std::vector<std::string> inputs{newValue(value.name + "_quantized"), newValue(value.name + "_scale")};
    TRIMTAB_TRY(const Tensor codes, codesAsTensor(weight, DataType::Int8));
    TRIMTAB_REQUIRE(exportTensor(codes, inputs[0], *m_proto.add_initializer()));
    TRIMTAB_REQUIRE(exportTensor(Tensor::fromFloats({weight.rows}, weight.scales), inputs[1], *m_proto.add_initializer()));
    if (!weight.zeroPoints.empty()) {
        inputs.push_back(newValue(value.name + "_zero_point"));
        TRIMTAB_REQUIRE(
            exportTensor(Tensor::fromValues(DataType::Int8, {weight.rows}, weight.zeroPoints), inputs[2], *m_proto.add_initializer()));
    }
    dequantize(id, inputs, plan);
    return {};
}

/// DequantizeLinear gives the type of its scales, float32; weights that are not wide are cast to what their readers expect.
void WeightExporter::dequantize(ValueId id, const std::vector<std::string>& inputs, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    const bool isFloat = m_wide.contains(id) || value.type.type == DataType::Float32 || !tensor::isFloatingPoint(value.type.type);
    const std::string result = isFloat ? value.name : newValue(value.name + "_float");
    auto* node = addNode("DequantizeLinear", inputs, {result});
    setInteger(*node, "axis", plan.axis);
    if (plan.block > 0) setInteger(*node, "block_size", plan.block);
    if (!isFloat) setInteger(*addNode("Cast", {result}, {value.name}), "to", tensor::onnxNumber(value.type.type));
}

Status WeightExporter::exportFloat(ValueId id, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    const QuantizedWeight& weight = *value.quantized;
    const bool isE5M2 = weight.format == tensor::CodeFormat::Float8E5M2;
    const std::vector<std::string> inputs{newValue(value.name + "_quantized"), newValue(value.name + "_scale")};
    TRIMTAB_TRY(const Tensor codes, codesAsTensor(weight, isE5M2 ? DataType::Float8E5M2 : DataType::Float8E4M3FN));
    TRIMTAB_REQUIRE(exportTensor(codes, inputs[0], *m_proto.add_initializer()));
    TRIMTAB_REQUIRE(exportTensor(scalesAsTensor(weight, plan.block > 0), inputs[1], *m_proto.add_initializer()));
    dequantize(id, inputs, plan);
    return {};
}

Status WeightExporter::exportCast(ValueId id, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    const std::string stored = newValue(value.name + (plan.bfloat ? "_bf16" : "_fp16"));
    TRIMTAB_TRY(const Tensor narrow, tensor::convert(*value.constant, plan.bfloat ? DataType::BFloat16 : DataType::Float16));
    TRIMTAB_REQUIRE(exportTensor(narrow, stored, *m_proto.add_initializer()));
    setInteger(*addNode("Cast", {stored}, {value.name}), "to", tensor::onnxNumber(value.type.type));
    return {};
}

Status WeightExporter::exportBlocks(ValueId id, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    TRIMTAB_TRY(BlockPacked packed, packBlocks(*value.quantized, plan.bits, plan.block));
    if (isNarrow(id)) {
        TRIMTAB_TRY(packed.scales, tensor::convert(packed.scales, value.type.type));
    }
    BlockNames& names = m_blocks[id];
    names.codes = newValue(value.name + "_blocks");
    names.scales = newValue(value.name + "_scales");
    TRIMTAB_REQUIRE(exportTensor(packed.codes, names.codes, *m_proto.add_initializer()));
    TRIMTAB_REQUIRE(exportTensor(packed.scales, names.scales, *m_proto.add_initializer()));
    if (packed.zeroPoints) {
        names.zeroPoints = newValue(value.name + "_zero_points");
        TRIMTAB_REQUIRE(exportTensor(*packed.zeroPoints, names.zeroPoints, *m_proto.add_initializer()));
    }
    m_context.opsets.try_emplace("com.microsoft", 1);
    return {};
}

Status WeightExporter::exportNormalFloat(ValueId id, const WeightPlan& plan) {
    const graph::Value& value = m_graph.value(id);
    TRIMTAB_TRY(const BlockPacked packed, packNormalFloat(*value.quantized, plan.block));
    BlockNames& names = m_blocks[id];
    names.codes = newValue(value.name + "_blocks");
    names.scales = newValue(value.name + "_absmax");
    TRIMTAB_REQUIRE(exportTensor(packed.codes, names.codes, *m_proto.add_initializer()));
    TRIMTAB_REQUIRE(exportTensor(packed.scales, names.scales, *m_proto.add_initializer()));
    m_context.opsets.try_emplace("com.microsoft", 1);
    return {};
}

void WeightExporter::widen(const graph::Node& node, ::onnx::NodeProto& exported) {
    for (std::size_t i = 0; i + node.captures < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        if (!isNarrow(id)) continue;
        const auto [entry, isNew] = m_casts.try_emplace(id);
        const std::string& name = m_graph.value(id).name;
        if (isNew) {
            entry->second = newValue(name + "_float");
            setInteger(*addNode("Cast", {name}, {entry->second}), "to", tensor::onnxNumber(DataType::Float32));
        }
        exported.set_input(static_cast<int>(i), entry->second);
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (!isNarrow(node.outputs[i])) continue;
        exported.set_output(static_cast<int>(i), newValue(m_graph.value(node.outputs[i]).name + "_float"));
        m_narrowed.emplace_back(exported.output(static_cast<int>(i)), node.outputs[i]);
    }
}

void WeightExporter::afterNode() {
    for (const auto& [name, id] : m_narrowed)
        setInteger(*addNode("Cast", {name}, {m_graph.value(id).name}), "to", tensor::onnxNumber(m_graph.value(id).type.type));
    m_narrowed.clear();
}

Status WeightExporter::beforeNode(const graph::Node& node, ::onnx::NodeProto& exported) {
    if (std::ranges::any_of(node.inputs, [this](ValueId id) { return m_wide.contains(id); })) widen(node, exported);
    const auto plan = m_plans.find(node.input(1));
    if (node.input(1) == graph::kNoValue || plan == m_plans.end()) return {};
    if (plan->second.form == WeightForm::BlockQuantized || plan->second.form == WeightForm::NormalFloat)
        return toBlockProduct(node, plan->second, exported);
    const ValueId activation = node.input(0);
    if (plan->second.quantizedActivations && node.treatment.compute == graph::ComputeType::Int8 && activation != graph::kNoValue &&
        (m_wide.contains(node.input(1)) || m_graph.value(activation).type.type == DataType::Float32)) {
        TRIMTAB_TRY(const std::string codes, quantizeActivation(exported.input(0), node.treatment.activationStep));
        exported.set_input(0, codes);
    }
    return {};
}

/// Of MatMulNBits: activations become int8 in blocks of block_size before they are multiplied.
constexpr std::int64_t kInt8Accuracy = 4;

Status WeightExporter::toBlockProduct(const graph::Node& node, const WeightPlan& plan, ::onnx::NodeProto& exported) {
    const QuantizedWeight& weight = *m_graph.value(node.input(1)).quantized;
    const BlockNames& names = m_blocks.at(node.input(1));
    const bool isNormalFloat = plan.form == WeightForm::NormalFloat;
    exported.set_op_type(isNormalFloat ? "MatMulBnb4" : "MatMulNBits");
    exported.set_domain("com.microsoft");
    exported.clear_attribute();
    exported.set_input(1, names.codes);
    exported.add_input(names.scales);
    if (!names.zeroPoints.empty()) exported.add_input(names.zeroPoints);
    setInteger(exported, "K", weight.columns);
    setInteger(exported, "N", weight.rows);
    if (isNormalFloat)
        setInteger(exported, "quant_type", kNormalFloatType);
    else
        setInteger(exported, "bits", plan.bits);
    setInteger(exported, "block_size", plan.block);
    if (plan.productsOfCodes) setInteger(exported, "accuracy_level", kInt8Accuracy);
    return {};
}

Result<std::string> WeightExporter::quantizeActivation(const std::string& name, const std::optional<graph::ActivationStep>& step) {
    const auto key = std::tuple(name, step ? step->scale : 0.0F, step ? step->zero : 0);
    const auto [entry, isNew] = m_activations.try_emplace(key);
    if (!isNew) return entry->second;
    const std::string codes = newValue(name + "_quantized"), scale = newValue(name + "_scale"), zero = newValue(name + "_zero_point");
    if (step) {
        TRIMTAB_REQUIRE(exportTensor(Tensor::fromFloats(Shape{}, {step->scale}), scale, *m_proto.add_initializer()));
        const auto code = static_cast<std::uint8_t>(step->zero);
        TRIMTAB_REQUIRE(exportTensor(Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{}, {code}), zero, *m_proto.add_initializer()));
        addNode("QuantizeLinear", {name, scale, zero}, {codes});
    } else {
        addNode("DynamicQuantizeLinear", {name}, {codes, scale, zero});
    }
    entry->second = newValue(name + "_dequantized");
    addNode("DequantizeLinear", {codes, scale, zero}, {entry->second});
    return entry->second;
}

}  // namespace trimtab::formats::onnx
