#pragma once
// Operators that are stated by a standard one: the standard kernel runs in the name of the node that calls it.
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

using Attributes = std::map<std::string, graph::Attribute>;

/// The first output of the standard operator `op` of opset `version`; an undefined Tensor is an input that is left out.
Result<Tensor> borrowed(const Call& call, const std::string& op, int version, Attributes attributes, const std::vector<Tensor>& inputs);

/// A kernel that is the standard operator `op` of opset `version`, with the node's own inputs and attributes.
Kernel sameAs(std::string op, int version);

}  // namespace trimtab::ref
