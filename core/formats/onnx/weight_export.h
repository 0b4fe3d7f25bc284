#pragma once
// Writes treated weights in the form that their plans say: initializers, the nodes that turn them into values, and the nodes that quantise
// activations. What codes stand for would be rounded once more by a model's type of 16 bits: such weights are wide (float32), and what
// reads them computes in float32 between casts, as it does here.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/formats/onnx/graph_export.h"

namespace trimtab::formats::onnx {

class WeightExporter {
public:
    WeightExporter(ExportContext& context, const Graph& graph, const std::map<graph::ValueId, WeightPlan>& plans,
                   ::onnx::GraphProto& proto);

    /// False when the value is an ordinary constant, which the caller writes.
    Result<bool> exportWeight(graph::ValueId id);

    /// Called with each node before it is added: quantises its activation, or turns a MatMul into MatMulNBits.
    Status beforeNode(const graph::Node& node, ::onnx::NodeProto& exported);
    /// Called when it was added: gives its results their type back.
    void afterNode();

private:
    Status exportInt8(graph::ValueId id, const WeightPlan& plan);
    Status exportCast(graph::ValueId id, const WeightPlan& plan);
    Status exportFloat(graph::ValueId id, const WeightPlan& plan);
    Status exportBlocks(graph::ValueId id, const WeightPlan& plan);
    Status exportNormalFloat(graph::ValueId id, const WeightPlan& plan);
    /// Into MatMulNBits or MatMulBnb4.
    Status toBlockProduct(const graph::Node& node, const WeightPlan& plan, ::onnx::NodeProto& exported);
    void dequantize(graph::ValueId id, const std::vector<std::string>& inputs, const WeightPlan& plan);
    Result<std::string> quantizeActivation(const std::string& name, const std::optional<graph::ActivationStep>& step);
    void widen(const graph::Node& node, ::onnx::NodeProto& exported);
    bool isNarrow(graph::ValueId id) const;
    ::onnx::NodeProto* addNode(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);
    std::string freeName(std::set<std::string>& taken, const std::string& wish);
    std::string newValue(const std::string& wish) { return freeName(m_context.valueNames, wish); }

    struct BlockNames {
        std::string codes, scales, zeroPoints;
    };

    ExportContext& m_context;
    const Graph& m_graph;
    const std::map<graph::ValueId, WeightPlan>& m_plans;
    ::onnx::GraphProto& m_proto;
    std::map<graph::ValueId, BlockNames> m_blocks;
    std::set<graph::ValueId> m_wide;
    std::map<graph::ValueId, std::string> m_casts;                   // a narrow value in float32
    std::vector<std::pair<std::string, graph::ValueId>> m_narrowed;  // results of the node that is written, in float32
    // Name and static step (scale 0: dynamic) → its dequantised counterpart.
    std::map<std::tuple<std::string, float, int>, std::string> m_activations;
};

}  // namespace trimtab::formats::onnx
