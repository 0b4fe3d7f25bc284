#pragma once
// The activation that a fused node carries, as post-operations of oneDNN.
#include <vector>

#include "kernels/cpu/onednn/adapter.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

/// Appends what node's attribute "activation" asks; Unsupported for a word it does not know.
Status appendActivation(const graph::Node& node, onednn::Attributes& attributes);

}  // namespace trimtab::cpu
