#include "core/runtime/generation/growing_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/token_wise.h"

namespace trimtab::runtime {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::Node;
using graph::ValueId;

/// Where the tokens of a value stand, counted from its last axis: 1 is the last.
using Axis = int;

tl::unexpected<Error> mixes(const Node& node) {
    return fail(ErrorCode::Unsupported, fmt::format("caches cannot be kept: {} may mix tokens", node.op), node.name);
}

class Steps {
public:
    explicit Steps(GrowingModel& model) : m_model(model), m_graph(model.graph) {
        for (const auto& attention : graph::attentionNodes(m_graph)) {
            m_scores.insert(attention.scores);
            m_mixes.insert(attention.mix);
        }
    }

    Status run() {
        const ValueId ids = m_graph.find(m_model.ids);
        m_axes[ids] = 1;
        const std::size_t count = m_graph.nodes.size();
        for (std::size_t i = 0; i < count; ++i) TRIMTAB_REQUIRE(follow(static_cast<int>(i), ids));
        if (m_model.caches.empty()) return fail(ErrorCode::Unsupported, "caches cannot be kept: no attention reads its tokens");
        addText(ids);
        insertNodes();
        return infer(ids);
    }

private:
    int rankOf(ValueId id) const {
        const auto& dims = m_graph.value(id).type.dims;
        return dims ? static_cast<int>(dims->size()) : -1;
    }
    bool hasTokens(ValueId id) const { return id != kNoValue && m_axes.contains(id); }
    bool countsTokens(ValueId id) const { return id != kNoValue && m_lengths.contains(id); }

    Status follow(int index, ValueId ids) {
        const Node& node = m_graph.nodes[static_cast<std::size_t>(index)];
        if (node.is("Shape")) {
            if (node.input(0) != ids) return mixes(node);  // of what is joined to a cache it would be another
            m_shapes.push_back(index);
            m_lengths.insert(node.outputs[0]);
            return {};
        }
        if (std::ranges::none_of(node.inputs, [&](ValueId id) { return hasTokens(id); })) {
            for (const ValueId id : node.outputs) m_lengths.insert(id);
            countRows(node);
            return {};
        }
        TRIMTAB_TRY(const Axis axis, axisBehind(index));
        for (const ValueId id : node.outputs)
            if (id != kNoValue) m_axes[id] = axis;
        bool isUnmasked = std::ranges::any_of(node.inputs, [&](ValueId id) { return m_unmasked.contains(id); });
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (!countsTokens(node.inputs[i])) continue;
            TRIMTAB_REQUIRE(cut(index, i, axis));
            isUnmasked = false;
        }
        if (isUnmasked) m_unmasked.insert(node.outputs[0]);
        return {};
    }

    /// Of a table whose rows are chosen by the places of the tokens.
    void countRows(const Node& node) {
        if (node.op == "Range") m_places.insert(node.outputs[0]);
        if (node.op != "Gather" || node.integer("axis", 0) != 0 || !m_places.contains(node.input(1)) || rankOf(node.input(0)) < 1) return;
        const Dim& rows = m_graph.value(node.input(0)).type.dims->front();
        if (rows.isKnown()) m_model.mostTokens = m_model.mostTokens == 0 ? rows.extent : std::min(m_model.mostTokens, rows.extent);
    }

    /// Where the tokens of the node's result stand, if it treats them alike and apart.
    Result<Axis> axisBehind(int index) {
        const Node& node = m_graph.nodes[static_cast<std::size_t>(index)];
        if (isElementwise(node.op)) return sharedAxis(node);
        const ValueId x = node.input(0);
        const bool choosesRows = node.op == "Gather" && node.integer("axis", 0) == 0 && rankOf(x) > 0;
        if (!hasTokens(x)) return choosesRows ? Result<Axis>(m_axes.at(node.input(1)) + rankOf(x) - 1) : mixes(node);
        const Axis axis = m_axes.at(x);
        const bool isLastAlone = axis != 1 && node.integer("axis", -1) == -1;
        if (isNorm(node.op) && isLastAlone) return axis;
        if (node.op == "Softmax" && isLastAlone && !m_unmasked.contains(x)) return axis;
        if (m_scores.contains(index) || m_mixes.contains(index)) return attended(index, axis);
        const bool readsWeight = isProduct(node.op) && axis != 1 && !hasTokens(node.input(1));
        if (readsWeight) return axis;
        if (node.op == "Transpose") return turned(node, axis);
        if (node.op == "Reshape" && keepsTwo(node)) return rankOf(node.outputs[0]) - 1;
        return mixes(node);
    }

