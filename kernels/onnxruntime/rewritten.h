#pragma once
// What ONNX Runtime made of a model before it ran it: the evidence for what its kernels execute.
#include <filesystem>
#include <map>
#include <string>

#include "core/formats/onnx/weight_plan.h"

namespace trimtab::onnxruntime {

using WeightPlans = std::map<graph::ValueId, formats::onnx::WeightPlan>;

/// Node name → operator, of the rewritten graph.
using Rewritten = std::map<std::string, std::string>;

/// True when a plan leaves open what is executed: integer codes before an operator of float values.
bool needsEvidence(const WeightPlans& plans);

/// Of the model that ONNX Runtime wrote after its optimisations. Empty, which proves nothing, when it cannot be read.
Rewritten readRewritten(const std::filesystem::path& file);

/// The node multiplies integers: ONNX Runtime keeps the name of a product that it turns into an integer one.
bool multipliesIntegers(const Rewritten& rewritten, const graph::Node& node);

/// The weight's integer codes are what the session holds, and are widened in each run.
bool keepsCodes(const Rewritten& rewritten, const graph::Node& node, const std::string& weightName);

}  // namespace trimtab::onnxruntime
