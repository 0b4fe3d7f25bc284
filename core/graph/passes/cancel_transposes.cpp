// A Transpose moves behind an element-wise operator that reads it: op(transpose(x)) = transpose(op(x)). So it comes to stand behind
// another one sooner or later, and two in a row are one, or none. Nothing is moved where a Transpose more would come of it.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_set>

#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"

namespace trimtab::graph {

namespace {

using Order = std::vector<std::int64_t>;

/// Of one value; inputs behind the first are single numbers.
constexpr auto kOfOne = std::to_array<std::string_view>(
    {"Abs",  "Acos",     "Asin",     "Atan",       "Cast",        "Ceil",      "Celu",           "Clip",   "Cos",       "Elu",
     "Erf",  "Exp",      "Floor",    "Gelu",       "HardSigmoid", "HardSwish", "IsInf",          "IsNaN",  "LeakyRelu", "Log",
     "Mish", "Neg",      "Not",      "Reciprocal", "Relu",        "Round",     "Selu",           "Shrink", "Sigmoid",   "Sign",
     "Sin",  "Softplus", "Softsign", "Sqrt",       "Tan",         "Tanh",      "ThresholdedRelu"});
/// Of several that spread over one another.
constexpr auto kOfSeveral =
    std::to_array<std::string_view>({"Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min",
                                     "Mul", "Or", "Pow", "PRelu", "Sub", "Sum", "Where", "Xor"});

template <std::size_t n>
bool isOneOf(const Node& node, const std::array<std::string_view, n>& ops) {
    return node.domain.empty() && std::ranges::find(ops, node.op) != ops.end();
}

/// Along one axis, which has another number before the Transpose.
bool hasAxis(const Node& node) { return node.is("Concat") || node.is("Softmax") || node.is("LogSoftmax"); }

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

/// Empty where it is not known, or makes no sense.
Order orderOf(const Graph& graph, const Node& node) {
    const auto& dims = graph.value(node.inputs[0]).type.dims;
    Order order = node.integers("perm");
    if (order.empty() && dims) {
        order.resize(dims->size());
        std::iota(order.rbegin(), order.rend(), 0);
    }
    Order sorted = order;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i)
        if (sorted[i] != static_cast<std::int64_t>(i)) return {};
    return order;
}

class Sinking {
public:
    explicit Sinking(Graph& graph)
        : m_graph(graph), m_producers(graph.producers()), m_readers(graph.consumers()), m_pinned(graph.values.size(), false) {
        for (const ValueId id : graph.outputs) m_pinned[index(id)] = true;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) m_places.push_back({i, 0});
        for (const Value& value : graph.values) m_names.insert(value.name);
    }

    void run() {
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t i = 0; i < m_graph.nodes.size(); ++i)
                while (merge(i) || sinkBehind(i)) moved = true;
        }
        sort();
    }