    Result<Axis> sharedAxis(const Node& node) const {
        Axis axis = 0;
        for (const ValueId id : node.inputs) {
            if (!hasTokens(id)) continue;
            if (axis != 0 && axis != m_axes.at(id)) return mixes(node);
            axis = m_axes.at(id);
        }
        return axis;
    }

    Result<Axis> turned(const Node& node, Axis axis) const {
        const auto order = node.integers("perm");
        const auto rank = static_cast<int>(order.size());
        const auto found = std::ranges::find(order, std::int64_t{rank - axis});
        if (found == order.end()) return mixes(node);
        return rank - static_cast<int>(found - order.begin());
    }

    /// [batch, tokens, …] with other extents behind the first two.
    bool keepsTwo(const Node& node) const {
        const Tensor* shape = m_graph.constantOf(node.input(1));
        if (!shape || shape->type() != DataType::Int64 || !shape->aligned(8) || m_axes.at(node.inputs[0]) != rankOf(node.inputs[0]) - 1)
            return false;
        const auto extents = shape->data<std::int64_t>();
        return extents.size() >= 2 && extents[0] == 0 && extents[1] == 0 && node.integer("allowzero", 0) == 0 &&
               rankOf(node.outputs[0]) == static_cast<int>(extents.size());
    }

    /// Scores and mixed values; keys and values of the tokens themselves are joined to caches.
    Result<Axis> attended(int index, Axis axis) {
        const Node& node = m_graph.nodes[static_cast<std::size_t>(index)];
        if (axis != 2) return mixes(node);
        const ValueId kept = node.input(1);
        if (!hasTokens(kept)) return axis;
        const bool areKeys = m_scores.contains(index);
        if (m_axes.at(kept) != (areKeys ? 1 : 2) || rankOf(kept) != 4) return mixes(node);
        if (!keep(index, kept, areKeys)) return mixes(node);
        if (areKeys) m_unmasked.insert(node.outputs[0]);
        return axis;
    }

    bool keep(int index, ValueId kept, bool areKeys) {
        const auto dims = *m_graph.value(kept).type.dims;
        const Dim& size = dims[areKeys ? 2 : 3];
        if (!dims[1].isKnown() || !size.isKnown()) return false;
        const std::string place = fmt::format(".{}.{}", m_model.caches.size() / 2, areKeys ? "key" : "value");
        GrowingModel::Cache cache{"past_key_values" + place, "present" + place, m_graph.value(kept).type.type};
        cache.heads = dims[1].extent;
        cache.size = size.extent;
        cache.rowsLast = areKeys;
        std::vector<Dim> rows = dims;
        rows[areKeys ? 3 : 2] = Dim::unknown();
        const ValueId past = m_graph.addValue({.name = cache.past, .type = {cache.type, rows}});
        const ValueId present = m_graph.addValue({.name = cache.present, .type = {cache.type, {}}});
        m_graph.inputs.push_back(past);
        m_graph.outputs.push_back(present);
        Node join{.name = cache.present + "/Concat", .op = "Concat", .version = 13};
        join.inputs = {past, kept};
        join.outputs = {present};
        join.attributes = {{"axis", std::int64_t{areKeys ? 3 : 2}}};
        join.origins = m_graph.nodes[static_cast<std::size_t>(index)].origins;
        m_before[index].push_back(std::move(join));
        m_graph.nodes[static_cast<std::size_t>(index)].inputs[1] = present;
        m_model.caches.push_back(std::move(cache));
        return true;
    }

