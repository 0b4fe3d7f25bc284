#include "kernels/cuda/gated_units.h"

#include <optional>

#include "kernels/cuda/implementations/expression_builder.h"
#include "kernels/plan/operands/product.h"

namespace trimtab::cuda {
namespace {

class Finder {
public:
    explicit Finder(const Graph& graph) : m_graph(graph), m_producers(graph.producers()), m_consumers(graph.consumers()) {}

    std::map<graph::ValueId, GatedUnit> all() const {
        std::map<graph::ValueId, GatedUnit> found;
        for (const graph::Node& node : m_graph.nodes) {
            if (!node.is("Mul") || node.inputs.size() != 2) continue;
            for (const std::size_t gated : {0, 1}) {
                const graph::ValueId silu = node.inputs[gated];
                const graph::ValueId up = node.inputs[1 - gated];
                const auto unit = unitOf(node, silu, up);
                if (!unit) continue;
                for (const graph::ValueId id : {m_graph.nodes[static_cast<std::size_t>(unit->gate)].output(0), silu, up, unit->result})
                    found.emplace(id, *unit);
                break;
            }
        }
        return found;
    }

private:
    std::optional<GatedUnit> unitOf(const graph::Node& mul, graph::ValueId silu, graph::ValueId up) const {
        const int siluAt = innerNode(silu);
        const int upAt = innerNode(up);
        if (siluAt < 0 || upAt < 0 || !isSilu(nodeAt(siluAt))) return std::nullopt;
        const int gateAt = innerNode(nodeAt(siluAt).input(0));
        if (gateAt < 0 || !areAlike(nodeAt(gateAt), nodeAt(upAt), mul.output(0))) return std::nullopt;
        return GatedUnit{gateAt, upAt, mul.output(0)};
    }

    /// The node of one output that makes a value which one node reads and no one else; −1 where there is none.
    int innerNode(graph::ValueId id) const {
        if (id == graph::kNoValue || m_graph.isOutput(id) || m_consumers[static_cast<std::size_t>(id)].size() != 1) return -1;
        const int at = m_producers[static_cast<std::size_t>(id)];
        return at >= 0 && nodeAt(at).outputs.size() == 1 ? at : -1;
    }

    bool isSilu(const graph::Node& node) const {
        const auto made = elementwiseOf(NodeView{m_graph, node});
        return made && made->instructions.size() == 1 && made->instructions[0].op == Op::Silu;
    }

    bool isPlainProduct(const graph::Node& node) const {
        const NodeView view{m_graph, node};
        const bool isProduct = node.is("MatMul") || node.is("Gemm") || node.is("FusedMatMul", "trimtab");
        return isProduct && plan::isWeightProduct(view, nullptr) && view.value(1).isConstant() && !view.has(2) &&
               node.string("activation", "").empty();
    }

    bool areAlike(const graph::Node& gate, const graph::Node& up, graph::ValueId result) const {
        if (&gate == &up || !isPlainProduct(gate) || !isPlainProduct(up) || gate.input(0) != up.input(0)) return false;
        if (gate.treatment.compute != up.treatment.compute || gate.treatment.activationBits != up.treatment.activationBits) return false;
        const graph::ValueType& type = m_graph.value(result).type;
        for (const graph::Node* product : {&gate, &up}) {
            const graph::ValueType& own = m_graph.value(product->output(0)).type;
            if (own.type != type.type || !own.shape() || !type.shape() || *own.shape() != *type.shape()) return false;
        }
        return true;
    }

    const graph::Node& nodeAt(int i) const { return m_graph.nodes[static_cast<std::size_t>(i)]; }

    const Graph& m_graph;
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_consumers;
};

}  // namespace

std::map<graph::ValueId, GatedUnit> gatedUnits(const Graph& graph) { return Finder(graph).all(); }

}  // namespace trimtab::cuda
