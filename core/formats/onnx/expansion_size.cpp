// How many nodes a model has once its functions are expanded, counted before anything is: twenty functions that each call the next one
// twice would otherwise keep the importer busy until it meets the limit.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/formats/onnx/graph_import.h"

namespace trimtab::formats::onnx {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;

class ExpansionCounter {
public:
    explicit ExpansionCounter(const ImportContext& context) : m_context(context) {}

    /// Subgraphs nest no deeper than kMaxGraphNesting, and calls no deeper than kMaxFunctionNesting, so this recursion is bounded.
    Result<std::int64_t> count(const Nodes& nodes) {
        std::int64_t total = 0;
        for (const auto& node : nodes) {
            TRIMTAB_TRY(const std::int64_t size, countNode(node));
            total = base::checkedAdd(total, size).value_or(INT64_MAX);
        }
        return total;
    }

private:
    Result<std::int64_t> countNode(const ::onnx::NodeProto& node) {
        const auto known = m_context.functions.find({normalDomain(node.domain()), node.op_type()});
        std::int64_t total = 1;
        if (known != m_context.functions.end()) {
            TRIMTAB_TRY(const std::int64_t body, countFunction(*known->second));
            total = base::checkedAdd(total, body).value_or(INT64_MAX);
        }
        for (const auto& attribute : node.attribute()) {
            if (!attribute.has_g()) continue;
            TRIMTAB_TRY(const std::int64_t inner, count(attribute.g().node()));
            total = base::checkedAdd(total, inner).value_or(INT64_MAX);
        }
        return total;
    }

    Result<std::int64_t> countFunction(const ::onnx::FunctionProto& function) {
        const auto describe = [&] { return fmt::format("the function {}", cited(function.domain() + "." + function.name())); };
        const auto tooLong = [&] {
            return fail(ErrorCode::Refused, fmt::format("{} stands in a chain of more than {} calls", describe(), kMaxFunctionNesting));
        };
        const int depth = static_cast<int>(m_active.size());
        if (const auto known = m_sizes.find(&function); known != m_sizes.end()) {
            if (depth + known->second.height > kMaxFunctionNesting) return tooLong();
            m_deepest = std::max(m_deepest, depth + known->second.height);
            return known->second.nodes;
        }
        if (std::find(m_active.begin(), m_active.end(), &function) != m_active.end())
            return fail(ErrorCode::Refused, fmt::format("{} calls itself, directly or through others", describe()));
        if (depth >= kMaxFunctionNesting) return tooLong();
        m_active.push_back(&function);
        const int deepestBefore = std::exchange(m_deepest, depth + 1);
        TRIMTAB_TRY(const std::int64_t nodes, count(function.node()));
        m_active.pop_back();
        m_sizes[&function] = {nodes, m_deepest - depth};
        m_deepest = std::max(m_deepest, deepestBefore);
        return nodes;
    }

    const ImportContext& m_context;
    struct Size {
        std::int64_t nodes = 0;
        int height = 0;  // calls in the longest chain that begins with this function
    };

    std::unordered_map<const ::onnx::FunctionProto*, Size> m_sizes;
    std::vector<const ::onnx::FunctionProto*> m_active;
    int m_deepest = 0;  // most calls on top of each other below the one being counted
};

}  // namespace

Status checkExpansion(const ImportContext& context, const ::onnx::GraphProto& graph) {
    TRIMTAB_TRY(const std::int64_t size, ExpansionCounter(context).count(graph.node()));
    if (size > kMaxNodes) return fail(ErrorCode::Refused, fmt::format("has more than {} nodes once its functions are expanded", kMaxNodes));
    return {};
}

}  // namespace trimtab::formats::onnx
