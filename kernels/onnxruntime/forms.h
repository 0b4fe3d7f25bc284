#pragma once
// What the file that ONNX Runtime is given holds of each node's treatment, and so what is executed.
#include "core/runtime/engine.h"
#include "kernels/onnxruntime/rewritten.h"

namespace trimtab::onnxruntime {

/// Refused: tf32 and fp8 products, which no operator of a file asks for. Emulated, with the reason: widths that are held in wider codes,
/// values that are only rounded, products in a wider type than was asked for. Where the file leaves open what is executed, `rewritten`
/// decides: without evidence for integers it counts as Emulated.
runtime::Support supportOf(const Graph& graph, const graph::Node& node, const WeightPlans& plans, const Rewritten& rewritten);

/// The node's row without costs: type of products, widths, execution and reason as they are executed.
trace::LayerRecord recordOf(const Graph& graph, const graph::Node& node, const WeightPlans& plans, const Rewritten& rewritten);

}  // namespace trimtab::onnxruntime
