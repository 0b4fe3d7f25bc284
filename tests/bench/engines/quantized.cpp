#include "tests/bench/engines/quantized.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/formats/onnx/writer.h"
#include "core/graph/shape_inference.h"
#include "core/graph/weights.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"

namespace trimtab::engines {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

struct Range {
    float scale = 1;
    std::uint8_t zero = 0;

    std::uint8_t code(float value) const {
        return static_cast<std::uint8_t>(std::clamp(std::nearbyint(value / scale) + static_cast<float>(zero), 0.0F, 255.0F));
    }
};

Tensor vectorOf(const std::vector<std::int64_t>& values) {
    return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values);
}

/// What static quantisers give codes on both sides.
const std::set<std::string> kBetween = {"Add",     "Mul",         "Relu",    "Clip",    "Sigmoid",   "LeakyRelu",
                                        "MaxPool", "AveragePool", "Concat",  "Reshape", "Transpose", "Slice",
                                        "Flatten", "Squeeze",     "Resize",  "Unsqueeze", "GlobalAveragePool"};
/// Their result has the scale of their input.
const std::set<std::string> kSameScale = {"MaxPool", "Reshape", "Transpose", "Slice", "Flatten", "Squeeze", "Unsqueeze", "Resize"};

class Quantizer {
public:
    Quantizer(const Graph& graph, const std::vector<NamedTensor>& inputs) : m_source(graph), m_result(graph), m_inputs(inputs) {}

    Status write(const std::filesystem::path& path) {
        raiseToTen();
        choose();
        TRIMTAB_REQUIRE(calibrate());
        rewrite();
        TRIMTAB_REQUIRE(graph::inferShapes(m_result));
        TRIMTAB_TRY(const auto written, formats::onnx::write(m_result, path));
        static_cast<void>(written);
        return {};
    }

private:
    /// Engines have their products of codes from operator set 10 on; what the file holds differs there in Slice alone.
    void raiseToTen() {
        if (m_result.opsets[""] >= 10) return;
        m_result.opsets[""] = 10;
        for (Node& node : m_result.nodes) {
            if (!node.domain.empty()) continue;
            node.version = 10;
            if (!node.is("Slice")) continue;
            const auto starts = node.integers("starts");
            std::vector<std::int64_t> axes(starts.size());
            std::iota(axes.begin(), axes.end(), 0);
            for (const auto& list : {starts, node.integers("ends"), node.integers("axes", axes)})
                node.inputs.push_back(m_result.addConstant(node.name + "_part", vectorOf(list)));
            node.attributes.clear();
        }
        m_source = m_result;
    }

    bool isFloat(ValueId id) const { return id != kNoValue && m_source.value(id).type.type == DataType::Float32; }
    bool hasWeight(const Node& node) const { return m_source.constantOf(node.input(1)) && isFloat(node.input(1)); }
    bool isProduct(const Node& node) const {
        if (node.is("Conv")) return hasWeight(node);
        return (node.is("MatMul") || node.is("Gemm")) && hasWeight(node) && m_source.constantOf(node.inputs[1])->shape().rank() == 2 &&
               node.integer("transA", 0) == 0 && node.number("alpha", 1) == 1 && node.number("beta", 1) == 1;
    }

    /// The result, or that of a bound which alone follows: the bound is a part of the layer.
    ValueId resultOf(std::size_t index) const {
        const ValueId result = m_source.nodes[index].outputs[0];
        const auto readers = m_source.consumers()[static_cast<std::size_t>(result)];
        if (readers.size() != 1 || m_source.isOutput(result)) return result;
        const Node& next = m_source.nodes[static_cast<std::size_t>(readers[0])];
        return next.is("Relu") || next.is("Clip") ? next.outputs[0] : result;
    }

    void choose() {
        for (std::size_t i = 0; i < m_source.nodes.size(); ++i) {
            const Node& node = m_source.nodes[i];
            if (isProduct(node)) {
                take(node.inputs[0]);
                if (node.op != "MatMul") take(resultOf(i));
            } else if (kBetween.contains(node.op) && node.domain.empty() && liesBetween(node)) {
                const bool isSum = node.is("Add") || node.is("Mul");
                for (const ValueId input : node.inputs)
                    if (isSum) take(input);
                take(isSum ? resultOf(i) : node.outputs[0]);
            }
        }
    }

