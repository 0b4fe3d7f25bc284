#pragma once
// Graph → GraphProto.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/formats/onnx/schema.h"
#include "core/formats/onnx/weight_plan.h"
#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

struct ExportContext {
    std::set<std::string> valueNames;      // of all graphs of the model
    std::set<std::string> nodeNames;
    std::map<std::string, int> opsets;     // what the file imports; grows with operators that other domains bring
    int level = 0;
};

/// `plans` are those of the model's graph; empty for subgraphs. Refused: unread weights, the "trimtab" domain, element types without a
/// number.
Status exportGraph(ExportContext& context, const Graph& graph, const std::map<graph::ValueId, WeightPlan>& plans,
                   ::onnx::GraphProto& proto);

Status exportTensor(const Tensor& tensor, const std::string& name, ::onnx::TensorProto& proto);

}  // namespace trimtab::formats::onnx