    /// The last rows, those of the new tokens, of what was formed for the whole text.
    Status cut(int index, std::size_t input, Axis axis) {
        const Node& node = m_graph.nodes[static_cast<std::size_t>(index)];
        const ValueId whole = node.inputs[input];
        if (!isElementwise(node.op)) return mixes(node);
        if (rankOf(whole) == 0) return {};
        if (rankOf(whole) < axis) return mixes(node);
        if ((*m_graph.value(whole).type.dims)[static_cast<std::size_t>(rankOf(whole) - axis)].extent == 1) return {};
        if (!m_cut.contains({whole, axis})) {
            const std::string name = fmt::format("{}/new_tokens_{}", m_graph.value(whole).name, axis);
            Node slice{.name = m_graph.uniqueValueName(name), .op = "Slice", .version = 13};
            slice.inputs = {whole, kNoValue, constant("new_tokens.end", std::numeric_limits<std::int64_t>::max()),
                            constant("new_tokens.axis", -axis)};
            slice.outputs = {m_graph.addValue({.name = m_graph.uniqueValueName(name + "/rows")})};
            slice.origins = node.origins;
            m_cut[{whole, axis}] = slice.outputs[0];
            m_before[index].push_back(std::move(slice));
        }
        m_graph.nodes[static_cast<std::size_t>(index)].inputs[input] = m_cut.at({whole, axis});
        return {};
    }
    ValueId constant(const std::string& name, std::int64_t value) {
        return m_graph.addConstant(name, Tensor::fromInt64s(Shape{1}, {value}));
    }

    /// What counted the new tokens counts those of the whole text; the new ones are counted for the cuts.
    void addText(ValueId ids) {
        m_model.text = m_graph.uniqueValueName("decoder_text");
        const ValueId text = m_graph.addValue({.name = m_model.text, .type = m_graph.value(ids).type});
        m_graph.value(text).type.dims->back() = Dim::unknown();
        m_graph.inputs.push_back(text);
        for (const int index : m_shapes) m_graph.nodes[static_cast<std::size_t>(index)].inputs[0] = text;
        const auto node = [&](const char* op, std::vector<ValueId> inputs) {
            const std::string name = m_graph.uniqueValueName(std::string("new_tokens/") + op);
            Node made{.name = name, .op = op, .version = 13};
            made.inputs = std::move(inputs);
            made.outputs = {m_graph.addValue({.name = name + "/y"})};
            m_first.push_back(std::move(made));
            return m_first.back().outputs[0];
        };
        const ValueId count = node("Gather", {node("Shape", {ids}), constant("new_tokens.sequence", 1)});
        const ValueId start = node("Neg", {count});
        for (auto& [index, nodes] : m_before)
            for (Node& made : nodes)
                if (made.op == "Slice") made.inputs[1] = start;
    }

    void insertNodes() {
        std::vector<Node> all = std::move(m_first);
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
            std::ranges::move(m_before[static_cast<int>(i)], std::back_inserter(all));
            all.push_back(std::move(m_graph.nodes[i]));
        }
        m_graph.nodes = std::move(all);
    }

    Status infer(ValueId ids) {
        m_graph.value(ids).type.dims->back() = Dim::named("tokens");
        const auto producers = m_graph.producers();
        for (std::size_t i = 0; i < m_graph.values.size(); ++i)
            if (producers[i] >= 0) m_graph.values[i].type.dims.reset();  // scores are as wide as the whole text
        TRIMTAB_REQUIRE(graph::inferShapes(m_graph));
        return m_graph.validate();
    }

    GrowingModel& m_model;
    Graph& m_graph;
    std::set<int> m_scores, m_mixes;      // nodes of attention
    std::map<ValueId, Axis> m_axes;       // of all that depends on what the tokens are
    std::set<ValueId> m_lengths;          // what depends on their number alone
    std::set<ValueId> m_places;           // 0, 1, … of all tokens
    std::set<ValueId> m_unmasked;         // scores among tokens that nothing hid from each other yet
    std::vector<int> m_shapes;            // nodes that count tokens
    std::map<std::pair<ValueId, Axis>, ValueId> m_cut;
    std::map<int, std::vector<Node>> m_before;  // to be put in front of a node
    std::vector<Node> m_first;
};

}  // namespace

Status keepCaches(GrowingModel& model) { return Steps(model).run(); }

}  // namespace trimtab::runtime
