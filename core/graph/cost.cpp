#include "core/graph/cost.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

/// Shapes of one node as plain numbers. Doubles, so that products of hostile extents cannot wrap.
class Extents {
public:
    Extents(const Graph& graph, const Node& node) : m_graph(graph), m_node(node) {}

    bool known(ValueId id) const { return id == kNoValue || m_graph.value(id).type.shape().has_value(); }
    double input(std::size_t i) const { return elements(m_node.input(i)); }
    double output(std::size_t i) const { return elements(m_node.output(i)); }
    /// 0 where the input or the axis does not exist; negative axes count from the end.
    double dim(std::size_t i, int axis) const {
        const auto shape = m_node.input(i) == kNoValue ? std::nullopt : m_graph.value(m_node.input(i)).type.shape();
        if (!shape) return 0;
        const auto place = tensor::normalizeAxis(axis, shape->rank());
        return place ? static_cast<double>((*shape)[*place]) : 0;
    }

    int rank(std::size_t i) const {
        const auto shape = m_node.input(i) == kNoValue ? std::nullopt : m_graph.value(m_node.input(i)).type.shape();
        return shape ? shape->rank() : 0;
    }

private:
    double elements(ValueId id) const {
        if (id == kNoValue) return 0;
        double count = 1;
        const auto shape = m_graph.value(id).type.shape();
        if (!shape) return 0;
        for (const std::int64_t dim : *shape) count *= static_cast<double>(dim);
        return count;
    }

    const Graph& m_graph;
    const Node& m_node;
};

double kernelSize(const Node& node) {
    double size = 1;
    for (const std::int64_t extent : node.integers("kernel_shape")) size *= static_cast<double>(extent);
    return size;
}

double activationCost(const Node& node, double elements) { return node.string("activation", "").empty() ? 0 : elements; }

/// Every output element is a sum over one filter: weight elements / output channels.
double convolution(const Node& node, const Extents& at) {
    const std::size_t weight = node.op == "QLinearConv" ? 3 : 1;
    const double channels = at.dim(weight, 0);
    double operations = channels > 0 ? 2 * at.output(0) * at.input(weight) / channels : 0;
    const bool biased = node.op != "ConvInteger" && node.input(node.op == "QLinearConv" ? 8 : 2) != kNoValue;
    if (biased) operations += at.output(0);
    if ((node.op == "FusedConv" || node.op == "QuantizedConv") && node.input(3) != kNoValue) operations += at.output(0);
    return operations + activationCost(node, at.output(0));
}

/// As Conv, after each tap of each input channel was read at a fractional place (8 operations in two axes).
double deformableConvolution(const Node& node, const Extents& at) {
    const double outputs = at.dim(1, 0);
    if (!(outputs > 0)) return 0;
    const double positions = at.output(0) / outputs, taps = at.input(1) / outputs * static_cast<double>(node.integer("group", 1));
    return 2 * at.output(0) * at.input(1) / outputs + 8 * positions * taps + (node.input(3) != kNoValue ? at.output(0) : 0);
}

/// Every input element is spread over one filter: weight elements / input channels.
double transposedConvolution(const Node& node, const Extents& at) {
    const double channels = at.dim(1, 0);
    return (channels > 0 ? 2 * at.input(0) * at.input(1) / channels : 0) + (node.input(2) != kNoValue ? at.output(0) : 0);
}

double matrixProduct(const Node& node, const Extents& at) {
    double reduction = at.dim(0, -1);
    const bool mayTranspose = node.op == "Gemm" || node.domain == "com.microsoft";
    if (mayTranspose && node.integer("transA", 0) != 0 && at.rank(0) > 1)
        reduction = at.dim(0, node.integer("transBatchA", 0) != 0 ? 0 : -2);
    double operations = 2 * at.output(0) * reduction;
    static const std::set<std::string, std::less<>> kWithBias = {"Gemm", "FusedGemm", "FusedMatMul", "QuantizedMatMul"};
    if (kWithBias.contains(node.op) && node.input(2) != kNoValue) operations += at.output(0);
    return operations + activationCost(node, at.output(0));
}

/// Gates × (input and recurrent products) for each step, batch row and direction.
double recurrent(const Extents& at) {
    const double weights = at.input(1) + at.input(2);
    const double directions = at.dim(1, 0);
    const double steps = at.dim(0, 0) * at.dim(0, 1);
    return directions > 0 ? 2 * steps * weights + 10 * steps * at.dim(2, -1) * directions : 0;
}

