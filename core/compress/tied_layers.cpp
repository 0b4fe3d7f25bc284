#include "core/compress/tied_layers.h"

#include <algorithm>
#include <unordered_map>

namespace trimtab::compress {

using graph::Graph;
using graph::Node;
using graph::ValueId;
using graph::WeightUse;
using recipe::Settings;

namespace {

bool treatAlike(const Settings& a, const Settings& b) {
    return a.prune == b.prune && a.weights == b.weights && a.activations == b.activations && a.compute == b.compute;
}

}  // namespace

bool readsAlike(const Node& node, const Node& first, ValueId weight) {
    return node.op == first.op && node.domain == first.domain && node.input(1) == weight && node.input(0) != weight &&
           node.integer("transB", 0) == first.integer("transB", 0);
}

std::vector<std::vector<std::size_t>> readersOf(const Graph& graph, const std::vector<WeightUse>& uses) {
    std::unordered_map<ValueId, std::size_t> places;
    for (std::size_t i = 0; i < uses.size(); ++i) places[uses[i].value] = i;
    std::vector<std::vector<std::size_t>> readers(uses.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto place = places.find(graph.nodes[i].input(1));
        if (place == places.end()) continue;
        const auto first = static_cast<std::size_t>(uses[place->second].node);
        if (i == first || readsAlike(graph.nodes[i], graph.nodes[first], place->first)) readers[place->second].push_back(i);
    }
    return readers;
}

std::vector<bool> haveWeights(const Graph& graph, const std::vector<WeightUse>& uses) {
    std::vector<bool> have(graph.nodes.size(), false);
    for (const auto& readers : readersOf(graph, uses))
        for (const std::size_t reader : readers) have[reader] = true;
    return have;
}

bool touchesWeight(const Settings& settings) { return settings.prune || settings.weights; }

ValueId giveOwnWeight(Graph& graph, ValueId weight, const std::vector<std::size_t>& readers) {
    graph::Value copy = graph.value(weight);
    copy.name = graph.uniqueValueName(copy.name + "_compressed");
    const ValueId own = graph.addValue(std::move(copy));
    for (const std::size_t reader : readers) graph.nodes[reader].inputs[1] = own;
    return own;
}

void untie(Graph& graph, const std::vector<Settings>& settings) {
    const std::vector<WeightUse> uses = graph::compressibleWeights(graph);
    const auto readersOfUses = readersOf(graph, uses);
    for (std::size_t use = 0; use < uses.size(); ++use) {
        std::vector<std::vector<std::size_t>> groups(1);  // the first: that leave the weight as it is
        for (const std::size_t reader : readersOfUses[use]) {
            auto group = groups.begin();
            if (touchesWeight(settings[reader]))
                group = std::find_if(groups.begin() + 1, groups.end(),
                                     [&](const auto& members) { return treatAlike(settings[members.front()], settings[reader]); });
            if (group == groups.end()) groups.push_back({reader});
            else group->push_back(reader);
        }
        const std::size_t keeps = groups.front().empty() ? 1 : 0;
        for (std::size_t group = keeps + 1; group < groups.size(); ++group) giveOwnWeight(graph, uses[use].value, groups[group]);
    }
}

}  // namespace trimtab::compress
