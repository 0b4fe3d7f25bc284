#pragma once
// Outputs that depend on random numbers can't be held against recorded ones. What can be checked of them: their type, their shape, and that
// their values are ones that the operator may draw.
#include <span>
#include <string>
#include <vector>

#include "kernels/ref/reference.h"

namespace trimtab::worker {

class RandomOutputs {
public:
    /// The inputs tell whether a Dropout trains. Both must outlive this.
    RandomOutputs(const Graph& graph, std::span<const ref::RunValue> inputs);

    /// Some output of the graph depends on random numbers.
    bool any() const;
    /// Output `i` of the graph does.
    bool has(std::size_t i) const { return isRandom(m_graph.outputs[i]); }
    /// Empty when output `i` is one that the model may give, else the first difference in words. `got` holds all outputs.
    std::string difference(std::size_t i, const ref::RunValue& expected, std::span<const ref::RunValue> got) const;

private:
    bool isRandom(graph::ValueId id) const { return m_random[static_cast<std::size_t>(id)]; }
    bool draws(const graph::Node& node) const;
    bool trains(const graph::Node& node) const;
    bool readsRandom(const graph::Node& node) const;
    const Tensor* known(graph::ValueId id) const;
    std::string valueDifference(graph::ValueId id, const Tensor& value, std::span<const ref::RunValue> got) const;
    std::string dropoutDifference(const graph::Node& node, const Tensor& value, std::span<const ref::RunValue> got) const;

    const Graph& m_graph;
    std::span<const ref::RunValue> m_inputs;
    std::vector<int> m_producers;
    std::vector<bool> m_random;  // by value
};

}  // namespace trimtab::worker