/// Operations an element of the output (or of the input, for what shrinks), as the cost table in cost.h says.
struct PerElement {
    double factor;
    bool ofInput = false;
};

const std::unordered_map<std::string, PerElement>& perElement() {
    static const std::unordered_map<std::string, PerElement> kTable = {
        {"Softmax", {5}}, {"LogSoftmax", {5}}, {"Hardmax", {2}}, {"BatchNormalization", {2}}, {"InstanceNormalization", {8}},
        {"LayerNormalization", {8}}, {"GroupNormalization", {8}}, {"RMSNormalization", {4}}, {"MeanVarianceNormalization", {8}},
        {"SimplifiedLayerNormalization", {4}}, {"SkipSimplifiedLayerNormalization", {6}}, {"RotaryEmbedding", {3}},
        {"SkipLayerNormalization", {10}}, {"BiasGelu", {6}}, {"FastGelu", {6}}, {"QuickGelu", {4}},
        {"LpNormalization", {3}}, {"Silu", {2}}, {"Gelu", {5}}, {"QuantizeLinear", {3}}, {"DequantizeLinear", {2}},
        {"DynamicQuantizeLinear", {5}}, {"GlobalAveragePool", {1, true}}, {"GlobalMaxPool", {1, true}}, {"GlobalLpPool", {2, true}},
        {"ReduceL1", {2, true}}, {"ReduceL2", {2, true}}, {"ReduceLogSum", {1, true}}, {"ReduceLogSumExp", {3, true}},
        {"ReduceMax", {1, true}}, {"ReduceMean", {1, true}}, {"ReduceMin", {1, true}}, {"ReduceProd", {1, true}},
        {"ReduceSum", {1, true}}, {"ReduceSumSquare", {2, true}}, {"ArgMax", {1, true}}, {"ArgMin", {1, true}}, {"TopK", {1, true}},
    };
    return kTable;
}

/// Operators that only move, make or reinterpret bytes.
bool movesData(const Node& node) {
    static const std::set<std::string, std::less<>> kMovers = {
        "Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile", "DepthToSpace", "SpaceToDepth",
        "ReverseSequence", "Trilu", "Concat", "Split", "Slice", "Pad", "Gather", "GatherElements", "GatherND", "Scatter", "ScatterElements",
        "ScatterND", "TensorScatter", "OneHot", "Compress", "NonZero", "Where", "Cast", "CastLike", "Shape", "Size", "Constant",
        "ConstantOfShape", "Range",
        "EyeLike", "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "SequenceConstruct", "SequenceEmpty",
        "SequenceInsert", "SequenceErase", "SequenceAt", "SequenceLength", "SplitToSequence", "ConcatFromSequence", "Optional",
        "OptionalGetElement", "OptionalHasElement", "If", "Loop", "Scan"};
    return kMovers.contains(node.op);
}

double resize(const Node& node, const Extents& at) {
    const std::string mode = node.string("mode", "nearest");
    if (mode == "nearest") return 0;
    const double spatial = mode == "cubic" ? 16 : 4;  // points of a bilinear or bicubic stencil
    return 2 * spatial * at.output(0);
}

/// What a step of GroupQueryAttention does: its new tokens over a cache of which `total` rows are valid in the end.
struct AttentionStep {
    double batch = 0, tokens = 0, heads = 0, kvHeads = 0, headSize = 0, total = 0;

    AttentionStep(const Graph& graph, const Node& node, const Extents& at) {
        batch = at.dim(0, 0);
        tokens = at.dim(0, 1);
        heads = static_cast<double>(node.integer("num_heads", 0));
        kvHeads = static_cast<double>(node.integer("kv_num_heads", 0));
        const double parts = node.input(1) != kNoValue ? heads : heads + 2 * kvHeads;
        headSize = parts > 0 ? at.dim(0, 2) / parts : 0;
        const Tensor* given = graph.constantOf(node.input(6));
        const double perRow = batch * kvHeads * headSize;
        if (given != nullptr && given->elementCount() == 1) total = tensor::elementAsDouble(*given, 0);
        else if (perRow > 0) total = at.output(1) / perRow;
        total = std::max(total, tokens);
    }

