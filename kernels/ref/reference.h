#pragma once
// The plain reference of every operator: the truth the other kernels are tested against. Written for clarity, in the wording of the ONNX
// operator texts, with fp32 accumulation in double where sums are long.
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/node_evaluator.h"

namespace trimtab::ref {

struct TensorSequence {
    DataType type = DataType::Undefined;
    std::vector<Tensor> items;
};
/// An optional that holds nothing; one that holds something is that tensor or sequence itself.
struct EmptyOptional {};
/// What flows along an edge. An undefined Tensor is an input that was left out.
using RunValue = std::variant<Tensor, TensorSequence, EmptyOptional>;

/// Runs the subgraphs of control flow.
class BodyRunner {
public:
    virtual ~BodyRunner() = default;
    /// `inputs`: every input of the body, those that it captures included.
    virtual Result<std::vector<RunValue>> run(const Graph& body, std::vector<RunValue> inputs) = 0;
};
/// Node by node, on the reference kernels.
BodyRunner& bodyInterpreter();

struct Call {
    const graph::Node& node;
    std::span<const RunValue> inputs;
    BodyRunner& bodies = bodyInterpreter();

    bool has(std::size_t i) const;          // given and not left out
    const Tensor& tensor(std::size_t i) const;  // REQUIRES has(i) and a tensor there
};

using Kernel = std::function<Result<std::vector<RunValue>>(const Call&)>;

/// nullptr when the operator (at that version) is not known.
const Kernel* find(const graph::Node& node);

/// Checks arity, runs the kernel, checks the number of outputs. Unsupported for unknown operators, Refused (naming the node) when inputs
/// make no sense.
Result<std::vector<RunValue>> evaluate(const graph::Node& node, std::span<const RunValue> inputs, BodyRunner& bodies = bodyInterpreter());

/// Every operator known: "Conv", "com.microsoft.MatMulNBits", "trimtab.FusedConv".
std::vector<std::string> knownOperators();

/// For constant folding.
class ReferenceEvaluator final : public graph::NodeEvaluator {
public:
    Result<std::vector<Tensor>> evaluate(const graph::Node& node, std::span<const Tensor> inputs) override;
};

}  // namespace trimtab::ref
