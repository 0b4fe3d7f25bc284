#include "tests/core/formats/onnx/writer_fixture.h"

#include "core/base/random.h"

namespace trimtab::formats::onnx {

using graph::ComputeType;
using graph::ValueId;
using support::ModelBuilder;
using tensor::QuantizedWeight;
using tensor::WeightLayout;

std::vector<float> seeded(std::int64_t count, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

Graph matMul(std::int64_t k, std::int64_t n, int opset) {
    const std::string bytes = ModelBuilder()
                                  .opset(opset)
                                  .input("x", DataType::Float32, {"rows", k})
                                  .constant("w", Tensor::fromFloats({k, n}, seeded(k * n, 1)))
                                  .node("MatMul", {"x", "w"}, {"y"}, {}, "product")
                                  .output("y", DataType::Float32, {"rows", n})
                                  .bytes();
    return readBytes(std::as_bytes(std::span(bytes)), nullptr, ".")->graph;
}

std::shared_ptr<const QuantizedWeight> randomWeight(Shape shape, WeightLayout layout, int bits, std::int64_t group, bool symmetric,
                                                    std::uint64_t seed) {
    base::Random random(seed);
    QuantizedWeight weight;
    weight.originalShape = shape;
    weight.layout = layout;
    weight.rows = layout == WeightLayout::OutputsFirst ? shape[0] : shape[shape.rank() - 1];
    weight.columns = shape.elementCount() / weight.rows;
    weight.bits = bits;
    weight.symmetric = symmetric;
    weight.group = group == 0 ? weight.columns : group;
    const int half = 1 << (bits - 1);
    const auto code = [&] {
        return static_cast<std::int8_t>(static_cast<int>(random.below(static_cast<std::uint64_t>(2 * half - (symmetric ? 1 : 0)))) - half +
                                        (symmetric ? 1 : 0));
    };
    for (std::int64_t i = 0; i < weight.rows * weight.columns; ++i) weight.codes.push_back(code());
    for (std::int64_t i = 0; i < weight.rows * weight.groups(); ++i) {
        weight.scales.push_back(static_cast<float>(random.uniform(0.01, 0.1)));
        if (!symmetric) weight.zeroPoints.push_back(code());
    }
    return std::make_shared<const QuantizedWeight>(std::move(weight));
}

void quantize(Graph& graph, const std::string& value, std::shared_ptr<const QuantizedWeight> weight, bool integerProducts) {
    const ValueId id = graph.find(value);
    for (auto& node : graph.nodes)
        if (node.input(1) == id) {
            node.treatment.weightBits = weight->bits;
            if (integerProducts) node.treatment.compute = ComputeType::Int8, node.treatment.activationBits = 8;
        }
    graph.value(id).constant.reset();
    graph.value(id).quantized = std::move(weight);
}

const graph::Node* nodeOf(const Graph& graph, const std::string& op) {
    for (const auto& node : graph.nodes)
        if (node.op == op) return &node;
    return nullptr;
}

}  // namespace trimtab::formats::onnx
