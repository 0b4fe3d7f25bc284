#include "core/runtime/generation/token_wise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/graph/attention/attention_nodes.h"

namespace trimtab::runtime {
namespace {

using graph::Node;
using graph::ValueId;

constexpr std::array<std::string_view, 33> kElementwise{
    "Abs",      "Add",       "Cast",     "Clip", "Div", "Elu", "Erf",   "Exp",  "Gelu",       "HardSigmoid", "HardSwish",
    "Identity", "LeakyRelu", "Log",      "Max",  "Min", "Mul", "Neg",   "Pow",  "Reciprocal", "Relu",        "Round",
    "Sigmoid",  "Silu",      "Softplus", "Sqrt", "Sub", "Sum", "Swish", "Tanh", "Where",      "FastGelu",    "QuickGelu"};
constexpr std::array<std::string_view, 5> kNorms{"LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization",
                                                 "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"};
constexpr std::array<std::string_view, 5> kProducts{"MatMul", "Gemm", "FusedMatMul", "MatMulNBits", "MatMulBnb4"};
constexpr std::array<std::string_view, 5> kAlongAxis{"Split", "Concat", "Softmax", "TopK", "ScatterElements"};
constexpr std::array<std::string_view, 4> kReductions{"ReduceMean", "ReduceSum", "ReduceMax", "ReduceSumSquare"};

bool isOneOf(std::string_view op, std::span<const std::string_view> operators) {
    return std::ranges::find(operators, op) != operators.end();
}

class Check {
public:
    Check(const Graph& graph, const std::vector<ValueId>& perToken) : m_graph(graph), m_depends(graph.values.size(), false) {
        for (const ValueId id : perToken) m_depends[static_cast<std::size_t>(id)] = true;
    }

    Status run() {
        for (const Node& node : m_graph.nodes) {
            if (std::ranges::none_of(node.inputs, [&](ValueId id) { return depends(id); })) continue;
            if (!isTokenWise(node))
                return fail(ErrorCode::Unsupported, fmt::format("it cannot generate token by token: {} may mix tokens", node.op),
                            node.name);
            for (const ValueId id : node.outputs)
                if (id != graph::kNoValue) m_depends[static_cast<std::size_t>(id)] = true;
        }
        return {};
    }

private:
    bool depends(ValueId id) const { return id != graph::kNoValue && m_depends[static_cast<std::size_t>(id)]; }
    int rankOf(ValueId id) const {
        const auto& dims = m_graph.value(id).type.dims;
        return dims ? static_cast<int>(dims->size()) : -1;
    }
    bool isLastAxis(std::int64_t axis, ValueId id) const { return axis == -1 || (rankOf(id) > 0 && axis == rankOf(id) - 1); }
    /// What is combined with every token alike.
    bool isOneRow(ValueId id) const {
        const auto& dims = m_graph.value(id).type.dims;
        if (!dims) return false;
        for (std::size_t i = 0; i + 1 < dims->size(); ++i)
            if ((*dims)[i].extent != 1) return false;
        return true;
    }

    bool isTokenWise(const Node& node) const {
        if (isElementwise(node.op))
            return std::ranges::all_of(node.inputs, [&](ValueId id) { return id == graph::kNoValue || depends(id) || isOneRow(id); });
        if (node.op == "Gather") return !depends(node.input(0)) && node.integer("axis", 0) == 0;
        if (rankOf(node.input(0)) == 2) return false;  // [batch, tokens]: the last axis is theirs
        if (isNorm(node.op)) return isLastAxis(node.integer("axis", -1), node.inputs[0]);
        const bool isPacked = node.op == "MatMulNBits" || node.op == "MatMulBnb4";  // whose weight is a table of codes
        if (isProduct(node.op)) return !depends(node.input(1)) && (isPacked || rankOf(node.input(1)) <= 2);
        if (isOneOf(node.op, kAlongAxis)) return node.has("axis") && isLastAxis(node.integer("axis", 0), node.inputs[0]);
        if (isOneOf(node.op, kReductions)) return reducesLast(node);
        if (node.op == "Reshape") return keepsTokens(node);
        return node.is("GroupQueryAttention", "com.microsoft") && node.has(graph::kCachesInPlace);
    }
    /// [batch, tokens, …] to [batch, tokens, …]: both first extents are copied.
    bool keepsTokens(const Node& node) const {
        const Tensor* shape = depends(node.input(1)) ? nullptr : m_graph.constantOf(node.input(1));
        if (!shape || shape->type() != DataType::Int64 || !shape->aligned(8) || rankOf(node.inputs[0]) < 3) return false;
        const auto extents = shape->data<std::int64_t>();
        return extents.size() >= 3 && extents[0] == 0 && extents[1] == 0 && node.integer("allowzero", 0) == 0;
    }
    bool reducesLast(const Node& node) const {
        std::vector<std::int64_t> axes = node.integers("axes");
        if (const Tensor* given = m_graph.constantOf(node.input(1));
            given && axes.empty() && given->type() == DataType::Int64 && given->aligned(8))
            axes.assign(given->data<std::int64_t>().begin(), given->data<std::int64_t>().end());
        return axes.size() == 1 && isLastAxis(axes[0], node.inputs[0]);
    }

    const Graph& m_graph;
    std::vector<bool> m_depends;
};

}  // namespace

bool isElementwise(std::string_view op) { return isOneOf(op, kElementwise); }
bool isNorm(std::string_view op) { return isOneOf(op, kNorms); }
bool isProduct(std::string_view op) { return isOneOf(op, kProducts); }

Status checkTokenWise(const Graph& graph, const std::vector<ValueId>& perToken) { return Check(graph, perToken).run(); }

}  // namespace trimtab::runtime
