#pragma once
// Operators whose shapes a standard operator's rule tells.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

/// What the rule of the standard operator `op` of opset `version` states of output 0 for these inputs (nullptr: left out), with the
/// attributes of the context's own node. REQUIRES: `op` has a rule.
Result<Fact> borrowed(const Context& context, std::string_view op, int version, std::vector<const Fact*> inputs);

/// The same with the node's own inputs, stated as the node's.
Status sameAs(Context& context, std::string_view op, int version);

/// `fact` with its dims moved from [N, d…, C] to [N, C, d…], and back; as it is when the rank is unknown or below 2.
Fact channelsFirst(Fact fact);
Fact channelsLast(Fact fact);

}  // namespace trimtab::graph::shapes
