#include "core/compress/structure/residual_blocks.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/compress/coverage.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"
#include "core/graph/weights.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

class BlockSearch {
public:
    explicit BlockSearch(const Graph& graph)
        : m_graph(graph), m_producers(graph.producers()), m_consumers(graph.consumers()), m_hasWeight(graph.nodes.size(), false) {
        for (const graph::WeightUse& use : graph::compressibleWeights(graph)) m_hasWeight[static_cast<std::size_t>(use.node)] = true;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {  // layers that share a weight hold it too
            const Node& node = graph.nodes[i];
            m_hasWeight[i] =
                m_hasWeight[i] || (formsProducts(node) && node.input(1) != graph::kNoValue && graph.value(node.input(1)).isConstant());
        }
    }

    std::vector<Residual> residuals() const {
        std::vector<Residual> found;
        for (int i = 0; i < static_cast<int>(m_graph.nodes.size()); ++i) {
            const Node& add = node(i);
            if (!add.is("Add") || add.inputs.size() != 2) continue;
            for (const std::size_t side : {0U, 1U}) {
                Residual residual{i, add.inputs[side], {}, false};
                if (!graph::sameShape(type(residual.stream), type(add.inputs[1 - side])) ||
                    !graph::sameShape(type(residual.stream), type(add.output(0))))
                    continue;
                residual.branch = between(residual.stream, add.inputs[1 - side]);
                if (std::ranges::none_of(residual.branch, [&](int n) { return hasWeight(n); })) continue;
                residual.attends = std::ranges::any_of(residual.branch, [&](int n) { return attends(n); });
                found.push_back(std::move(residual));
                break;
            }
        }
        return innermost(found);
    }

    std::vector<int> layersOf(const Residual& residual) const {
        std::vector<int> layers;
        std::ranges::copy_if(residual.branch, std::back_inserter(layers), [&](int n) { return hasWeight(n); });
        return layers;
    }

    /// The value of the branch that something else reads; empty when there is none.
    std::string readElsewhere(const Residual& residual) const {
        for (const int n : residual.branch) {
            for (const ValueId output : node(n).outputs) {
                if (output == graph::kNoValue) continue;
                const bool outside =
                    m_graph.isOutput(output) || std::ranges::any_of(m_consumers[static_cast<std::size_t>(output)], [&](int reader) {
                        return reader != residual.sum && !std::ranges::binary_search(residual.branch, reader);
                    });
                if (outside) return m_graph.value(output).name;
            }
        }
        return {};
    }

    bool dependsOn(ValueId value, ValueId source) const { return value == source || !between(source, value).empty(); }

private:
    const Node& node(int i) const { return m_graph.nodes[static_cast<std::size_t>(i)]; }
    const graph::ValueType& type(ValueId id) const { return m_graph.value(id).type; }
    bool hasWeight(int n) const { return m_hasWeight[static_cast<std::size_t>(n)]; }
    bool attends(int n) const {
        return (node(n).is("MatMul") && !hasWeight(n)) || node(n).op.ends_with("Attention");
    }

    /// Nodes on the ways from `source` to `value`, in order; empty when there is none. Nothing before the node that makes `source` lies on
    /// them.
    std::vector<int> between(ValueId source, ValueId value) const {
        const int last = m_producers[static_cast<std::size_t>(value)], first = m_producers[static_cast<std::size_t>(source)];
        if (m_graph.value(source).isConstant() || last <= first) return {};
        std::vector<bool> needed(static_cast<std::size_t>(last - first), false);
        needed.back() = true;
        for (int n = last; n > first; --n) {
            if (!needed[static_cast<std::size_t>(n - first - 1)]) continue;
            for (const ValueId input : node(n).inputs) {
                const int maker = input == graph::kNoValue ? -1 : m_producers[static_cast<std::size_t>(input)];
                if (maker > first) needed[static_cast<std::size_t>(maker - first - 1)] = true;
            }
        }
        std::vector<int> way;
        for (int n = first + 1; n <= last; ++n) {
            const bool onward =
                needed[static_cast<std::size_t>(n - first - 1)] && std::ranges::any_of(node(n).inputs, [&](ValueId input) {
                    return input == source ||
                           (input != graph::kNoValue && std::ranges::binary_search(way, m_producers[static_cast<std::size_t>(input)]));
                });
            if (onward) way.push_back(n);
        }
        return !way.empty() && way.back() == last ? way : std::vector<int>{};
    }

