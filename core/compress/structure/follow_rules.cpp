// Which operators are followed, and how.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "core/compress/structure/axis_trace.h"
#include "core/graph/attention/attention_nodes.h"

namespace trimtab::compress {
namespace {

constexpr std::string_view kElementwise[] = {
    "Abs", "Add", "And", "Cast", "Ceil", "Celu", "Clip", "Cos", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Floor",
    "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsNaN", "LeakyRelu", "Less",
    "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal",
    "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tanh",
    "ThresholdedRelu", "Where", "Xor"};

constexpr std::string_view kElementwiseOfOnnxRuntime[] = {"BiasGelu", "FastGelu", "Gelu", "QuickGelu"};

constexpr std::string_view kAlongAxes[] = {
    "Softmax", "LogSoftmax", "Hardmax", "LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization",
    "LpNormalization", "CumSum", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
    "ReduceLogSum", "ReduceLogSumExp", "ReduceProd", "ReduceSumSquare"};

std::unordered_map<std::string_view, FollowRule> madeTable() {
    std::unordered_map<std::string_view, FollowRule> table{
        {"BatchNormalization", followBatchNormalization}, {"InstanceNormalization", followBatchNormalization},
        {"AveragePool", followPooling},       {"MaxPool", followPooling},   {"GlobalAveragePool", followPooling},
        {"GlobalMaxPool", followPooling},     {"Resize", followResize},     {"Upsample", followResize},
        {"Pad", followPad},                   {"Conv", followConvolution},  {"MatMul", followMatMul},
        {"Gemm", followGemm},                 {"Reshape", followReshape},   {"Flatten", followReshape},
        {"Squeeze", followReshape},           {"Unsqueeze", followReshape}, {"Transpose", followTranspose},
        {"Expand", followExpand},             {"Tile", followTile},         {"Concat", followConcat},
        {"Split", followSplit},               {"Slice", followSlice},       {"Gather", followGather},
        {"Shape", followShape}};
    for (const auto op : kElementwise) table.emplace(op, followElementwise);
    for (const auto op : kAlongAxes) table.emplace(op, followAlongAxes);
    return table;
}

}  // namespace

FollowRule followRule(const graph::Node& node) {
    static const auto kTable = madeTable();
    if (graph::isFusedAttention(node)) return followAttention;
    if (node.op == "RotaryEmbedding") return followRotary;
    if (node.domain == "com.microsoft" && std::ranges::find(kElementwiseOfOnnxRuntime, node.op) != std::end(kElementwiseOfOnnxRuntime))
        return followElementwise;
    if (!node.domain.empty() || node.captures > 0) return nullptr;
    const auto found = kTable.find(node.op);
    return found == kTable.end() ? nullptr : found->second;
}

bool makesUnits(const graph::Node& node) { return node.is("Conv") || node.is("MatMul") || node.is("Gemm"); }

}  // namespace trimtab::compress
