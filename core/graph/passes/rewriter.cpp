#include "core/graph/passes/rewriter.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

bool isSound(const Node& node) {
    static const std::unordered_set<std::string> kOfTwo = {"Add", "Sub", "Mul", "Div", "Pow", "MatMul", "Gemm", "Conv", "FusedMatMul"};
    const std::size_t needed = kOfTwo.contains(node.op) ? 2 : 1;
    for (std::size_t i = 0; i < needed; ++i) {
        if (node.input(i) == kNoValue) return false;
    }
    return node.output(0) != kNoValue;
}

}  // namespace

Rewriter::Rewriter(Graph& ofGraph)
    : graph(ofGraph),
      m_producers(ofGraph.producers()),
      m_readers(ofGraph.consumers()),
      m_pinned(ofGraph.values.size()),
      m_dead(ofGraph.nodes.size()) {
    for (const Node& each : graph.nodes) m_sound.push_back(isSound(each));
    for (const ValueId id : graph.outputs) m_pinned[index(id)] = true;
}

int Rewriter::producer(ValueId value) const {
    return value == kNoValue || index(value) >= m_producers.size() ? -1 : m_producers[index(value)];
}

int Rewriter::producer(ValueId value, std::string_view op, std::string_view domain) const {
    const int made = producer(value);
    return made >= 0 && usable(made) && node(made).is(op, domain) ? made : -1;
}

int Rewriter::onlyReader(ValueId value) const {
    if (value == kNoValue || index(value) >= m_readers.size() || pinned(value)) return -1;
    const auto& readers = m_readers[index(value)];
    return readers.size() == 1 && usable(readers[0]) ? readers[0] : -1;
}

bool Rewriter::readOnlyBy(ValueId value, std::initializer_list<int> nodes) const {
    if (value == kNoValue || index(value) >= m_readers.size() || pinned(value)) return false;
    const auto& readers = m_readers[index(value)];
    return std::ranges::all_of(readers, [&](int reader) { return std::ranges::find(nodes, reader) != nodes.end(); });
}

void Rewriter::replace(int slot, Node fused, std::span<const int> absorbed) {
    std::vector<int> members(absorbed.begin(), absorbed.end());
    members.push_back(slot);
    std::ranges::sort(members);
    members.erase(std::unique(members.begin(), members.end()), members.end());
    fused.origins.clear();
    for (const int member : members) {
        for (const std::string& origin : node(member).origins) {
            if (std::ranges::find(fused.origins, origin) == fused.origins.end()) fused.origins.push_back(origin);
        }
        for (const ValueId input : node(member).inputs) {
            if (input != kNoValue && index(input) < m_readers.size()) std::erase(m_readers[index(input)], member);
        }
        m_dead[static_cast<std::size_t>(member)] = member != slot;
    }
    const std::size_t count = graph.values.size();  // a pass may have added constants
    m_producers.resize(count, -1);
    m_readers.resize(count);
    m_pinned.resize(count, false);
    for (const ValueId input : fused.inputs) {
        if (input != kNoValue) m_readers[index(input)].push_back(slot);
    }
    for (const ValueId output : fused.outputs) {
        if (output != kNoValue) m_producers[index(output)] = slot;
    }
    m_sound[static_cast<std::size_t>(slot)] = isSound(fused);
    graph.nodes[static_cast<std::size_t>(slot)] = std::move(fused);
}

void Rewriter::bypass(int dropped, ValueId value, ValueId source) {
    for (const int reader : m_readers[index(value)]) {
        for (ValueId& input : graph.nodes[static_cast<std::size_t>(reader)].inputs) {
            if (input == value) input = source;
        }
    }
    auto& sourceReaders = m_readers[index(source)];
    std::erase(sourceReaders, dropped);
    sourceReaders.insert(sourceReaders.end(), m_readers[index(value)].begin(), m_readers[index(value)].end());
    m_readers[index(value)].clear();
    m_dead[static_cast<std::size_t>(dropped)] = true;
}

void Rewriter::finish() {
    std::size_t next = 0;
    std::erase_if(graph.nodes, [&](const Node&) { return static_cast<bool>(m_dead[next++]); });
    graph.removeDeadNodes();
}

std::optional<double> scalarConstant(const Graph& graph, ValueId value) {
    const Tensor* tensor = graph.constantOf(value);
    if (tensor == nullptr || tensor->elementCount() != 1 || tensor::bitWidth(tensor->type()) == 0) return std::nullopt;
    return tensor::elementAsDouble(*tensor, 0);
}

bool isScalarConstant(const Graph& graph, ValueId value, double expected) {
    const auto number = scalarConstant(graph, value);
    return number && std::fabs(*number - expected) <= 1e-3 * std::fabs(expected);
}

ValueId otherInput(const Node& node, ValueId known) {
    if (node.inputs.size() != 2 || (node.inputs[0] == known) == (node.inputs[1] == known)) return kNoValue;
    return node.inputs[0] == known ? node.inputs[1] : node.inputs[0];
}

bool sameShape(const ValueType& a, const ValueType& b) {
    if (!a.dims || !b.dims || a.dims->size() != b.dims->size()) return false;
    for (std::size_t i = 0; i < a.dims->size(); ++i) {
        const Dim& left = (*a.dims)[i];
        if (left != (*b.dims)[i] || (!left.isKnown() && left.symbol.empty())) return false;
    }
    return true;
}

Node fusedNode(Graph& graph, const Node& anchor, std::string op) {
    Node fused;
    fused.name = anchor.name;
    fused.domain = "trimtab";
    fused.op = std::move(op);
    fused.version = 1;
    fused.treatment = anchor.treatment;
    graph.opsets["trimtab"] = 1;
    return fused;
}

}  // namespace trimtab::graph