    /// Every input that the data go through is codes already; constants of sums become codes too.
    bool liesBetween(const Node& node) const {
        bool any = false;
        const std::size_t parts = node.is("Concat") || node.is("Add") || node.is("Mul") ? node.inputs.size() : 1;
        for (std::size_t i = 0; i < parts; ++i) {
            const ValueId input = node.inputs[i];
            if (m_chosen.contains(input) && !m_source.constantOf(input)) any = true;
            else if (!m_source.constantOf(input) || !isFloat(input)) return false;
        }
        return any && isFloat(node.outputs[0]) && (!node.is("Resize") || node.string("mode", "nearest") == "nearest");
    }

    void take(ValueId id) {
        if (isFloat(id) && !m_source.isOutput(id)) m_chosen.insert(id);
    }

    Status calibrate() {
        Graph probe = m_source;
        for (const ValueId id : m_chosen) {
            const auto makes = [&](const Node& node) { return std::ranges::find(node.outputs, id) != node.outputs.end(); };
            if (std::ranges::any_of(probe.nodes, makes)) probe.outputs.push_back(id);
        }
        TRIMTAB_TRY(const auto model, cpu::makeCpuEngine(2)->compile(probe, {}));
        TRIMTAB_TRY(const auto outputs, model->run(m_inputs));
        for (const ValueId id : m_chosen) {
            const auto named = [&](const NamedTensor& tensor) { return tensor.name == m_source.value(id).name; };
            const auto made = std::ranges::find_if(outputs, named);
            const auto given = std::ranges::find_if(m_inputs, named);
            const Tensor* constant = m_source.constantOf(id);
            if (!constant && made == outputs.end() && given == m_inputs.end()) return fail(ErrorCode::Failed, "a tensor was not seen");
            m_ranges[id] = rangeOf(constant ? *constant : made != outputs.end() ? made->tensor : given->tensor);
        }
        for (const Node& node : m_source.nodes) {
            if (kSameScale.contains(node.op) && m_chosen.contains(node.output(0)) && m_chosen.contains(node.input(0)))
                m_ranges[node.outputs[0]] = m_ranges[node.inputs[0]];
        }
        return {};
    }

    static Range rangeOf(const Tensor& tensor) {
        float low = 0, high = 0;
        for (const float value : tensor::toFloats(tensor)) low = std::min(low, value), high = std::max(high, value);
        Range range;
        range.scale = high > low ? (high - low) / 255 : 1;
        range.zero = static_cast<std::uint8_t>(std::clamp(std::nearbyint(-low / range.scale), 0.0F, 255.0F));
        return range;
    }

    Node node(const std::string& op, std::vector<ValueId> inputs, ValueId output) {
        const bool own = m_source.opsets.contains("") && m_source.opsets.at("") >= 13;
        Node made;
        made.name = m_result.value(output).name + "_" + op;
        made.domain = own ? "" : "com.microsoft";
        made.op = op;
        made.version = own ? m_source.opsets.at("") : 1;
        if (!own) m_result.opsets["com.microsoft"] = 1;
        made.inputs = std::move(inputs);
        made.outputs = {output};
        made.origins = {made.name};
        return made;
    }

    ValueId value(const std::string& name, DataType type, const graph::ValueType& like) {
        graph::Value made;
        made.name = m_result.uniqueValueName(name);
        made.type = like;
        made.type.type = type;
        return m_result.addValue(std::move(made));
    }

