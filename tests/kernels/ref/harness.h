#pragma once
// One-node calls of reference kernels for their tests.
#include <string>
#include <vector>

#include "kernels/ref/reference.h"

namespace trimtab::ref::testing {

using Attributes = std::map<std::string, graph::Attribute>;
using Ints = std::vector<std::int64_t>;

/// A node with `outputs` outputs, inputs 0, 1, … (their values come with the call).
graph::Node node(const std::string& op, int version, Attributes attributes = {}, std::size_t outputs = 1, const std::string& domain = "");

/// The node's outputs; an undefined Tensor stands for a left-out input.
Result<std::vector<Tensor>> call(const graph::Node& node, const std::vector<Tensor>& inputs);

/// The first output; fails the test when the call is refused.
Tensor first(const graph::Node& node, const std::vector<Tensor>& inputs);

/// The error's code; ErrorCode::Cancelled when the call succeeded (no kernel says that).
ErrorCode refusal(const graph::Node& node, const std::vector<Tensor>& inputs);

Tensor floats(Shape shape, std::vector<float> values);
Tensor ints(Ints values);
/// 1-D of the given values, counted up: start, start + step, …
Tensor ramp(Shape shape, float start = 0, float step = 1);
/// Seeded values of normal(0, 1).
Tensor noise(Shape shape, std::uint64_t seed);

}  // namespace trimtab::ref::testing
