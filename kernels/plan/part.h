#pragma once
// A part of a graph that is compiled on its own and planned when its inputs are there: a subgraph of control flow, or a node whose shapes
// only the run knows.
#include <functional>
#include <memory>
#include <vector>

#include "core/runtime/engine.h"
#include "kernels/ref/reference.h"

namespace trimtab::plan {

using CompilePart = std::function<Result<std::unique_ptr<runtime::CompiledModel>>(const Graph& part)>;

class Part {
public:
    /// Inputs that are constants in `graph` are taken from there. A part that takes or makes sequences or optionals runs node by node on
    /// the reference kernels.
    Part(Graph graph, CompilePart compile);

    /// `inputs`: every input of the graph as it was given, constants included.
    Result<std::vector<ref::RunValue>> run(std::vector<ref::RunValue> inputs);

private:
    /// What an engine must know of an input to compile for it.
    struct Form {
        DataType type;
        int rank;
        bool operator==(const Form&) const = default;
    };

    Status compile(const std::vector<ref::RunValue>& inputs);
    std::vector<Form> formsOf(const std::vector<ref::RunValue>& inputs) const;  // of the open ones; REQUIRES tensors
    Result<std::vector<ref::RunValue>> interpret(std::vector<ref::RunValue> inputs) const;

    Graph m_graph;
    std::vector<graph::ValueId> m_inputs;  // as given
    std::vector<std::size_t> m_open;       // positions of the inputs that are no constants
    CompilePart m_compile;
    bool m_makesTensors = true;  // as far as is known
    std::vector<Form> m_forms;   // for which m_model was made; made anew when they change
    std::unique_ptr<runtime::CompiledModel> m_model;
};

/// One node as a graph of its own: its inputs, constants with their values, and its outputs. Inputs that are left out stay so.
Graph graphOf(const Graph& graph, const graph::Node& node);

}  // namespace trimtab::plan