    /// Without those whose branch holds another's sum.
    std::vector<Residual> innermost(const std::vector<Residual>& all) const {
        std::vector<Residual> kept;
        for (const Residual& residual : all) {
            const bool holdsOther =
                std::ranges::any_of(all, [&](const Residual& other) { return std::ranges::binary_search(residual.branch, other.sum); });
            if (!holdsOther) kept.push_back(residual);
        }
        return kept;
    }

    const Graph& m_graph;
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_consumers;
    std::vector<bool> m_hasWeight;
};

}  // namespace

std::vector<ResidualBlock> findBlocks(const Graph& graph) {
    const BlockSearch search(graph);
    std::vector<ResidualBlock> blocks;
    for (Residual& residual : search.residuals()) {
        const std::string read = search.readElsewhere(residual);
        const std::vector<int> layers = search.layersOf(residual);
        ResidualBlock* before = blocks.empty() ? nullptr : &blocks.back();
        const bool continues = before && before->residuals.size() == 1 && before->residuals[0].attends && !residual.attends &&
                               search.dependsOn(residual.stream, graph.nodes[static_cast<std::size_t>(before->residuals[0].sum)].output(0));
        ResidualBlock& block = continues ? *before : blocks.emplace_back();
        if (block.reason.empty() && !read.empty()) block.reason = fmt::format("{} is read outside the block", read);
        block.layers.insert(block.layers.end(), layers.begin(), layers.end());
        block.residuals.push_back(std::move(residual));
    }
    return blocks;
}

Result<Graph> withoutBlocks(const Graph& graph, const std::vector<const ResidualBlock*>& blocks) {
    Graph made = graph;
    std::vector<std::pair<ValueId, ValueId>> bypassed;  // the sum's value and what takes its place, in the order of nodes
    for (const ResidualBlock* block : blocks)
        for (const Residual& residual : block->residuals)
            bypassed.emplace_back(made.nodes[static_cast<std::size_t>(residual.sum)].output(0), residual.stream);
    std::ranges::sort(bypassed, {},
                      [producers = graph.producers()](const auto& pair) { return producers[static_cast<std::size_t>(pair.first)]; });
    const auto source = [&](ValueId id) {  // through several blocks in a row
        for (auto pair = bypassed.rbegin(); pair != bypassed.rend(); ++pair)
            if (pair->first == id) id = pair->second;
        return id;
    };
    for (Node& node : made.nodes) {
        for (ValueId& input : node.inputs)
            if (input != graph::kNoValue) input = source(input);
    }
    for (const auto& [sum, stream] : bypassed) {
        if (!made.isOutput(sum)) continue;
        for (Node& node : made.nodes) {  // the output keeps its name
            if (node.output(0) != sum) continue;
            node.op = "Identity";
            node.inputs = {source(stream)};
        }
    }
    made.removeDeadNodes();
    TRIMTAB_REQUIRE(graph::inferShapes(made));
    TRIMTAB_REQUIRE(made.validate());
    return made;
}

Result<Graph> maskedBlocks(const Graph& graph, const std::vector<const ResidualBlock*>& blocks) {
    Graph made = graph;
    const auto zero = [&](Node& node, std::size_t input) -> Status {
        const Tensor* constant = made.constantOf(node.input(input));
        if (!constant) return {};
        TRIMTAB_TRY(Tensor zeros, Tensor::zeros(constant->type(), constant->shape()));
        node.inputs[input] = made.addConstant(made.value(node.inputs[input]).name + "_masked", std::move(zeros));
        return {};
    };
    for (const ResidualBlock* block : blocks) {
        for (const int layer : block->layers)
            for (const std::size_t input : {1U, 2U}) TRIMTAB_REQUIRE(zero(made.nodes[static_cast<std::size_t>(layer)], input));
        for (const Residual& residual : block->residuals) {
            for (const int n : residual.branch) {  // biases that stand beside their products
                Node& node = made.nodes[static_cast<std::size_t>(n)];
                if (!node.is("Add")) continue;
                for (const std::size_t input : {0U, 1U}) TRIMTAB_REQUIRE(zero(node, input));
            }
        }
    }
    return made;
}

}  // namespace trimtab::compress
