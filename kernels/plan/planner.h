#pragma once
// Makes the plan for one shape signature: shapes are bound, constants folded, each node given its implementation, buffers laid out.
#include <memory>
#include <span>

#include "kernels/plan/backend.h"
#include "kernels/plan/plan.h"

namespace trimtab::plan {

/// `graph` is the compiled (fused) graph. Refused, naming the input, when the inputs do not fit it; OutOfMemory before anything is
/// allocated.
Result<std::unique_ptr<Plan>> makePlan(const Graph& graph, std::span<const NamedTensor> inputs, WeightStore& weights, Backend& backend,
                                       int threads);

}  // namespace trimtab::plan
