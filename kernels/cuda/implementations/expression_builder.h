#pragma once
// Element-wise operators as expressions, and which of them run inside the pass of the operator that reads them.
#include <set>
#include <string>
#include <vector>

#include "kernels/cuda/backend.h"
#include "kernels/cuda/kernels/expression.h"

namespace trimtab::cuda {

/// Keys of implementationsOf() that elementwiseOf() may know.
const std::vector<std::string>& elementwiseOperators();

/// One operator over its own operands: inputs[0] is the accumulator's start.
struct Elementwise {
    std::vector<graph::ValueId> inputs;
    std::vector<Instruction> instructions;
};
/// Unsupported with the reason (attributes, types, operands that are not constant where they must be).
Result<Elementwise> elementwiseOf(const NodeView& view);

/// A node with the inlined nodes before it: inputs in the order of the expression's, instructions that begin with inputs[0] in the
/// accumulator. Unsupported when that takes more inputs, instructions or saved values than a pass has.
Result<Elementwise> composed(const Graph& graph, const graph::Node& node, const std::set<graph::ValueId>& inlined);

/// Over these inputs, each held in its type, broadcast to `shape`. Unsupported when no kernel takes it.
Result<Expression> expressionOf(const Graph& graph, const Elementwise& elementwise, const std::vector<DataType>& types, const Shape& shape,
                                DataType outputType);

/// Results that only one element-wise node of equal extents reads, in whose pass they are computed. Shapes must be known.
std::set<graph::ValueId> inlinedValues(const Graph& graph);

}  // namespace trimtab::cuda
