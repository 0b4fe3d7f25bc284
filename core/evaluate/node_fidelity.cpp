#include "core/evaluate/node_fidelity.h"

#include <algorithm>
#include <map>
#include <span>

#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

using graph::Node;
using graph::ValueId;

/// Where to find what the changed graph has of the reference.
struct Whereabouts {
    explicit Whereabouts(const Graph& graph) {
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            const Node& node = graph.nodes[i];
            byName.emplace(node.name, i);
            byOrigins.emplace(node.origins, i);
            for (const ValueId id : node.outputs)
                if (id != graph::kNoValue) values.emplace(graph.value(id).name, id);
        }
    }
    std::map<std::string, std::size_t> byName;
    std::map<std::vector<std::string>, std::size_t> byOrigins;
    std::map<std::string, ValueId> values;
};

const Node* counterpart(const Node& node, const Graph& changed, const Whereabouts& where) {
    if (const auto named = where.byName.find(node.name); named != where.byName.end()) return &changed.nodes[named->second];
    const auto grown = where.byOrigins.find(node.origins);
    return grown == where.byOrigins.end() || node.origins.empty() ? nullptr : &changed.nodes[grown->second];
}

bool sameConstant(const graph::Value& a, const graph::Value& b) {
    if (a.quantized || b.quantized) return a.quantized == b.quantized;
    if (!a.constant || !b.constant) return a.constant.has_value() == b.constant.has_value();
    const auto left = a.constant->bytes(), right = b.constant->bytes();
    if (a.constant->type() != b.constant->type() || a.constant->shape() != b.constant->shape()) return false;
    return left.data() == right.data() || std::ranges::equal(left, right);
}

bool treated(const Graph& reference, const Node& node, const Graph& changed, const Node& other) {
    if (other.treatment != graph::Treatment{}) return true;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId left = node.inputs[i], right = other.input(i);
        if (left == graph::kNoValue || right == graph::kNoValue || !reference.value(left).isConstant()) continue;
        if (!sameConstant(reference.value(left), changed.value(right))) return true;
    }
    return false;
}

/// A normalisation or product with a constant row takes up the division by which a rescaling prepares the next layer: its output is then
/// the reference's divided column by column, which means the same to whoever reads it. Empty where nothing was divided.
std::vector<float> unitsOf(const Graph& reference, const Node& node, const Graph& changed, const Node& other) {
    const bool normalization =
        node.op == "LayerNormalization" || node.op == "RMSNormalization" || node.op == "SimplifiedLayerNormalization";
    if ((!normalization && node.op != "Mul") || other.op != node.op) return {};
    for (std::size_t i = 0; i < std::min(node.inputs.size(), other.inputs.size()); ++i) {
        const Tensor* left = reference.constantOf(node.inputs[i]);
        const Tensor* right = changed.constantOf(other.inputs[i]);
        if (!left || !right || left->shape() != right->shape() || left->shape().rank() < 1 ||
            sameConstant(reference.value(node.inputs[i]), changed.value(other.inputs[i])))
            continue;
        if (left->elementCount() != left->shape()[left->shape().rank() - 1] || !tensor::isFloatingPoint(left->type())) return {};
        const std::vector<float> before = tensor::toFloats(*left), after = tensor::toFloats(*right);
        std::vector<float> units(before.size(), 1.0F);
        for (std::size_t k = 0; k < units.size(); ++k)
            if (after[k] != 0 && before[k] != 0) units[k] = before[k] / after[k];
        return units;
    }
    return {};
}

bool holdsFloats(const graph::Value& value) {
    return tensor::isFloatingPoint(value.type.type) && !value.type.isSequence && !value.type.isOptional;
}

