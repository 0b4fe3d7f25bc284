#pragma once
// Seeded cases of single operators, and what each is held against: ONNX Runtime, or, where that lacks the operator or the case, a statement
// of the operator text that is independent of the kernels.
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "tests/operators/draw.h"

namespace trimtab::operators {

/// One node, its attributes and its inputs.
struct Case {
    std::map<std::string, graph::Attribute> attributes;
    std::vector<Tensor> inputs;         // an undefined Tensor stands for an input that is left out
    std::set<std::size_t> initializers; // inputs that stand in the model itself
    std::vector<bool> outputs{true};    // which outputs are asked for
    // Where one node does not make a model that takes and gives tensors alone (sequences, subgraphs): the whole model, made by a Wiring.
    // Attributes, initializers and outputs then say nothing.
    std::optional<Graph> model;
};

using Tensors = std::vector<Tensor>;
/// The outputs that a case asks for, in order; plain loops over the operator text, with no kernel behind them.
using Statement = std::function<Tensors(const Case&)>;

/// Judges a 16-bit case by ONNX Runtime in float32: inputs of `narrow` are widened for it, and what it makes is rounded to `narrow` but
/// for the outputs `kept`.
struct Widening {
    DataType narrow = DataType::Undefined;
    std::vector<std::size_t> kept;
};

struct Suite {
    std::string op;
    std::string domain;  // "" or "com.microsoft"
    int version = 1;
    std::function<Case(Draw& draw, int index)> draw;  // index 0, 1, …: suites put their edges (empty, size 1) at fixed places
    double relative = 1e-4;
    double absolute = 1e-5;
    int cases = 24;
    Statement statement = nullptr;  // null: ONNX Runtime is the judge
    std::string why;                // why a statement judges: "ONNX Runtime has no kernel of opset 24"
    Widening widening;              // undefined: the judge runs the case as it is
    std::string part;               // what these cases are about, where an operator's version has several suites: "round_mode"
};

/// The case as a model of one node, its shapes inferred by our own rules.
Result<Graph> modelOf(const Suite& suite, const Case& drawn);

/// "Cast (opset 24, round_mode)": names a suite in messages.
std::string title(const Suite& suite);

}  // namespace trimtab::operators