    double pairs(std::int64_t window) const {
        const double past = total - tokens;
        if (window <= 0) return tokens * past + tokens * (tokens + 1) / 2;
        const auto width = static_cast<double>(window);
        const double whole = std::clamp(total - width, 0.0, tokens);  // tokens that see a full window
        const double rest = tokens - whole;
        return whole * width + rest * past + rest * (rest + 1) / 2;
    }
    double operations(const Node& node) const {
        const double rotated = node.integer("do_rotary", 0) != 0 ? 3 * batch * tokens * (heads + kvHeads) * headSize : 0;
        return batch * heads * (4 * headSize + 5) * pairs(node.integer("local_window_size", -1)) + rotated;
    }
    /// Keys and values: the past rows are read, the new ones written.
    double cachedElements() const { return 2 * batch * kvHeads * headSize * total; }
};

bool isCache(const Node& node, ValueId id) {
    return node.op == "GroupQueryAttention" && (id == node.input(3) || id == node.input(4) || id == node.output(1) || id == node.output(2));
}

/// Every query against every key, with or without a past in front of the keys.
struct AttentionExtents {
    double batch = 0, heads = 0, queries = 0, keys = 0, past = 0, size = 0, valueSize = 0;

    static AttentionExtents ofStandard(const Node& node, const Extents& at) {
        const bool flat = at.rank(0) == 3;
        const double heads = flat ? static_cast<double>(node.integer("q_num_heads", 1)) : at.dim(0, 1);
        const double kvHeads = std::max<double>(1, static_cast<double>(node.integer("kv_num_heads", 1)));
        const int rows = flat ? 1 : 2;
        const double size = flat && heads > 0 ? at.dim(0, 2) / heads : at.dim(0, 3);
        return {at.dim(0, 0), heads, at.dim(0, rows), at.dim(1, rows), at.dim(4, 2), size, flat ? at.dim(2, 2) / kvHeads : at.dim(2, 3)};
    }
    static AttentionExtents ofMultiHead(const Node& node, const Extents& at) {
        const double heads = std::max<double>(1, static_cast<double>(node.integer("num_heads", 1)));
        AttentionExtents e{at.dim(0, 0), heads, at.dim(0, 1), at.dim(0, 1), at.dim(6, 2), at.dim(0, 2) / heads, at.dim(2, 2) / heads};
        if (at.rank(0) == 5) e.size = e.valueSize = at.dim(0, 4);
        if (at.rank(1) >= 3) e.keys = at.dim(1, at.rank(1) == 4 ? 2 : 1);
        if (at.rank(1) == 5) e.valueSize = e.size;
        if (at.rank(1) == 4) e.valueSize = at.dim(2, 3);
        return e;
    }
    static AttentionExtents ofProjected(const Node& node, const Extents& at) {
        const double heads = std::max<double>(1, static_cast<double>(node.integer("num_heads", 1)));
        const auto sizes = node.integers("qkv_hidden_sizes");
        const double width = sizes.size() == 3 ? static_cast<double>(sizes[0]) : at.dim(1, 1) / 3;
        const double valueWidth = sizes.size() == 3 ? static_cast<double>(sizes[2]) : width;
        return {at.dim(0, 0), heads, at.dim(0, 1), at.dim(0, 1), at.dim(4, 3), width / heads, valueWidth / heads};
    }
    double operations(bool causal) const {
        const double all = queries * (past + keys);
        const double pairs = causal && keys == queries ? queries * past + queries * (queries + 1) / 2 : all;
        return batch * heads * pairs * (2 * size + 2 * valueSize + 5);
    }
};

double attention(const Node& node, const Extents& at) {
    if (node.op == "MultiHeadAttention") return AttentionExtents::ofMultiHead(node, at).operations(node.integer("unidirectional", 0) != 0);
    if (node.domain != "com.microsoft") return AttentionExtents::ofStandard(node, at).operations(node.integer("is_causal", 0) != 0);
    const double vectors = at.dim(0, 0) * at.dim(0, 1), columns = at.dim(1, 1);
    const double projection = vectors * columns * (2 * at.dim(0, 2) + (node.input(2) != kNoValue ? 1 : 0));
    return projection + AttentionExtents::ofProjected(node, at).operations(node.integer("unidirectional", 0) != 0);
}

double einsum(const Graph& graph, const Node& node) {
    std::map<char, double> extents;
    const std::string equation = node.string("equation", "");
    std::size_t begin = 0;
    for (const ValueId id : node.inputs) {
        const auto shape = id == kNoValue ? std::nullopt : graph.value(id).type.shape();
        const std::size_t end = std::min(equation.find_first_of(",-", begin), equation.size());
        int axis = 0;
        for (std::size_t i = begin; i < end && shape; ++i) {
            if (equation[i] == '.' || equation[i] == ' ') continue;
            if (axis < shape->rank()) extents[equation[i]] = static_cast<double>((*shape)[axis++]);
        }
        begin = std::min(end + 1, equation.size());
    }
    double product = 2;
    for (const auto& [letter, extent] : extents) product *= extent;
    return product;
}

