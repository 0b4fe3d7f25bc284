#pragma once
// Small graphs for the tests of engines, made by hand.
#include <map>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/graph/graph.h"

namespace trimtab::test {

using graph::Attribute;
using graph::ValueId;

class GraphMaker {
public:
    GraphMaker();

    ValueId input(const std::string& name, DataType type, std::vector<graph::Dim> dims);
    ValueId input(const std::string& name, const Shape& shape) {
        return input(name, DataType::Float32, graph::ValueType::of(DataType::Float32, shape).dims.value());
    }
    ValueId constant(Tensor tensor);
    /// A weight as codes; its declared type is that of the dequantised tensor.
    ValueId quantized(tensor::QuantizedWeight weight);
    /// Adds a node with `outputs` results and returns the first.
    ValueId node(const std::string& op, std::vector<ValueId> inputs, std::map<std::string, Attribute> attributes = {},
                 const std::string& domain = "", int outputs = 1);
    graph::Node& last() { return m_graph.nodes.back(); }
    void output(ValueId value) { m_graph.outputs.push_back(value); }
    /// The graph with shapes inferred; aborts when it is not valid.
    Graph finish();

private:
    Graph m_graph;
};

/// Seeded tensors: normal, uniform integers.
Tensor normalTensor(const Shape& shape, std::uint64_t seed, double scale = 1.0);
Tensor integerTensor(const Shape& shape, std::uint64_t seed, std::int64_t low, std::int64_t high);

/// Symmetric per-output-channel (group 0) or grouped round-to-nearest codes of a float weight.
tensor::QuantizedWeight quantize(const Tensor& weight, tensor::WeightLayout layout, int bits, std::int64_t group = 0);

}  // namespace trimtab::test