NodePair pairOf(const Graph& reference, std::size_t index, const Graph& changed, const Whereabouts& where) {
    const Node& node = reference.nodes[index];
    NodePair pair;
    pair.node = index;
    const Node* other = counterpart(node, changed, where);
    if (other) pair.isTreated = treated(reference, node, changed, *other);
    bool floats = false;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        const ValueId id = node.outputs[i];
        if (id == graph::kNoValue || !holdsFloats(reference.value(id))) continue;
        floats = true;
        ValuePair value{id, graph::kNoValue, {}};
        if (const auto named = where.values.find(reference.value(id).name); named != where.values.end()) value.changed = named->second;
        else if (other) value.changed = other->output(i);
        if (value.changed == graph::kNoValue) continue;
        if (other && i == 0) value.units = unitsOf(reference, node, changed, *other);
        pair.values.push_back(std::move(value));
    }
    if (!floats) pair.skipped = "its values are no tensors of floating-point numbers";
    else if (pair.values.empty()) pair.skipped = "the changed model does not compute it";
    return pair;
}

/// The changed tensor in the reference's units.
std::vector<float> inUnits(const Tensor& changed, std::span<const float> units) {
    std::vector<float> values = tensor::toFloats(changed);
    if (units.empty() || values.size() % units.size() != 0) return values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= units[i % units.size()];
    return values;
}

const ValueError& worst(const std::vector<ValueError>& errors) { return *std::ranges::min_element(errors, {}, &ValueError::sqnrDb); }

}  // namespace

std::vector<NodePair> pairNodes(const Graph& reference, const Graph& changed) {
    const Whereabouts where(changed);
    std::vector<NodePair> pairs;
    for (std::size_t i = 0; i < reference.nodes.size(); ++i) pairs.push_back(pairOf(reference, i, changed, where));
    return pairs;
}

NodeFidelityTally::NodeFidelityTally(const Graph& reference, const Graph& changed)
    : m_reference(reference), m_pairs(pairNodes(reference, changed)), m_misfits(m_pairs.size()) {
    for (const NodePair& pair : m_pairs) m_errors.emplace_back(pair.values.size());
}

Status NodeFidelityTally::see(std::size_t pair, std::size_t value, const Tensor& reference, const Tensor& changed) {
    if (reference.shape() != changed.shape()) {
        m_misfits[pair] = "its shape is " + changed.shape().text() + ", the reference's " + reference.shape().text();
        return {};
    }
    if (!tensor::isFloatingPoint(reference.type()) || !tensor::isFloatingPoint(changed.type()))
        return fail(ErrorCode::Refused, "only floating-point values can be compared", "node " + m_reference.nodes[m_pairs[pair].node].name);
    m_errors[pair][value].see(tensor::toFloats(reference), inUnits(changed, m_pairs[pair].values[value].units));
    return {};
}

trace::FidelityProfile NodeFidelityTally::finish() const {
    trace::FidelityProfile profile;
    std::vector<double> known(m_reference.values.size(), trace::kMostDecibels);  // inputs and constants are the same in both
    for (std::size_t i = 0; i < m_pairs.size(); ++i) {
        const Node& node = m_reference.nodes[m_pairs[i].node];
        trace::NodeFidelity row{node.name, node.op, node.origins, m_pairs[i].isTreated, m_pairs[i].skipped};
        if (row.skipped.empty()) row.skipped = m_misfits[i];
        for (const ValueId id : node.inputs)
            if (id != graph::kNoValue) row.inputSqnrDb = std::min(row.inputSqnrDb, known[static_cast<std::size_t>(id)]);
        row.sqnrDb = row.inputSqnrDb;
        for (const ValueId id : node.outputs)
            if (id != graph::kNoValue) known[static_cast<std::size_t>(id)] = row.inputSqnrDb;
        if (row.skipped.empty()) {
            for (std::size_t k = 0; k < m_errors[i].size(); ++k)
                known[static_cast<std::size_t>(m_pairs[i].values[k].reference)] = m_errors[i][k].sqnrDb();
            const ValueError& error = worst(m_errors[i]);
            row.sqnrDb = error.sqnrDb();
            row.cosine = error.cosine();
            row.maxError = error.maxError();
        }
        profile.nodes.push_back(std::move(row));
    }
    return profile;
}

}  // namespace trimtab::evaluate