    /// Pair behind a tensor; returns what readers read.
    ValueId pairBehind(ValueId id, std::vector<Node>& nodes) {
        const Range range = m_ranges.at(id);
        const std::string name = m_result.value(id).name;
        const ValueId scale = m_result.addConstant(name + "_scale", Tensor::scalar(range.scale));
        const ValueId zero = m_result.addConstant(name + "_zero", Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{}, {range.zero}));
        const graph::ValueType like = m_result.value(id).type;
        const ValueId values = value(name + "_again", DataType::Float32, like);
        ValueId codes = kNoValue;
        if (const Tensor* constant = m_result.constantOf(id)) {
            std::vector<std::uint8_t> bytes;
            for (const float x : tensor::toFloats(*constant)) bytes.push_back(range.code(x));
            codes = m_result.addConstant(name + "_codes", Tensor::fromValues<std::uint8_t>(DataType::UInt8, constant->shape(), bytes));
        } else {
            codes = value(name + "_codes", DataType::UInt8, like);
            nodes.push_back(node("QuantizeLinear", {id, scale, zero}, codes));
        }
        nodes.push_back(node("DequantizeLinear", {codes, scale, zero}, values));
        return values;
    }

    /// int8 with one scale for each index of `axis`.
    ValueId weightCodes(ValueId id, int axis, std::vector<Node>& nodes, std::vector<float>& scales) {
        const Tensor& weight = *m_source.constantOf(id);
        const auto values = tensor::toFloats(weight);
        const std::int64_t count = weight.shape()[axis], inner = weight.shape().strides()[static_cast<std::size_t>(axis)];
        const auto channel = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % count); };
        scales.assign(static_cast<std::size_t>(count), 1e-8F);
        for (std::size_t i = 0; i < values.size(); ++i) scales[channel(i)] = std::max(scales[channel(i)], std::abs(values[i]) / 127);
        std::vector<std::int8_t> codes(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) codes[i] = static_cast<std::int8_t>(std::nearbyint(values[i] / scales[channel(i)]));
        const std::string name = m_source.value(id).name;
        const ValueId held = m_result.addConstant(name + "_codes", Tensor::fromValues<std::int8_t>(DataType::Int8, weight.shape(), codes));
        return dequantized(held, name, scales, axis, nodes);
    }

    /// Zero points are 0.
    ValueId dequantized(ValueId codes, const std::string& name, const std::vector<float>& scales, int axis, std::vector<Node>& nodes) {
        const Tensor& held = *m_result.constantOf(codes);
        const Shape shape = held.shape(), count{static_cast<std::int64_t>(scales.size())};
        const ValueId zero = m_result.addConstant(name + "_zeros", *Tensor::zeros(held.type(), count));
        const ValueId scale = m_result.addConstant(name + "_scales", Tensor::fromFloats(count, scales));
        const ValueId values = value(name + "_again", DataType::Float32, graph::ValueType::of(DataType::Float32, shape));
        Node made = node("DequantizeLinear", {codes, scale, zero}, values);
        made.attributes["axis"] = std::int64_t{axis};
        nodes.push_back(std::move(made));
        return values;
    }

    ValueId biasCodes(ValueId id, float inputScale, const std::vector<float>& weightScales, std::vector<Node>& nodes) {
        const auto values = tensor::toFloats(*m_source.constantOf(id));
        std::vector<float> scales;
        std::vector<std::int32_t> codes;
        for (std::size_t i = 0; i < values.size(); ++i) {
            scales.push_back(inputScale * weightScales[i]);
            const double code = std::nearbyint(static_cast<double>(values[i]) / scales[i]);
            codes.push_back(static_cast<std::int32_t>(std::clamp(code, -2147483648.0, 2147483647.0)));
        }
        const std::string name = m_source.value(id).name;
        const Shape shape{static_cast<std::int64_t>(values.size())};
        const ValueId held = m_result.addConstant(name + "_codes", Tensor::fromValues<std::int32_t>(DataType::Int32, shape, codes));
        return dequantized(held, name, scales, 0, nodes);
    }

    void rewriteProduct(Node& node, const Node& original, std::vector<Node>& nodes) {
        if (!isProduct(original) || !m_chosen.contains(original.inputs[0])) return;
        const bool outputsFirst = original.is("Conv") || original.integer("transB", 0) != 0;
        std::vector<float> scales;
        node.inputs[1] = weightCodes(original.inputs[1], outputsFirst ? 0 : 1, nodes, scales);
        const ValueId bias = original.input(2);
        const Tensor* biases = m_source.constantOf(bias);
        if (biases && biases->elementCount() == static_cast<std::int64_t>(scales.size()))
            node.inputs[2] = biasCodes(bias, m_ranges.at(original.inputs[0]).scale, scales, nodes);
    }

    void rewrite() {
        std::vector<Node> nodes;
        std::map<ValueId, ValueId> read;  // what readers of a chosen tensor read instead
        for (const ValueId id : m_chosen) {
            const auto isGiven = std::ranges::find(m_source.inputs, id) != m_source.inputs.end();
            if (isGiven || m_source.constantOf(id)) read[id] = pairBehind(id, nodes);
        }
        for (const Node& original : m_source.nodes) {
            Node copy = original;
            for (ValueId& input : copy.inputs)
                if (const auto found = read.find(input); found != read.end()) input = found->second;
            rewriteProduct(copy, original, nodes);
            nodes.push_back(std::move(copy));
            for (const ValueId output : original.outputs)
                if (m_chosen.contains(output)) read[output] = pairBehind(output, nodes);
        }
        m_result.nodes = std::move(nodes);
        m_result.removeDeadNodes();
    }

    Graph m_source;
    Graph m_result;
    const std::vector<NamedTensor>& m_inputs;
    std::set<ValueId> m_chosen;
    std::map<ValueId, Range> m_ranges;
};

}  // namespace

Status writeQuantized(const Graph& graph, const std::vector<NamedTensor>& inputs, const std::filesystem::path& path) {
    return Quantizer(graph, inputs).write(path);
}

}  // namespace trimtab::engines
