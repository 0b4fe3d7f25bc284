#include "tests/kernels/cpu/graph_maker.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/graph/shape_inference.h"

namespace trimtab::test {

GraphMaker::GraphMaker() { m_graph.opsets = {{"", 17}, {"trimtab", 1}}; }

ValueId GraphMaker::input(const std::string& name, DataType type, std::vector<graph::Dim> dims) {
    graph::Value value;
    value.name = name;
    value.type.type = type;
    value.type.dims = std::move(dims);
    const ValueId id = m_graph.addValue(std::move(value));
    m_graph.inputs.push_back(id);
    return id;
}

ValueId GraphMaker::constant(Tensor tensor) { return m_graph.addConstant("constant", std::move(tensor)); }

ValueId GraphMaker::quantized(tensor::QuantizedWeight weight) {
    graph::Value value;
    value.name = m_graph.uniqueValueName("weight");
    value.type = graph::ValueType::of(DataType::Float32, weight.originalShape);
    value.quantized = std::make_shared<const tensor::QuantizedWeight>(std::move(weight));
    return m_graph.addValue(std::move(value));
}

ValueId GraphMaker::node(const std::string& op, std::vector<ValueId> inputs, std::map<std::string, Attribute> attributes,
                         const std::string& domain, int outputs) {
    graph::Node made;
    made.name = op + "_" + std::to_string(m_graph.nodes.size());
    made.op = op;
    made.domain = domain;
    made.version = domain.empty() ? 17 : 1;
    made.inputs = std::move(inputs);
    made.attributes = std::move(attributes);
    made.origins = {made.name};
    for (int i = 0; i < outputs; ++i) {
        graph::Value value;
        value.name = made.name + "_out" + std::to_string(i);
        made.outputs.push_back(m_graph.addValue(std::move(value)));
    }
    m_graph.nodes.push_back(made);
    return made.outputs.front();
}

Graph GraphMaker::finish() {
    auto status = m_graph.validate();
    if (status) status = graph::inferShapes(m_graph);
    if (!status) {
        std::fprintf(stderr, "the test's graph is not valid: %s\n", status.error().text().c_str());
        std::abort();
    }
    return m_graph;
}

Tensor normalTensor(const Shape& shape, std::uint64_t seed, double scale) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& value : values) value = static_cast<float>(random.normal() * scale);
    return Tensor::fromFloats(shape, values);
}

Tensor integerTensor(const Shape& shape, std::uint64_t seed, std::int64_t low, std::int64_t high) {
    base::Random random(seed);
    std::vector<std::int64_t> values(static_cast<std::size_t>(shape.elementCount()));
    for (auto& value : values) value = low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low)));
    return Tensor::fromInt64s(shape, values);
}

tensor::QuantizedWeight quantize(const Tensor& weight, tensor::WeightLayout layout, int bits, std::int64_t group) {
    tensor::QuantizedWeight result;
    result.originalShape = weight.shape();
    result.layout = layout;
    result.bits = bits;
    const auto values = tensor::toRows(weight, layout).value();
    result.rows = layout == tensor::WeightLayout::OutputsFirst ? weight.shape()[0] : weight.shape()[weight.shape().rank() - 1];
    result.columns = static_cast<std::int64_t>(values.size()) / result.rows;
    result.group = group > 0 ? group : result.columns;
    const float top = static_cast<float>((1 << (bits - 1)) - 1);
    result.codes.resize(values.size());
    for (std::int64_t row = 0; row < result.rows; ++row) {
        for (std::int64_t start = 0; start < result.columns; start += result.group) {
            const std::int64_t end = std::min(start + result.group, result.columns);
            float largest = 0;
            for (std::int64_t k = start; k < end; ++k)
                largest = std::max(largest, std::abs(values[static_cast<std::size_t>(row * result.columns + k)]));
            const float scale = largest > 0 ? largest / top : 1.0F;
            result.scales.push_back(scale);
            for (std::int64_t k = start; k < end; ++k) {
                const auto at = static_cast<std::size_t>(row * result.columns + k);
                result.codes[at] = static_cast<std::int8_t>(std::clamp(std::nearbyint(values[at] / scale), -top, top));
            }
        }
    }
    return result;
}

}  // namespace trimtab::test
