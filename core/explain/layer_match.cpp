#include "core/explain/layer_match.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

namespace trimtab::explain {
namespace {

using trace::LayerRecord;

/// Of layers that share one origin or name so many are looked at: a node that was taken apart into thousands matches none of them well.
constexpr std::size_t kMostOfOrigin = 64;

class Index {
public:
    /// `layers` must outlive it.
    explicit Index(const std::vector<LayerRecord>& layers) : m_layers(layers) {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            add(m_byName, layers[i].node, i);
            for (const std::string& origin : distinct(layers[i].origins)) add(m_byOrigin, origin, i);
        }
    }

    std::optional<std::size_t> bestFor(const LayerRecord& layer) const {
        std::map<std::size_t, int> shared;
        for (const std::string& origin : distinct(layer.origins)) {
            for (const std::size_t i : found(m_byOrigin, origin)) ++shared[i];
        }
        for (const std::size_t i : found(m_byName, layer.node)) {
            if (layer.origins.empty() || m_layers[i].origins.empty()) shared[i] = 1;
        }
        const auto most = std::ranges::max_element(shared, {}, [](const auto& entry) { return entry.second; });
        return most == shared.end() ? std::nullopt : std::optional(most->first);
    }

private:
    using Places = std::unordered_map<std::string, std::vector<std::size_t>>;
    static std::set<std::string> distinct(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }
    static void add(Places& places, const std::string& name, std::size_t layer) {
        std::vector<std::size_t>& list = places[name];
        if (list.size() < kMostOfOrigin) list.push_back(layer);
    }
    static std::span<const std::size_t> found(const Places& places, const std::string& name) {
        const auto entry = places.find(name);
        return entry == places.end() ? std::span<const std::size_t>() : entry->second;
    }

    const std::vector<LayerRecord>& m_layers;
    Places m_byName, m_byOrigin;
};

}  // namespace

LayerMatch matchLayers(const std::vector<LayerRecord>& a, const std::vector<LayerRecord>& b) {
    LayerMatch match;
    match.best.resize(a.size());
    match.group.resize(a.size());
    const Index ofA(a), ofB(b);
    std::vector<std::optional<std::size_t>> groupOfB(b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        match.best[i] = ofB.bestFor(a[i]);
        if (!match.best[i]) continue;
        auto& group = groupOfB[*match.best[i]];
        if (!group) {
            group = match.groups.size();
            match.groups.push_back({{}, {*match.best[i]}});
        }
        match.groups[*group].a.push_back(i);
        match.group[i] = group;
    }
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (groupOfB[i]) continue;
        const auto same = ofA.bestFor(b[i]);
        if (same && match.group[*same]) match.groups[*match.group[*same]].b.push_back(i);
        else match.onlyInB.push_back(i);
    }
    return match;
}

LayerRecord sumOf(const std::vector<LayerRecord>& layers, const std::vector<std::size_t>& chosen) {
    assert(!chosen.empty());
    const std::size_t longest = *std::ranges::max_element(chosen, {}, [&](std::size_t i) { return layers[i].medianNs; });
    LayerRecord sum = layers[longest];
    for (const std::size_t i : chosen) {
        if (i == longest) continue;
        const LayerRecord& layer = layers[i];
        if (layer.execution == trace::Execution::Emulated && sum.execution != layer.execution) {
            sum.execution = layer.execution;
            sum.reason = layer.reason;
        }
        sum.operations += layer.operations;
        sum.parameters += layer.parameters;
        sum.weightBytes += layer.weightBytes;
        sum.activationBytes += layer.activationBytes;
        sum.reformatBytes += layer.reformatBytes;
        sum.medianNs += std::max(layer.medianNs, 0.0);
    }
    return sum;
}

}  // namespace trimtab::explain