private:
    /// Where a node comes to stand: at a slot, or behind the node there, the last to move nearest to it.
    struct Place {
        std::size_t slot = 0;
        int behind = 0;
        auto operator<=>(const Place&) const = default;
    };

    Node& node(std::size_t i) { return m_graph.nodes[i]; }

    /// The Transpose that makes a value; −1 where none does.
    int transposeOf(ValueId value) {
        if (value == kNoValue || m_producers[index(value)] < 0) return -1;
        const Node& made = node(static_cast<std::size_t>(m_producers[index(value)]));
        return made.is("Transpose") && made.input(0) != kNoValue && made.output(0) == value ? m_producers[index(value)] : -1;
    }

    bool isReadOnlyBy(ValueId value, std::size_t reader) const {
        return !m_pinned[index(value)] &&
               std::ranges::all_of(m_readers[index(value)], [&](int r) { return r == static_cast<int>(reader); });
    }

    void read(std::size_t reader, std::size_t input, ValueId instead) {
        ValueId& value = node(reader).inputs[input];
        auto& readers = m_readers[index(value)];
        readers.erase(std::ranges::find(readers, static_cast<int>(reader)));
        value = instead;
        m_readers[index(instead)].push_back(static_cast<int>(reader));
    }

    /// With the type of elements of a known one, and a name that begins with its.
    ValueId valueLike(ValueId known, std::optional<Tensor> constant = {}) {
        Value value;
        const std::string& base = m_graph.value(known).name;
        do {
            value.name = base + "_" + std::to_string(++m_named);
        } while (!m_names.insert(value.name).second);
        value.type.type = m_graph.value(known).type.type;
        if (constant) value.type = ValueType::of(constant->type(), constant->shape());
        value.constant = std::move(constant);
        const ValueId id = m_graph.addValue(std::move(value));
        m_producers.push_back(-1);
        m_readers.emplace_back();
        m_pinned.push_back(false);
        return id;
    }

    /// A Transpose behind another reads what that one reads.
    bool merge(std::size_t i) {
        if (!node(i).is("Transpose") || node(i).input(0) == kNoValue) return false;
        const ValueId between = node(i).inputs[0];
        const int before = transposeOf(between);
        if (before < 0) return false;
        const Node& first = node(static_cast<std::size_t>(before));
        const Order inner = orderOf(m_graph, first), outer = orderOf(m_graph, node(i));
        if (inner.empty() || inner.size() != outer.size()) return false;
        Order both;
        for (const std::int64_t axis : outer) both.push_back(inner[static_cast<std::size_t>(axis)]);
        if (isReadOnlyBy(between, i)) {
            std::vector<std::string> origins = first.origins;
            origins.insert(origins.end(), node(i).origins.begin(), node(i).origins.end());
            node(i).origins = std::move(origins);
        }
        read(i, 0, first.inputs[0]);
        node(i).attributes["perm"] = both;
        return true;
    }

    /// What a node reads in place of each of its inputs when its result is transposed and not they; nothing where that cannot be.
    struct Swap {
        Order order;
        std::vector<ValueId> inputs;
        std::map<std::size_t, Tensor> constants;  // in place of an input
        int moved = -1;                           // the Transpose that moves: nobody else reads it
    };

    std::optional<Swap> swapOf(std::size_t i) {
        const Node& reader = node(i);
        const bool ofOne = isOneOf(reader, kOfOne), joins = hasAxis(reader);
        if ((!ofOne && !joins && !isOneOf(reader, kOfSeveral)) || reader.outputs.size() != 1 || reader.captures > 0) return std::nullopt;
        // Before opset 7 an attribute says how inputs spread, and before 4 a Concat needs no axis.
        const int oldest = joins ? 4 : ofOne ? 0 : 7;
        if (reader.version > 0 && reader.version < oldest) return std::nullopt;
        if (reader.op.ends_with("oftmax") && reader.version > 0 && reader.version < 13) return std::nullopt;  // of all axes from one on
        Swap swap;
        swap.inputs = reader.inputs;
        const std::size_t read = ofOne ? std::min<std::size_t>(1, reader.inputs.size()) : reader.inputs.size();
        for (std::size_t input = 0; input < read; ++input) {
            const int transpose = transposeOf(reader.inputs[input]);
            if (transpose < 0) continue;
            const Order order = orderOf(m_graph, node(static_cast<std::size_t>(transpose)));
            if (order.empty() || (!swap.order.empty() && order != swap.order)) return std::nullopt;
            swap.order = order;
            swap.inputs[input] = node(static_cast<std::size_t>(transpose)).inputs[0];
            if (isReadOnlyBy(reader.inputs[input], i)) swap.moved = transpose;
        }
        if (swap.moved < 0) return std::nullopt;
        for (std::size_t input = 0; input < read; ++input)
            if (swap.inputs[input] == reader.inputs[input] && (joins || !spreadsAlike(swap, input))) return std::nullopt;
        return swap;
    }

    /// A constant along one axis at most, its axis put where that stands before the Transpose.
    bool spreadsAlike(Swap& swap, std::size_t input) {
        const Tensor* const constant = m_graph.constantOf(swap.inputs[input]);
        const int missing = static_cast<int>(swap.order.size()) - (constant ? constant->shape().rank() : 0);
        if (!constant || missing < 0) return false;
        std::vector<std::int64_t> extents(swap.order.size(), 1);
        int wide = 0;
        for (int axis = 0; axis < constant->shape().rank(); ++axis) {
            if (constant->shape()[axis] == 1) continue;
            extents[static_cast<std::size_t>(swap.order[static_cast<std::size_t>(axis + missing)])] = constant->shape()[axis];
            ++wide;
        }
        if (wide == 0) return true;
        if (wide > 1) return false;
        swap.constants[input] = constant->reshaped(Shape(extents));
        return true;
    }

    bool sinkBehind(std::size_t i) {
        auto swap = swapOf(i);
        if (!swap) return false;
        if (hasAxis(node(i))) {
            const auto rank = static_cast<std::int64_t>(swap->order.size());
            const std::int64_t axis = node(i).integer("axis", -1);
            if (axis < -rank || axis >= rank) return false;
            node(i).attributes["axis"] = swap->order[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
        }
        for (auto& [input, constant] : swap->constants) swap->inputs[input] = valueLike(swap->inputs[input], std::move(constant));
        for (std::size_t input = 0; input < swap->inputs.size(); ++input)
            if (swap->inputs[input] != node(i).inputs[input]) read(i, input, swap->inputs[input]);
        const ValueId result = node(i).outputs[0], before = valueLike(result);
        const auto moved = static_cast<std::size_t>(swap->moved);
        node(i).outputs[0] = before;
        m_producers[index(before)] = static_cast<int>(i);
        m_producers[index(node(moved).outputs[0])] = -1;
        read(moved, 0, before);
        node(moved).outputs[0] = result;
        node(moved).attributes["perm"] = swap->order;
        m_producers[index(result)] = swap->moved;
        m_places[moved] = {m_places[i].slot, m_behind--};
        return true;
    }

    void sort() {
        std::vector<std::size_t> order(m_graph.nodes.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(order, {}, [&](std::size_t i) { return m_places[i]; });
        std::vector<Node> nodes;
        nodes.reserve(order.size());
        for (const std::size_t i : order) nodes.push_back(std::move(m_graph.nodes[i]));
        m_graph.nodes = std::move(nodes);
    }

    Graph& m_graph;
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_readers;
    std::vector<bool> m_pinned;
    std::vector<Place> m_places;
    std::unordered_set<std::string> m_names;
    std::size_t m_named = 0;
    int m_behind = std::numeric_limits<int>::max();
};

std::ptrdiff_t transposesIn(const Graph& graph) {
    return std::ranges::count_if(graph.nodes, [](const Node& node) { return node.is("Transpose"); });
}

}  // namespace

Result<std::vector<std::string>> cancelTransposes(Graph& graph) {
    std::vector<std::string> gone;
    Graph copy = graph;
    TRIMTAB_REQUIRE(removeIdentities(copy));
    const std::ptrdiff_t before = transposesIn(copy);
    if (before == 0) return gone;
    Sinking(copy).run();
    copy.removeDeadNodes();
    TRIMTAB_REQUIRE(removeIdentities(copy));
    if (transposesIn(copy) >= before) return gone;
    std::set<std::string> left;
    for (const Node& node : copy.nodes) left.insert(node.origins.begin(), node.origins.end());
    for (const Node& node : graph.nodes)
        if (node.is("Transpose"))
            for (const std::string& origin : node.origins)
                if (!left.contains(origin)) gone.push_back(origin);
    graph = std::move(copy);
    return gone;
}

}  // namespace trimtab::graph
