// A weight that the file holds as 8-bit codes stays so: Conv, MatMul and Gemm read it as a QuantizedWeight instead of the floats that it
// stands for, and kernels that multiply codes find them.
#include <algorithm>

#include "core/graph/passes/affine.h"
#include "core/graph/passes/passes.h"
#include "core/graph/weights.h"
#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

using tensor::QuantizedWeight;
using tensor::WeightLayout;

std::optional<WeightLayout> layoutFor(const Node& reader, int rank) {
    if (reader.is("Conv") && rank >= 3) return WeightLayout::OutputsFirst;
    if (rank != 2) return std::nullopt;
    if (reader.is("MatMul")) return WeightLayout::OutputsLast;
    if (!reader.is("Gemm")) return std::nullopt;
    return reader.integer("transB", 0) != 0 ? WeightLayout::OutputsFirst : WeightLayout::OutputsLast;
}

class Adoption {
public:
    Adoption(Graph& graph, NodeEvaluator& evaluator)
        : m_graph(graph), m_evaluator(evaluator), m_producers(graph.producers()), m_consumers(graph.consumers()) {}

    void run() {
        for (Node& node : m_graph.nodes) {
            if (!isQuantization(node, "DequantizeLinear") || node.input(1) == kNoValue || node.output(0) == kNoValue) continue;
            const auto weight = weightOf(node);
            if (!weight) continue;
            Value& value = m_graph.value(node.outputs[0]);
            value.type = ValueType::of(DataType::Float32, weight->originalShape);
            value.quantized = weight;
            node.outputs[0] = kNoValue;
        }
    }

private:
    /// The layout on which all readers agree.
    std::optional<WeightLayout> layoutOf(ValueId value, int rank) const {
        if (m_graph.isOutput(value)) return std::nullopt;
        std::optional<WeightLayout> layout;
        for (const int index : m_consumers[static_cast<std::size_t>(value)]) {
            const Node& reader = m_graph.nodes[static_cast<std::size_t>(index)];
            const auto wanted = layoutFor(reader, rank);
            if (!wanted || reader.input(1) != value || std::ranges::count(reader.inputs, value) != 1) return std::nullopt;
            if (layout && *layout != *wanted) return std::nullopt;
            layout = wanted;
        }
        return layout;
    }

    /// The codes, also where the file holds floats and quantises them itself.
    std::optional<Tensor> codesOf(ValueId id) {
        if (id == kNoValue) return std::nullopt;
        if (const Tensor* codes = m_graph.constantOf(id)) return *codes;
        const int maker = m_producers[static_cast<std::size_t>(id)];
        if (maker < 0) return std::nullopt;
        const Node& node = m_graph.nodes[static_cast<std::size_t>(maker)];
        if (!isQuantization(node, "QuantizeLinear")) return std::nullopt;
        std::vector<Tensor> inputs;
        for (const ValueId input : node.inputs) {
            const Tensor* constant = m_graph.constantOf(input);
            if (!constant && input != kNoValue) return std::nullopt;
            inputs.push_back(constant ? *constant : Tensor());
        }
        auto made = m_evaluator.evaluate(node, inputs);
        if (!made || made->empty()) return std::nullopt;
        return std::move(made->front());
    }

    /// nullptr for what is no weight, or not of 8-bit codes with one scale for all or for each output.
    std::shared_ptr<const QuantizedWeight> weightOf(const Node& node) {
        const Tensor* scales = m_graph.constantOf(node.inputs[1]);
        const Tensor* zeros = m_graph.constantOf(node.input(2));
        if (!scales || scales->type() != DataType::Float32 || scales->shape().rank() > 1 || node.integer("block_size", 0) != 0)
            return nullptr;
        if (node.input(2) != kNoValue && (!zeros || zeros->elementCount() != scales->elementCount())) return nullptr;
        if (m_graph.value(node.outputs[0]).type.type != DataType::Float32) return nullptr;
        const auto codes = codesOf(node.inputs[0]);
        if (!codes || (codes->type() != DataType::Int8 && codes->type() != DataType::UInt8) || codes->elementCount() == 0) return nullptr;
        if (zeros && zeros->type() != codes->type()) return nullptr;
        const int rank = codes->shape().rank();
        const auto layout = layoutOf(node.outputs[0], rank);
        if (!layout) return nullptr;
        const int axis = *layout == WeightLayout::OutputsFirst ? 0 : rank - 1;
        if (scales->elementCount() != 1) {
            const auto given = tensor::normalizeAxis(node.integer("axis", 1), rank);
            if (!given || *given != axis || scales->elementCount() != codes->shape()[axis]) return nullptr;
        }
        return build(*codes, *scales, zeros, *layout);
    }

    static std::shared_ptr<const QuantizedWeight> build(const Tensor& codes, const Tensor& scales, const Tensor* zeros,
                                                        WeightLayout layout) {
        const bool outputsFirst = layout == WeightLayout::OutputsFirst;
        // Unsigned codes are kept 128 lower, with their zero point.
        const int shift = codes.type() == DataType::UInt8 ? 128 : 0;
        QuantizedWeight weight;
        weight.originalShape = codes.shape();
        weight.layout = layout;
        weight.rows = codes.shape()[outputsFirst ? 0 : codes.shape().rank() - 1];
        weight.columns = weight.group = codes.elementCount() / weight.rows;
        weight.codes.resize(static_cast<std::size_t>(codes.elementCount()));
        const auto bytes = codes.bytes();
        for (std::int64_t row = 0; row < weight.rows; ++row) {
            for (std::int64_t column = 0; column < weight.columns; ++column) {
                const std::int64_t from = outputsFirst ? row * weight.columns + column : column * weight.rows + row;
                const auto byte = std::to_integer<std::uint8_t>(bytes[static_cast<std::size_t>(from)]);
                weight.codes[static_cast<std::size_t>(row * weight.columns + column)] = static_cast<std::int8_t>(byte - shift);
            }
        }
        bool symmetric = true;
        for (std::int64_t row = 0; row < weight.rows; ++row) {
            const std::int64_t at = scales.elementCount() == 1 ? 0 : row;
            weight.scales.push_back(static_cast<float>(tensor::elementAsDouble(scales, at)));
            const std::int64_t zero = (zeros ? tensor::elementAsInt64(*zeros, at) : 0) - shift;
            weight.zeroPoints.push_back(static_cast<std::int8_t>(zero));
            symmetric = symmetric && zero == 0;
        }
        weight.symmetric = symmetric;
        if (symmetric) weight.zeroPoints.clear();
        return std::make_shared<const QuantizedWeight>(std::move(weight));
    }

    Graph& m_graph;
    NodeEvaluator& m_evaluator;
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_consumers;
};

}  // namespace

Status adoptQuantizedWeights(Graph& graph, NodeEvaluator& evaluator) {
    Adoption(graph, evaluator).run();
    graph.removeDeadNodes();
    return {};
}

}  // namespace trimtab::graph