double operationsOf(const Graph& graph, const Node& node, const Extents& at) {
    const std::string& op = node.op;
    if (op == "Conv" || op == "FusedConv" || op == "QuantizedConv" || op == "ConvInteger" || op == "QLinearConv")
        return convolution(node, at);
    if (op == "DeformConv") return deformableConvolution(node, at);
    if (op == "ConvTranspose") return transposedConvolution(node, at);
    static const std::set<std::string, std::less<>> kMatrixProducts = {
        "MatMul",     "Gemm",      "FusedMatMul",     "QuantizedMatMul", "MatMulInteger",         "QLinearMatMul",       "MatMulNBits",
        "MatMulBnb4", "FusedGemm", "TransposeMatMul", "QGemm",           "DynamicQuantizeMatMul", "MatMulIntegerToFloat"};
    if (kMatrixProducts.contains(op)) return matrixProduct(node, at);
    if (op == "GroupQueryAttention") return AttentionStep(graph, node, at).operations(node);
    if (op == "Attention" || op == "MultiHeadAttention") return attention(node, at);
    if (op == "RNN" || op == "GRU" || op == "LSTM") return recurrent(at);
    if (op == "AveragePool" || op == "QLinearAveragePool" || op == "MaxPool" || op == "LpPool") return at.output(0) * kernelSize(node);
    if (op == "LRN") return at.output(0) * (2 * static_cast<double>(node.integer("size", 1)) + 3);
    if (op == "Resize" || op == "Upsample") return resize(node, at);
    if (op == "Einsum") return einsum(graph, node);
    if (movesData(node)) return 0;
    if (const auto found = perElement().find(op); found != perElement().end()) {
        return found->second.factor * (found->second.ofInput ? at.input(0) : at.output(0));
    }
    return at.output(0) *
           std::max<double>(1, op == "Sum" || op == "Mean" || op == "Max" || op == "Min" ? static_cast<double>(node.inputs.size()) - 1 : 1);
}

std::int64_t bytesByType(const ValueType& type) {
    const auto shape = type.shape();
    const auto count = shape ? shape->checkedElementCount() : std::nullopt;
    return count ? tensor::byteSize(type.type, *count).value_or(0) : 0;
}

void addConstant(const Node& node, std::size_t input, const Value& value, NodeCost& cost) {
    const auto shape = value.quantized ? std::optional(value.quantized->originalShape) : value.type.shape();
    const std::int64_t count = shape ? shape->checkedElementCount().value_or(0) : 0;
    if (value.quantized || tensor::isFloatingPoint(value.type.type)) cost.parameters += count;
    if (value.quantized) {
        cost.weightBytes += value.quantized->storedBytes();
    } else if (input == 1 && node.treatment.weightBits == 16 && value.type.type == DataType::Float32) {
        cost.weightBytes += 2 * count;
    } else {
        cost.weightBytes += bytesByType(value.type);
    }
}

}  // namespace

std::optional<NodeCost> costOf(const Graph& graph, const Node& node) {
    NodeCost cost;
    const Extents at(graph, node);
    std::set<ValueId> counted;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId id = node.inputs[i];
        if (id == kNoValue || !counted.insert(id).second) continue;
        const Value& value = graph.value(id);
        if (value.isConstant()) {
            addConstant(node, i, value, cost);
        } else if (!value.type.isSequence) {
            if (!at.known(id)) return std::nullopt;
            if (!isCache(node, id)) cost.activationBytes += bytesByType(value.type);
        }
    }
    for (const ValueId id : node.outputs) {
        if (id == kNoValue || graph.value(id).type.isSequence) continue;
        if (!at.known(id)) return std::nullopt;
        if (!isCache(node, id)) cost.activationBytes += bytesByType(graph.value(id).type);
    }
    if (node.op == "GroupQueryAttention" && node.input(0) != kNoValue) {
        const double bytes = AttentionStep(graph, node, at).cachedElements() * tensor::bitWidth(graph.value(node.input(0)).type.type) / 8;
        cost.activationBytes += static_cast<std::int64_t>(std::min(bytes, 0x1p62));
    }
    cost.operations = operationsOf(graph, node, at);
    return cost;
}

}  // namespace trimtab::graph
