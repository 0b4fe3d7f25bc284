#include "kernels/cuda/forms.h"

#include <set>
#include <string>

#include "kernels/plan/operands/treated.h"

namespace trimtab::cuda {
namespace {

/// Operators whose result may be held in another type than declared, and which read operands in the same type: what they do is
/// element-wise, moves elements, or forms its sums in float32 whatever the type.
bool isTransparent(const graph::Node& node) {
    static const std::set<std::string, std::less<>> kNames{"Add",
                                                           "Sub",
                                                           "Mul",
                                                           "Div",
                                                           "Min",
                                                           "Max",
                                                           "Pow",
                                                           "Where",
                                                           "Relu",
                                                           "LeakyRelu",
                                                           "Clip",
                                                           "Sigmoid",
                                                           "HardSigmoid",
                                                           "HardSwish",
                                                           "Tanh",
                                                           "Erf",
                                                           "Sqrt",
                                                           "Reciprocal",
                                                           "Neg",
                                                           "Abs",
                                                           "Elu",
                                                           "Gelu",
                                                           "Swish",
                                                           "Silu",
                                                           "Softmax",
                                                           "LayerNormalization",
                                                           "RMSNormalization",
                                                           "SimplifiedLayerNormalization",
                                                           "SkipSimplifiedLayerNormalization",
                                                           "BatchNormalization",
                                                           "Reshape",
                                                           "Squeeze",
                                                           "Unsqueeze",
                                                           "Flatten",
                                                           "Identity",
                                                           "Dropout",
                                                           "Transpose",
                                                           "Slice",
                                                           "Split",
                                                           "Concat",
                                                           "Expand",
                                                           "MaxPool",
                                                           "AveragePool",
                                                           "GlobalAveragePool",
                                                           "GlobalMaxPool"};
    return kNames.contains(node.op);
}

bool isNarrow(DataType type) { return type == DataType::BFloat16 || type == DataType::Float16; }

}  // namespace

DataType productType(const graph::Node& node, DataType declared) {
    if (declared != DataType::Float32) return declared;
    switch (node.treatment.compute) {
        case graph::ComputeType::BFloat16: return DataType::BFloat16;
        case graph::ComputeType::Float16: return DataType::Float16;
        default: return declared;
    }
}

std::vector<DataType> heldTypes(const Graph& graph) {
    std::vector<DataType> held;
    for (const graph::Value& value : graph.values) held.push_back(value.type.type);
    const auto want = [&](graph::ValueId id, DataType type) {
        if (id == graph::kNoValue || !isNarrow(type)) return;
        const graph::Value& value = graph.value(id);
        if (value.isConstant() || value.type.type != DataType::Float32) return;
        held[static_cast<std::size_t>(id)] = type;
    };
    std::set<graph::ValueId> fixed(graph.inputs.begin(), graph.inputs.end());
    fixed.insert(graph.outputs.begin(), graph.outputs.end());
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        if (plan::hasTreatedOperands(*node)) {
            const DataType type = productType(*node, DataType::Float32);
            for (std::size_t i = 0; i < node->inputs.size(); ++i)
                if (i != 2) want(node->inputs[i], type);  // input 2 is a bias
        } else if (isTransparent(*node) && node->output(0) != graph::kNoValue) {
            const DataType type = held[static_cast<std::size_t>(node->output(0))];
            for (const graph::ValueId id : node->inputs) want(id, type);
        }
    }
    for (const graph::ValueId id : fixed) held[static_cast<std::size_t>(id)] = graph.value(id).type.type;
    return held;
}

}  // namespace trimtab::cuda
