#include "kernels/onnxruntime/own_rows.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

namespace trimtab::onnxruntime {
namespace {

using graph::Node;
using graph::ValueId;
using trace::LayerRecord;

constexpr int kNobody = -1;

/// Nodes that ONNX Runtime puts in to bring values into a form or to another device.
bool bringsIntoForm(const Node& node) { return node.op.starts_with("Reorder") || node.op.starts_with("Memcpy"); }

/// What runs in blocks of channels is named after the value that it makes: "y_nchwc" for "y".
std::string withoutForm(std::string name) {
    constexpr std::string_view kBlocked = "_nchwc";
    if (name.ends_with(kBlocked)) name.resize(name.size() - kBlocked.size());
    return name;
}

std::map<std::string, int> makersByName(const Graph& graph) {
    std::map<std::string, int> makers;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const ValueId id : graph.nodes[i].outputs)
            if (id != graph::kNoValue) makers[graph.value(id).name] = static_cast<int>(i);
    return makers;
}

/// The node of the rewritten graph that does a node's work.
struct Owner {
    int node = kNobody;    // where it cannot be told
    bool isNamed = false;  // it is named after this one or its result; else that one fed it and is gone
};

std::vector<Owner> ownersOf(const Graph& graph, const Graph& rewritten) {
    std::vector<Owner> owners(graph.nodes.size());
    std::map<std::string, int> byName;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) byName[graph.nodes[i].name] = static_cast<int>(i);
    const auto makers = makersByName(graph);
    for (std::size_t own = 0; own < rewritten.nodes.size(); ++own) {
        const Node& node = rewritten.nodes[own];
        if (bringsIntoForm(node)) continue;
        const auto claim = [&](const std::map<std::string, int>& known, const std::string& name) {
            if (const auto found = known.find(name); found != known.end())
                owners[static_cast<std::size_t>(found->second)] = {static_cast<int>(own), true};
        };
        claim(byName, node.name);
        claim(makers, withoutForm(node.name));
        for (const ValueId id : node.outputs)
            if (id != graph::kNoValue) claim(makers, withoutForm(rewritten.value(id).name));
    }
    const auto readers = graph.consumers();
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
        for (const ValueId id : graph.nodes[i].outputs) {
            if (owners[i].node != kNobody || id == graph::kNoValue) continue;
            for (const int reader : readers[static_cast<std::size_t>(id)])
                if (owners[i].node == kNobody) owners[i].node = owners[static_cast<std::size_t>(reader)].node;
        }
    }
    return owners;
}

/// The node that reads what `own` makes, else the one that makes what it reads.
int neighbourOf(const Graph& rewritten, std::size_t own, const std::vector<std::vector<int>>& readers, const std::vector<int>& makers) {
    for (const ValueId id : rewritten.nodes[own].outputs)
        if (id != graph::kNoValue)
            for (const int reader : readers[static_cast<std::size_t>(id)])
                if (!bringsIntoForm(rewritten.nodes[static_cast<std::size_t>(reader)])) return reader;
    for (const ValueId id : rewritten.nodes[own].inputs)
        if (id != graph::kNoValue && makers[static_cast<std::size_t>(id)] >= 0) return makers[static_cast<std::size_t>(id)];
    return kNobody;
}

using Ids = std::unordered_map<std::string, ValueId>;

std::optional<std::int64_t> bytesOf(const Graph& graph, const Ids& ids, const std::string& name) {
    const auto known = ids.find(name);
    if (known == ids.end()) return std::nullopt;
    const ValueId id = known->second;
    if (graph.value(id).isConstant()) return 0;
    const auto shape = graph.value(id).type.shape();
    const auto count = shape ? shape->checkedElementCount() : std::nullopt;
    return count ? tensor::byteSize(graph.value(id).type.type, *count) : std::nullopt;
}

/// What goes in and out; inside a fused node nothing moves. nullopt where some of it is not known.
std::optional<std::int64_t> bytesThrough(const Graph& graph, const Ids& ids, const Graph& rewritten, const Node& own) {
    std::int64_t sum = 0;
    for (const auto* list : {&own.inputs, &own.outputs}) {
        for (const ValueId id : *list) {
            if (id == graph::kNoValue || rewritten.value(id).isConstant()) continue;
            const auto bytes = bytesOf(graph, ids, rewritten.value(id).name);
            if (!bytes) return std::nullopt;
            sum += *bytes;
        }
    }
    return sum;
}

struct Member {
    const LayerRecord* row;
    bool isNamed;
};

/// The row of the one that computes most, of those that it is named after if there are any, with the work of all.
LayerRecord rowOf(const std::vector<Member>& members, const Node& own) {
    LayerRecord row;
    if (!members.empty())
        row = *std::ranges::max_element(members, {}, [](const Member& member) {
                   return std::pair(member.isNamed, member.row->operations);
               })->row;
    row.operations = 0;
    row.parameters = row.weightBytes = row.activationBytes = 0;
    row.origins.clear();
    for (const auto& [member, isNamed] : members) {
        row.operations += member->operations;
        row.parameters += member->parameters;
        row.weightBytes += member->weightBytes;
        row.activationBytes += member->activationBytes;
        // A label is that of the whole row: one part that is emulated makes its time no time of the format.
        if (member->execution == trace::Execution::Emulated && row.execution != trace::Execution::Emulated) {
            row.execution = trace::Execution::Emulated;
            row.reason = member->reason;
        }
        for (const std::string& origin : member->origins)
            if (std::ranges::find(row.origins, origin) == row.origins.end()) row.origins.push_back(origin);
    }
    if (members.empty()) row.node = own.name;
    row.op = own.op;
    return row;
}

}  // namespace

std::vector<LayerRecord> ownRows(const Graph& graph, const std::vector<LayerRecord>& rows, const Graph& rewritten) {
    std::vector<std::vector<Member>> members(rewritten.nodes.size());
    const std::vector<Owner> owners = ownersOf(graph, rewritten);
    for (std::size_t i = 0; i < owners.size(); ++i)
        if (owners[i].node != kNobody) members[static_cast<std::size_t>(owners[i].node)].push_back({&rows[i], owners[i].isNamed});
    Ids ids;
    for (std::size_t id = 0; id < graph.values.size(); ++id) ids.emplace(graph.values[id].name, static_cast<ValueId>(id));
    std::vector<LayerRecord> own;
    for (std::size_t i = 0; i < rewritten.nodes.size(); ++i) {
        own.push_back(rowOf(members[i], rewritten.nodes[i]));
        if (const auto bytes = bytesThrough(graph, ids, rewritten, rewritten.nodes[i])) own.back().activationBytes = *bytes;
    }
    const auto readers = rewritten.consumers();
    const auto makers = rewritten.producers();
    for (std::size_t i = 0; i < own.size(); ++i) {
        if (!members[i].empty()) continue;
        const int neighbour = neighbourOf(rewritten, i, readers, makers);
        if (neighbour != kNobody) own[i].origins = own[static_cast<std::size_t>(neighbour)].origins;
    }
    // A row whose work nobody shows keeps its label: without a time, and without being lost.
    for (std::size_t i = 0; i < owners.size(); ++i)
        if (owners[i].node == kNobody && rows[i].execution == trace::Execution::Emulated) own.push_back(rows[i]);
    return own;
}

}  // namespace trimtab::onnxruntime
